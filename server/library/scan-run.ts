import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { untilPaused } from "#server/connections/pause.ts";
import { connectionTopic } from "#server/connections/service.ts";
import type { Deps } from "#server/deps.ts";
import * as store from "./scan-store.ts";

export type RunDeps = Pick<Deps, "db" | "events" | "log" | "maintenance">;

/** One process's go at a scan, for as long as it holds the lease. */
export interface ScanRun {
  readonly scan: store.ScanRow;
  /** Aborted with `lost`, `cancelled`, `paused`, because the storage is, or the server stops. */
  readonly signal: AbortSignal;
  /**
   * Writes, if the scan is still ours: everything in one transaction, with the figures that the
   * work has added. Whoever watches is told: at most four times a second, or at once when it is
   * loud.
   */
  commit<T>(
    work: (tx: Tx, scan: store.ScanRow) => Promise<Committed<T>>,
    isLoud?: boolean,
  ): Promise<T>;
  /** No more renewing. */
  stop(): void;
}

export interface Committed<T> {
  readonly result: T;
  readonly counts?: store.Counts;
}

/** Another process has taken the scan over, or it is gone. Nobody needs to be told. */
export const lost = new AppError("conflict", "Another server goes on with this scan.");
/** Maintenance has begun. Whoever takes it up again goes on from there. */
export const paused = new AppError("maintenance", "The scan goes on after the maintenance.");
export const cancelled = new AppError("conflict", "The scan was stopped. Nothing was lost.");

const RENEW_AFTER_MS = 5_000;
const QUIET_MS = 250;

export const scanTopic = (id: store.ScanRow["id"]): string => `scan:${id}`;

/** Starts renewing the lease and listening for a wish to stop. */
export function startRun(deps: RunDeps, scan: store.ScanRow, signal: AbortSignal): ScanRun {
  const ending = new AbortController();
  const either = untilPaused(deps, scan.connectionId, AbortSignal.any([signal, ending.signal]));
  let toldAtMs = Number.NEGATIVE_INFINITY;
  let isUntold = false;

  const tell = async (tx: Tx, isLoud: boolean): Promise<void> => {
    isUntold = !isLoud && performance.now() - toldAtMs < QUIET_MS;
    if (isUntold) return;
    toldAtMs = performance.now();
    await deps.events.publish(tx, connectionTopic(scan.connectionId));
  };
  const commit: ScanRun["commit"] = async (work, isLoud = false) => {
    const { result, isCancelled } = await write(deps, async (tx) => {
      const held = await store.lockLease(tx, scan);
      if (!held) throw lost;
      const done = await work(tx, held);
      await store.saveCounts(tx, scan, done.counts ?? {});
      await tell(tx, isLoud);
      return { result: done.result, isCancelled: held.cancelRequestedAt !== null };
    }).catch((error) => {
      if (error === lost) ending.abort(lost);
      throw error;
    });
    if (isCancelled) ending.abort(cancelled);
    return result;
  };
  const renew = (): Promise<void> =>
    commit(async () => ({ result: undefined }), isUntold).catch((error) => {
      if (error !== lost) deps.log.warn({ err: error, scanId: scan.id }, "a scan could not renew");
    });

  const look = async (): Promise<void> => {
    if (await deps.maintenance.find().catch(() => null)) ending.abort(paused);
    else await renew();
  };
  const timer = setInterval(() => void look(), RENEW_AFTER_MS);
  void listen(deps, scan, either, renew);
  return {
    scan,
    signal: either,
    commit,
    stop() {
      clearInterval(timer);
      ending.abort(lost);
    },
  };
}

/** A wish to stop comes as an event; renewing reads it. */
async function listen(
  deps: RunDeps,
  scan: store.ScanRow,
  signal: AbortSignal,
  renew: () => Promise<void>,
): Promise<void> {
  try {
    for await (const _ of deps.events.subscribe(scanTopic(scan.id), signal)) await renew();
  } catch (error) {
    if (!signal.aborted) deps.log.warn({ err: error }, "a scan hears no wishes");
  }
}
