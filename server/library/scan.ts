import type { ScanId } from "#contract/ids.ts";
import { write } from "#server/base/db.ts";
import { noteStorageSuccess } from "#server/connections/health.ts";
import type { AttachedConnection, StorageDeps } from "#server/connections/service.ts";
import type { Deps } from "#server/deps.ts";
import { openForScan } from "#server/internal/service.ts";
import { readFolderCovers } from "./folder-covers.ts";
import { listStorage } from "./listing.ts";
import { mergeListing } from "./merge.ts";
import { createPace } from "./pace.ts";
import { type ReadingOptions, readTracks } from "./reading.ts";
import { type EndDeps, endScanAfter, finishScan } from "./scan-end.ts";
import { queueAfterMaintenance } from "./scan-queue.ts";
import { type ScanRun, startRun } from "./scan-run.ts";
import { takeLease } from "./scan-store.ts";
import { noteBeginning } from "./watch-start.ts";

export type ScanDeps = StorageDeps & EndDeps & Pick<Deps, "storageServer">;

const PATIENCE: ReadingOptions = { firstWaitMs: 500, patienceMs: 120_000 };

/**
 * Runs a scan to its end, from where it is. Safe to call at any time and in any number: whoever
 * gets the lease works, everybody else returns; who loses it writes nothing more. During maintenance
 * nothing is scanned: it waits, or stops within seconds, and goes on by itself afterwards.
 *
 * @param signal - the server stops: another process, or the next start, goes on.
 * @throws when it has to be taken up again (the database is away, or the server stops).
 */
export async function runScan(
  deps: ScanDeps,
  scanId: ScanId,
  signal: AbortSignal,
  patience: ReadingOptions = PATIENCE,
): Promise<void> {
  if (await deps.maintenance.find()) {
    await write(deps, (tx) => queueAfterMaintenance(deps, tx, scanId));
    return;
  }
  const scan = await write(deps, (tx) => takeLease(tx, scanId));
  if (!scan) return;
  const run = startRun(deps, scan, signal);
  let connection: AttachedConnection | undefined;
  try {
    connection = await openPatiently(deps, run, patience);
    const leftOut = await listAndMerge(deps, run, connection, patience);
    await readTracks(deps, run, connection, patience);
    await readFolderCovers(deps, run, connection, patience);
    await finishScan(deps, run, leftOut);
  } catch (error) {
    await endScanAfter(deps, run, connection, error);
  } finally {
    run.stop();
  }
}

/** A server with the keys that is being restarted is back in a moment. */
const openPatiently = (
  deps: ScanDeps,
  { scan, signal }: ScanRun,
  patience: ReadingOptions,
): Promise<AttachedConnection> =>
  createPace({ ...patience, start: 1, most: 1, tries: 1, signal }).ask(() =>
    openForScan(deps, scan, signal),
  );

/** A scan that was already reading has been through this. */
async function listAndMerge(
  deps: ScanDeps,
  run: ScanRun,
  connection: AttachedConnection,
  patience: ReadingOptions,
): Promise<number> {
  if (run.scan.state === "reading") return 0;
  await noteBeginning(deps, run, connection);
  const leftOut = await listStorage(deps, run, connection, patience);
  if (connection.health !== "active") await noteStorageSuccess(deps, connection);
  await mergeListing(deps, run, connection.rootPath ?? "");
  return leftOut;
}
