import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { ConnectionId } from "#contract/ids.ts";
import { write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { type HealthDeps, noteStorageFailure } from "#server/connections/health.ts";
import { untilPaused } from "#server/connections/pause.ts";
import {
  type AttachedConnection,
  connectionTopic,
  openStorage,
  type StorageDeps,
} from "#server/connections/service.ts";
import type { Deps } from "#server/deps.ts";
import type { Storage } from "#server/storage/provider.ts";
import { isKnown, type KnownFile } from "#server/storage/removal.ts";
import { nameChanged } from "#server/storage/replacing.ts";
import * as store from "./held-writing-store.ts";
import { EDGE_BYTES, toFingerprint } from "./remote-file.ts";
import { download, readRange } from "./tag-copying.ts";
import { startTagReader, type TagReader } from "./tag-reader.ts";
import { type Rewritten, rewriteCopy } from "./tag-rewriting.ts";
import { tagsWanted } from "./tag-writing.ts";
import { nameOnlyRead, nameTooLarge, toTrouble } from "./tag-writing-failures.ts";

export type TagWritingDeps = StorageDeps & HealthDeps & Pick<Deps, "log" | "maintenance">;

/** A larger file is not fetched: it would lie on our disk as a whole. */
export const MOST_BYTES = 1024 ** 3;
const FOLDER = "tag-writing";
const RENEW_AFTER_MS = 15_000;
/** For one file. */
const PATIENCE_MS = 60 * 60_000;
const AFTER_MAINTENANCE_SECONDS = 10;
/** What lies there for longer, somebody has left who was killed. */
const OLD_MS = 24 * 60 * 60_000;

const lost = new AppError("conflict", "Another server writes this file.");

/**
 * Writes what waits of a storage into its files, one after the other. Any number of processes may do so at
 * once; what cannot be written yet is tried again by a later job.
 */
export async function writeWaiting(
  deps: TagWritingDeps,
  { connectionId }: { readonly connectionId: ConnectionId },
  signal: AbortSignal,
): Promise<void> {
  const folder = await openFolder(deps);
  const reader = startTagReader();
  let hasTaken = false;
  try {
    for (;;) {
      signal.throwIfAborted();
      if (await deps.maintenance.find()) return goOn(deps, connectionId, AFTER_MAINTENANCE_SECONDS);
      const held = await write(deps, (tx) => store.takeNext(tx, connectionId));
      if (!held) break;
      hasTaken = true;
      await writeHeld(deps, { held, reader, folder }, signal);
    }
  } finally {
    await reader.close();
  }
  // One job for all that waits: whoever took nothing leaves it to those who did.
  const next = await store.findNextDue(deps.db, connectionId);
  if (next && (hasTaken || next.isHeld)) await goOn(deps, connectionId, Math.max(1, next.seconds));
}

const goOn = (deps: TagWritingDeps, connectionId: ConnectionId, delaySeconds: number) =>
  write(deps, (tx) => tagsWanted.enqueue(deps, tx, { connectionId }, { delaySeconds }));

async function openFolder({ config }: Pick<Deps, "config">): Promise<string> {
  const folder = join(config.dataDir, FOLDER);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const stats = await stat(path).catch(() => null);
    if (stats && Date.now() - stats.mtimeMs > OLD_MS) await rm(path, { recursive: true });
  }
  return folder;
}

interface Work {
  readonly held: store.HeldWriting;
  readonly reader: TagReader;
  /** Where copies lie meanwhile. */
  readonly folder: string;
}

/** Whatever goes wrong is the track's own: the others are not held up by it. */
async function writeHeld(deps: TagWritingDeps, work: Work, signal: AbortSignal): Promise<void> {
  const { held } = work;
  const ending = new AbortController();
  const timer = setInterval(() => {
    void write(deps, (tx) => store.renewLease(tx, held))
      .then((isOurs) => isOurs || ending.abort(lost))
      .catch((error) => deps.log.warn({ err: error }, "a file's tags could not be held on to"));
  }, RENEW_AFTER_MS);
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const either = AbortSignal.any([signal, ending.signal, patience]);
  const until = untilPaused(deps, held.connectionId, either);
  let connection: AttachedConnection | undefined;
  try {
    connection = await openStorage(deps, held.connectionId, until);
    await writeFile(deps, work, connection, until);
  } catch (error) {
    const reason: unknown = until.aborted ? until.reason : error;
    if (reason !== lost) await settleFailure(deps, { held, connection, reason, signal });
  } finally {
    clearInterval(timer);
    ending.abort(lost);
  }
}

async function writeFile(
  deps: TagWritingDeps,
  { held, reader, folder }: Work,
  { storage }: AttachedConnection,
  signal: AbortSignal,
): Promise<void> {
  const { replace } = storage;
  if (!replace) throw nameOnlyRead(held.storageName);
  const known = toKnown(held);
  if (held.pending) await storage.recover?.(held.ref, held.trackId);
  if (!isKnown(await storage.stat(held.ref), known)) return adopt(deps, held, storage, signal);
  if (held.sizeBytes > MOST_BYTES) throw nameTooLarge();
  const place = await mkdtemp(join(folder, "copy-"));
  try {
    const path = join(place, "file");
    await download(storage, held, path, signal);
    const made = await rewriteCopy(reader, { path, name: held.path, wanted: held.shown });
    if ("unchanged" in made) {
      return await write(deps, async (tx) => {
        await store.saveWritten(tx, held, made.unchanged, true);
        await deps.events.publish(tx, connectionTopic(held.connectionId));
      });
    }
    await noteBefore(deps, held, made);
    const { path: source, sizeBytes, sha256 } = made;
    const open = (): Readable => createReadStream(source);
    const file = await replace(known, { id: held.trackId, sizeBytes, sha256, open });
    await settle(deps, held, { ...file, fingerprint: made.fingerprint }, { made, isAll: true });
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

const toKnown = ({ ref, sizeBytes, etag, modifiedAtMs }: store.HeldWriting): KnownFile => ({
  ...{ ref, sizeBytes, etag },
  modifiedAt: modifiedAtMs === null ? null : new Date(modifiedAtMs),
});

/** What is about to be sent, so that whoever comes after us knows it for ours. */
async function noteBefore(
  deps: Pick<Deps, "db">,
  held: store.HeldWriting,
  { tags, sizeBytes, fingerprint }: Rewritten,
): Promise<void> {
  const pending = { tags, sizeBytes, fingerprint };
  if (!(await write(deps, (tx) => store.savePending(tx, held, pending)))) throw lost;
}

const settle = (
  deps: TagWritingDeps,
  held: store.HeldWriting,
  facts: store.NewFacts,
  { made, isAll }: { readonly made: Pick<Rewritten, "tags">; readonly isAll: boolean },
): Promise<void> =>
  write(deps, async (tx) => {
    await store.saveFacts(tx, held, facts);
    await store.saveWritten(tx, held, made.tags, isAll);
    await deps.events.publish(tx, connectionTopic(held.connectionId));
  });

/**
 * The file is not as the library knows it. It may be ours, of somebody who was killed before saying so;
 * then it is looked at once more.
 *
 * @throws AppError `conflict` where it is not.
 */
async function adopt(
  deps: TagWritingDeps,
  held: store.HeldWriting,
  storage: Storage,
  signal: AbortSignal,
): Promise<void> {
  const { pending, ref } = held;
  const file = await storage.stat(ref);
  if (pending === null || file.sizeBytes !== pending.sizeBytes) throw nameChanged();
  const { sizeBytes, fingerprint } = pending;
  const isSmall = sizeBytes <= 2 * EDGE_BYTES;
  const fetch = (start: number, end: number): Promise<Buffer> =>
    readRange(storage, ref, { start, end }, signal);
  const head = await fetch(0, isSmall ? sizeBytes - 1 : EDGE_BYTES - 1);
  const tail = isSmall ? Buffer.alloc(0) : await fetch(sizeBytes - EDGE_BYTES, sizeBytes - 1);
  if (toFingerprint({ sizeBytes, head, tail, fetch }) !== fingerprint) throw nameChanged();
  await settle(deps, held, { ...file, fingerprint }, { made: pending, isAll: false });
}

interface Failed {
  readonly held: store.HeldWriting;
  /** `undefined` when the storage was not even asked. */
  readonly connection: AttachedConnection | undefined;
  readonly reason: unknown;
  /** The server's own. */
  readonly signal: AbortSignal;
}

/** The file is as it was; whoever looks at the track reads why. */
async function settleFailure(deps: TagWritingDeps, failed: Failed): Promise<void> {
  const { held, connection, reason, signal } = failed;
  if (signal.aborted) return write(deps, (tx) => store.release(tx, held));
  const isRefusal = reason instanceof AppError;
  if (!isRefusal) deps.log.error({ err: reason, trackId: held.trackId }, "writing tags failed");
  // What it does not let us write it may still let us read.
  if (connection && isRefusal && reason.code === "storage_reconnect") {
    await noteStorageFailure(deps, connection, reason);
  }
  await write(deps, async (tx) => {
    if (!(await store.saveTrouble(tx, held, toTrouble(held, reason)))) return;
    await deps.events.publish(tx, connectionTopic(held.connectionId));
  });
}
