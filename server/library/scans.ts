import type { BandId, ConnectionId, UserId } from "#contract/ids.ts";
import type { ScanProgress, StartScan } from "#contract/scans.ts";
import { whenRevoked } from "#server/auth/service.ts";
import { type Actor, notTheirs } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { startRounds } from "#server/base/rounds.ts";
import { toScanProgress } from "#server/connections/scan-progress.ts";
import {
  connectionTopic,
  nameStoragePaused,
  requireConnection,
} from "#server/connections/service.ts";
import type { Deps } from "#server/deps.ts";
import { queueScan, scanRequested } from "./scan-queue.ts";
import { scanTopic } from "./scan-run.ts";
import * as store from "./scan-store.ts";

type RequestDeps = Pick<Deps, "db" | "jobs" | "events" | "now">;

const LOOK_AFTER_MS = 5_000;

/**
 * Asks for a scan. When one is running already, that one is the answer.
 *
 * @throws AppError `not_found`, `forbidden`, `conflict` for a storage without a root, or
 *   `storage_refused` for one that is paused.
 */
export async function requestScan(
  deps: RequestDeps,
  actor: Actor,
  { connectionId, confirmMissing }: StartScan,
): Promise<ScanProgress> {
  const { row } = await requireConnection(deps, actor, connectionId, "editor");
  if (!row.hasRoot) {
    throw new AppError(
      "conflict",
      "Choose a folder for this storage first; then it can be scanned.",
    );
  }
  if (row.pausedAt !== null) throw nameStoragePaused();
  const wish = { connectionId, bandId: row.bandId, requestedBy: actor.userId, confirmMissing };
  const scan = await write(deps, (tx) => queueOrFind(deps, tx, wish));
  if (scan) return toScanProgress(scan);
  throw new AppError("busy", "The scan that was running has just ended. Ask again for a new one.");
}

async function queueOrFind(
  deps: RequestDeps,
  tx: Tx,
  wish: Parameters<typeof queueScan>[2],
): Promise<store.ScanRow | undefined> {
  const isNew = await queueScan(deps, tx, wish);
  const running = await store.findRunningScan(tx, wish.connectionId);
  if (running && !isNew) await store.saveWish(tx, running.id, wish);
  await deps.events.publish(tx, connectionTopic(wish.connectionId));
  return running;
}

/**
 * A new root was chosen, or the storage is not paused any more: scans it, after the scan that is
 * still running.
 */
export async function scanAnew(
  deps: RequestDeps,
  { connectionId, userId }: { connectionId: ConnectionId; userId: UserId },
): Promise<void> {
  await write(deps, async (tx) => {
    const bandId = await store.findBand(tx, connectionId);
    if (bandId) await queueScanAnew(deps, tx, { bandId, connectionId, userId });
  });
}

/** There is something new in the storage: the same, within what has put it there. */
export async function queueScanAnew(
  deps: Pick<Deps, "jobs" | "events" | "now">,
  tx: Tx,
  { bandId, connectionId, userId }: { bandId: BandId; connectionId: ConnectionId; userId: UserId },
): Promise<void> {
  const wish = { connectionId, bandId, requestedBy: userId, confirmMissing: false };
  if (!(await queueScan(deps, tx, wish))) await repeatRunning(deps, tx, connectionId);
  await deps.events.publish(tx, connectionTopic(connectionId));
}

async function repeatRunning(
  deps: Pick<Deps, "events">,
  tx: Tx,
  connectionId: ConnectionId,
): Promise<void> {
  const running = await store.findRunningScan(tx, connectionId);
  if (!running) return;
  await store.requestRepeat(tx, running.id);
  await deps.events.publish(tx, scanTopic(running.id));
}

/** Stops the running scan of a connection within a second. What it has read is kept. */
export async function cancelScan(
  deps: RequestDeps,
  actor: Actor,
  connectionId: ConnectionId,
): Promise<ScanProgress | null> {
  await requireConnection(deps, actor, connectionId, "editor");
  await write(deps, async (tx) => {
    const running = await store.requestCancel(tx, connectionId);
    if (!running) return;
    if (running.isAbandoned) await store.saveCancelled(tx, running.held);
    await deps.events.publish(tx, scanTopic(running.held.id));
    await deps.events.publish(tx, connectionTopic(connectionId));
  });
  return findProgress(deps, actor, connectionId);
}

/**
 * The newest scan of a connection, now and after each change; `null` while there has been none.
 *
 * @throws AppError `not_found` as soon as the actor cannot see the connection any more,
 *   `unauthenticated` when the session has ended.
 */
export async function* watchScan(
  deps: Pick<Deps, "db" | "events">,
  actor: Actor,
  connectionId: ConnectionId,
  signal: AbortSignal,
): AsyncGenerator<ScanProgress | null> {
  const revoked = whenRevoked(deps, actor.sessionId, signal);
  const untilRevoked = AbortSignal.any([signal, revoked]);
  for await (const _ of deps.events.subscribe(connectionTopic(connectionId), untilRevoked)) {
    yield await findProgress(deps, actor, connectionId);
  }
  revoked.throwIfAborted();
}

/**
 * Looks now and every few seconds for scans that nobody works on, because their process is gone,
 * and queues them again.
 */
export function startScanWatch(deps: Pick<Deps, "db" | "jobs" | "log">, signal: AbortSignal): void {
  const look = (): Promise<void> =>
    write(deps, async (tx) => {
      for (const scanId of await store.takeAbandoned(tx)) {
        await scanRequested.enqueue(deps, tx, { scanId });
      }
    });
  const failure = "could not look for abandoned scans";
  startRounds({ everyMs: LOOK_AFTER_MS, log: deps.log, failure, look }, signal);
}

async function findProgress(
  deps: Pick<Deps, "db">,
  actor: Actor,
  connectionId: ConnectionId,
): Promise<ScanProgress | null> {
  const found = await store.findNewestScan(deps.db, actor, connectionId);
  if (!found) throw notTheirs(actor, "There is no such storage.");
  return found.scan && toScanProgress(found.scan);
}
