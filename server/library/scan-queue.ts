import { z } from "zod";
import { ConnectionId, ScanId } from "#contract/ids.ts";
import type { Tx } from "#server/base/db.ts";
import { createId } from "#server/base/ids.ts";
import { defineJob } from "#server/base/jobs.ts";
import type { Deps } from "#server/deps.ts";
import * as store from "./scan-store.ts";

/** A scan waits to be run, or to be gone on with. */
export const scanRequested = defineJob("library.scan", z.object({ scanId: ScanId }));

/** The library has everything of a storage: whoever draws what is new can begin. */
export const scanFinished = defineJob(
  "library.scan_finished",
  z.object({ connectionId: ConnectionId }),
);

/** How often it is looked whether the maintenance is over. */
const LOOK_AGAIN_SECONDS = 20;

/** A scan that must not go on now is taken up again by itself. */
export const queueAfterMaintenance = (
  deps: Pick<Deps, "jobs">,
  tx: Tx,
  scanId: ScanId,
): Promise<void> =>
  scanRequested.enqueue(deps, tx, { scanId }, { delaySeconds: LOOK_AGAIN_SECONDS });

/**
 * @returns false when another scan of the connection is running, or the storage is paused; then
 *   there is nothing new.
 */
export async function queueScan(
  deps: Pick<Deps, "jobs" | "now">,
  tx: Tx,
  wish: Omit<store.NewScan, "id">,
): Promise<boolean> {
  const { connectionId, bandId, requestedBy, confirmMissing, isWatched = false } = wish;
  if (await store.isPaused(tx, connectionId)) return false;
  const id = createId<ScanId>(deps.now());
  const isNew = await store.insertScan(tx, {
    id,
    connectionId,
    bandId,
    requestedBy,
    confirmMissing,
    isWatched,
  });
  if (isNew) await scanRequested.enqueue(deps, tx, { scanId: id });
  return isNew;
}
