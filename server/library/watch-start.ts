import type { AttachedConnection } from "#server/connections/service.ts";
import type { RunDeps, ScanRun } from "./scan-run.ts";
import { hasCursor, saveBeginning } from "./watch-store.ts";

/**
 * Asks a storage that tells what changes in it where it goes on telling from, before it is listed for
 * the first time. The first look after the scan then learns what has changed since the beginning, and
 * does not have all of it listed once more because nothing was known.
 *
 * Where it gives no answer the first look asks, and the listing says what is wrong.
 */
export async function noteBeginning(
  { db }: RunDeps,
  run: ScanRun,
  { storage, rootRef }: AttachedConnection,
): Promise<void> {
  const { connectionId, foldersFound } = run.scan;
  // What was listed before would be missed: nobody has noted where that began.
  if (!storage.namesChanges || foldersFound > 0) return;
  if (await hasCursor(db, connectionId, rootRef)) return;
  const told = await storage.changes?.(rootRef, null).catch(() => null);
  if (!told) return;
  await run.commit(async (tx) => {
    await saveBeginning(tx, connectionId, { rootRef, cursor: told.cursor });
    return { result: undefined };
  });
}
