import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { nameFailure } from "#server/base/failures.ts";
import {
  type Asked,
  nameGoneRoot,
  noteStorageFailure,
  noteStorageSuccess,
} from "#server/connections/health.ts";
import { quotaWanted } from "#server/connections/quota.ts";
import {
  type AttachedConnection,
  connectionTopic,
  openStorage,
  type StorageDeps,
} from "#server/connections/service.ts";
import type { Deps } from "#server/deps.ts";
import type { Changes } from "#server/storage/changes.ts";
import { compareListings } from "#server/storage/listing-digest.ts";
import type { StoredFile, StoredFolder } from "#server/storage/stored.ts";
import { coverRank, isAudio, isHidden } from "./audio-types.ts";
import { markAllTold, markStale } from "./known-folder-store.ts";
import { queueScan } from "./scan-queue.ts";
import * as store from "./watch-store.ts";

export type LookDeps = StorageDeps & Pick<Deps, "events" | "log" | "maintenance" | "storageServer">;

/** Who takes longer to answer is looked at less often, not for longer. */
const PATIENCE_MS = 300_000;
const RENEW_AFTER_MS = 5_000;
/** A scan was asked for meanwhile. What the look has seen is seen again after it. */
const AFTER_SCAN_SECONDS = 2;
const MAX_BACK_OFF_SECONDS = 300;
/** So many requests are not asked more often than one in this time, on average. */
const SECONDS_A_REQUEST = 0.5;
/** So long nobody must have written to a file of a disk that is looked at. */
export const QUIET_MS = 5_000;
/** Looks take no more than this share of the storage's time. */
const SHARE = 0.1;
const MAX_PAUSE_SECONDS = 1_800;
/** More than this of a library changed at once, again and again: its validators tell nothing. */
const MOST = 0.5;
const FEW = 20;

/** Somebody else looks, because we did not renew in time. */
const lost = new AppError("conflict", "Another server looks at this storage.");

/**
 * Asks a storage whether anything has changed, and has it scanned if so. Never throws; whatever
 * happens decides when the next look is.
 *
 * @param signal - the server stops: another one looks instead.
 */
export async function look(
  deps: LookDeps,
  held: store.HeldLook,
  signal: AbortSignal,
): Promise<void> {
  const ending = new AbortController();
  const either = AbortSignal.any([signal, ending.signal]);
  const timer = setInterval(() => {
    void write(deps, (tx) => store.renewLease(tx, held))
      .then((isOurs) => isOurs || ending.abort(lost))
      .catch((error) => deps.log.warn({ err: error }, "a look could not renew"));
  }, RENEW_AFTER_MS);
  try {
    await lookInto(deps, held, either);
  } catch (error) {
    if (ending.signal.aborted) return;
    await settleFailure(deps, held, signal.aborted ? null : error).catch((failure) =>
      deps.log.warn({ err: failure }, "a look could not be settled"),
    );
  } finally {
    clearInterval(timer);
  }
}

async function lookInto(deps: LookDeps, held: store.HeldLook, signal: AbortSignal): Promise<void> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const connection = await openStorage(
    deps,
    held.connectionId,
    AbortSignal.any([signal, patience]),
  );
  const beganAtMs = performance.now();
  const changes = await findChanges(deps, connection, held).catch(async (cause) => {
    const error = patience.aborted && !signal.aborted ? nameSlow(cause) : cause;
    if (!signal.aborted) await noteFailure(deps, connection, error);
    throw error;
  });
  const tookSeconds = (performance.now() - beganAtMs) / 1000;
  if (connection.health !== "active") await noteStorageSuccess(deps, connection);
  await write(deps, (tx) => settle(deps, tx, held, { connection, changes, tookSeconds }));
}

/** A cursor is of no use when another root was chosen in this very moment. */
async function findChanges(
  deps: Pick<Deps, "now">,
  { storage, rootRef }: AttachedConnection,
  held: store.HeldLook,
): Promise<Changes> {
  const cursor = rootRef === held.rootRef ? held.cursor : null;
  const told = await storage.changes?.(rootRef, cursor);
  if (told) return told;
  const nowMs = deps.now().getTime();
  const isDone = (entry: Entry): boolean => !storage.growsInPlace || !isYoung(entry, nowMs);
  return compareListings(
    storage,
    rootRef,
    cursor,
    (entry) => isWorthKnowing(entry) && isDone(entry),
  );
}

type Entry = StoredFile | StoredFolder;

/** Perhaps still being written: it is taken once nobody has touched it for a while. */
function isYoung(entry: Entry, nowMs: number): boolean {
  if (entry.kind === "folder" || entry.modifiedAt === null) return false;
  const ageMs = nowMs - entry.modifiedAt.getTime();
  // What is from the future says nothing.
  return ageMs >= 0 && ageMs < QUIET_MS;
}

/** Of anything else the library keeps nothing. */
export const isWorthKnowing = ({ kind, name }: Pick<Entry, "kind" | "name">): boolean =>
  !isHidden(name) && (kind === "folder" || isAudio(name) || coverRank(name) !== undefined);

type LastScan = NonNullable<Awaited<ReturnType<typeof store.findLastScan>>>;

interface Outcome {
  readonly connection: AttachedConnection;
  readonly changes: Changes;
  readonly tookSeconds: number;
}

/** The cursor moves on if and only if there is a scan for what was seen. */
async function settle(
  deps: LookDeps,
  tx: Tx,
  held: store.HeldLook,
  { connection, changes, tookSeconds }: Outcome,
): Promise<void> {
  if (!(await store.renewLease(tx, held))) return;
  const { id: connectionId, bandId, rootRef } = connection;
  const last = await store.findLastScan(tx, connectionId);
  const isNews = await noteChanges(tx, connectionId, changes);
  const isWanted = isNews || !last || isLeftOver(last, changes) || last.isOld;
  if (isWanted) {
    const wish = { connectionId, bandId, requestedBy: null, confirmMissing: false };
    if (!(await queueScan(deps, tx, { ...wish, isWatched: true }))) {
      const { failures } = held;
      return store.postponeLook(tx, held, { failures, nextSeconds: AFTER_SCAN_SECONDS });
    }
    await deps.events.publish(tx, connectionTopic(connectionId));
  }
  const vain = isWanted && last && wasVain(last) ? held.vain + 1 : 0;
  if (await store.isQuotaDue(tx, held)) await quotaWanted.enqueue(deps, tx, { connectionId });
  // A disk is read and not asked: only the time counts.
  const requests = connection.storage.growsInPlace ? 0 : changes.requests;
  const costs = Math.max(requests * SECONDS_A_REQUEST, tookSeconds / SHARE);
  const seconds = Math.max(backOff(deps, vain - 1), Math.min(costs, MAX_PAUSE_SECONDS));
  const { cursor } = changes;
  await store.saveLook(tx, held, { rootRef, cursor, vain, nextSeconds: jitter(seconds) });
}

/** @returns whether any of it concerns the library. */
async function noteChanges(
  tx: Tx,
  connectionId: AttachedConnection["id"],
  changes: Changes,
): Promise<boolean> {
  switch (changes.kind) {
    case "none":
      return false;
    case "any":
      await markAllTold(tx, connectionId);
      return true;
    case "some":
      return (await markStale(tx, connectionId, changes.parts)) || changes.isRootTouched;
  }
}

/** The last scan has not seen all of it, so that nobody knows what the changes are about. */
const isLeftOver = (last: LastScan, { kind }: Changes): boolean =>
  last.state === "failed" ||
  (kind === "some" && (last.state !== "done" || last.withheld > 0 || last.foldersFailed > 0));

/**
 * A scan that a look had asked for, and that failed, found nothing, or found nearly everything to be
 * another version.
 */
function wasVain(last: LastScan): boolean {
  if (last.state === "failed") return true;
  if (!last.isWatched || last.deeds > 0) return false;
  return last.changed === 0 || (last.found > FEW && last.changed > last.found * MOST);
}

/** @param error - `null`: the server stops, and nothing is known of the storage. */
async function settleFailure(deps: LookDeps, held: store.HeldLook, error: unknown): Promise<void> {
  if (error === null) return write(deps, (tx) => store.releaseLook(tx, held));
  const named = nameFailure(error);
  if (named.code === "internal") deps.log.error({ err: error }, "a look failed");
  const failures = held.failures + 1;
  const seconds = Math.max(backOff(deps, failures), named.retryAfterSeconds ?? 0);
  await write(deps, (tx) =>
    store.postponeLook(tx, held, { failures, nextSeconds: jitter(seconds) }),
  );
}

async function noteFailure(deps: LookDeps, asked: Asked, error: unknown): Promise<void> {
  const isRootGone = nameFailure(error).code === "not_found";
  await noteStorageFailure(deps, asked, isRootGone ? await nameGoneRoot(deps, asked.id) : error);
}

/** Twice as long with each time that it was of no use. */
const backOff = ({ config }: Pick<Deps, "config">, times: number): number => {
  const seconds = config.watchSeconds ?? MAX_BACK_OFF_SECONDS;
  return Math.max(
    seconds,
    Math.min(seconds * 2 ** Math.min(Math.max(times, 0), 16), MAX_BACK_OFF_SECONDS),
  );
};

/** So that servers and storages do not fall into step. Never earlier than a storage has told. */
const jitter = (seconds: number): number => seconds * (1 + Math.random() * 0.1);

const nameSlow = (cause: unknown): AppError =>
  new AppError(
    "storage_unavailable",
    "The storage takes more than five minutes to say what is in it, so changes may show up late. Your library is kept, and it is tried again by itself.",
    { cause },
  );
