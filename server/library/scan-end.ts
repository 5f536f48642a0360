import { type Tx, write } from "#server/base/db.ts";
import type { AppError } from "#server/base/errors.ts";
import { nameFailure } from "#server/base/failures.ts";
import { type Asked, type HealthDeps, noteStorageFailure } from "#server/connections/health.ts";
import { connectionTopic, isStoragePaused } from "#server/connections/service.ts";
import type { Deps } from "#server/deps.ts";
import { forgetFolders, saveKnownFolders } from "./known-folder-store.ts";
import { listFailedFolders } from "./listing-store.ts";
import { holdRule } from "./naming-store.ts";
import * as readingStore from "./reading-store.ts";
import { queueAfterMaintenance, queueScan, scanFinished } from "./scan-queue.ts";
import { cancelled, lost, paused, type RunDeps, type ScanRun } from "./scan-run.ts";
import * as store from "./scan-store.ts";
import { wantTagsAgain } from "./tag-writing.ts";
import { keepElsewhere } from "./twin-store.ts";

export type EndDeps = RunDeps & HealthDeps & Pick<Deps, "jobs" | "now">;

const STORAGE_PAUSED =
  "The storage was paused. What was read is kept, and a scan goes on from there when it is resumed.";
/** Fewer may be gone without a question. */
const FEW = 10;
const LARGE_SHARE = 0.2;

/**
 * Ends a scan that has seen everything: marks what is gone as missing, unless so much is gone that
 * it looks like a mistake and nobody has confirmed it.
 *
 * @param leftOut - entries whose names could not be kept.
 */
export async function finishScan(deps: EndDeps, run: ScanRun, leftOut: number): Promise<void> {
  await run.commit(async (tx, scan) => {
    // Before any track is held: whoever names tracks anew takes them in this order too.
    await holdRule(tx, scan);
    const { missing, withheld, present } = await settleGone(tx, scan);
    const met = await meetAgain(deps, tx, scan);
    const failed = await listFailedFolders(tx, scan.id);
    // What is withheld is looked at again, however unchanged its folder is.
    if (withheld > 0) await forgetFolders(tx, scan.connectionId);
    else await saveKnownFolders(tx, scan);
    const message = [tellWithheld(withheld, present), tellFolders(failed), tellLeftOut(leftOut)]
      .filter((sentence) => sentence !== null)
      .join(" ");
    await end(deps, tx, scan, { state: "done", message: message === "" ? null : message });
    await scanFinished.enqueue(deps, tx, { connectionId: scan.connectionId });
    await wantTagsAgain(deps, tx, scan.connectionId);
    return { result: undefined, counts: { ...met, missing, withheld } };
  }, true);
}

/**
 * Ends a scan that could not go on. What it found until then is kept, and nothing is missing for
 * it. When the database is away or the server stops it does not end: another process takes it up.
 *
 * @param asked - the storage; `undefined` when it was not even asked.
 * @throws what it was given, in that case.
 */
export async function endScanAfter(
  deps: EndDeps,
  run: ScanRun,
  asked: Asked | undefined,
  error: unknown,
): Promise<void> {
  const reason: unknown = run.signal.aborted ? run.signal.reason : error;
  if (reason === lost) return;
  if (reason === cancelled) {
    return endWith(deps, run, { state: "cancelled", message: cancelled.message });
  }
  if (reason === paused) return pause(deps, run);
  if (isStoragePaused(reason)) {
    return endWith(deps, run, { state: "cancelled", message: STORAGE_PAUSED });
  }
  const named = nameFailure(error);
  if (run.signal.aborted || named.code === "busy") {
    await release(deps, run);
    throw error;
  }
  if (named.code === "internal") deps.log.error({ err: error, scanId: run.scan.id }, "scan failed");
  if (asked) await noteStorageFailure(deps, asked, error);
  const kept = "What was read is kept, and the next scan goes on from there.";
  await endWith(deps, run, { state: "failed", message: `${sentenceOf(named)} ${kept}` });
}

const endWith = (
  deps: EndDeps,
  run: ScanRun,
  how: Parameters<typeof store.saveEnd>[2],
): Promise<void> =>
  run
    .commit(async (tx, scan) => {
      await end(deps, tx, scan, how);
      return { result: undefined };
    }, true)
    .catch((error) => {
      if (error !== lost) throw error;
    });

/** Where the root has changed meanwhile, the next scan is queued in the same breath. */
async function end(
  deps: EndDeps,
  tx: Tx,
  scan: store.ScanRow,
  how: Parameters<typeof store.saveEnd>[2],
): Promise<void> {
  await store.saveEnd(tx, scan, how);
  if (!scan.isRepeated) return;
  await queueScan(deps, tx, { ...scan, confirmMissing: false, isWatched: false });
}

const release = (deps: EndDeps, run: ScanRun): Promise<void> =>
  write(deps, (tx) => store.releaseLease(tx, run.scan)).catch((error) =>
    deps.log.warn({ err: error, scanId: run.scan.id }, "a scan could not be handed on"),
  );

const pause = (deps: EndDeps, run: ScanRun): Promise<void> =>
  write(deps, async (tx) => {
    await store.releaseLease(tx, run.scan);
    await queueAfterMaintenance(deps, tx, run.scan.id);
  });

/**
 * What is missing in one storage of the band and was found in another is the same recording: it has
 * only moved there, whichever of the two was scanned first.
 */
async function meetAgain(deps: EndDeps, tx: Tx, scan: store.ScanRow): Promise<store.Counts> {
  const kept = await keepElsewhere(tx, { bandId: scan.bandId, connectionId: null });
  const others = kept.map((each) => each.connectionId).filter((id) => id !== scan.connectionId);
  for (const id of new Set(others)) await deps.events.publish(tx, connectionTopic(id));
  const here = kept.filter((each) => each.connectionId === scan.connectionId);
  const added = here.filter((each) => each.stoodSinceMs >= scan.startedAt.getTime()).length;
  return { moved: kept.length, added: -added };
}

async function settleGone(tx: Tx, scan: store.ScanRow) {
  const { confirmMissing, found } = scan;
  const { present, gone } = await readingStore.countGone(tx, scan);
  const isMuch = (gone > FEW && gone > present * LARGE_SHARE) || (found === 0 && gone > 0);
  if (isMuch && !confirmMissing) return { missing: 0, withheld: gone, present };
  if (gone > 0) await readingStore.markMissing(tx, scan);
  return { missing: gone, withheld: 0, present };
}

const tellWithheld = (withheld: number, present: number): string | null =>
  withheld === 0
    ? null
    : `${withheld} of ${present} recordings were not found any more. That many at once is often a mistake (another folder, a disk that is not connected), so they were all kept as they are; if they really are gone, confirm it.`;

function tellFolders(failed: readonly { path: string; failure: string | null }[]): string | null {
  const [first] = failed;
  if (!first) return null;
  const name = `“${first.path}”`;
  const others = failed.length - 1;
  const which = others === 0 ? name : `${name} and ${others} more`;
  return `Not all folders could be read (${which}); what lies in them was left as it is. ${first.failure ?? ""}`.trim();
}

const tellLeftOut = (leftOut: number): string | null =>
  leftOut === 0
    ? null
    : `${leftOut} ${leftOut === 1 ? "file was" : "files were"} left out because of names that are too long or broken; rename them to have them here.`;

const sentenceOf = ({ code, message }: AppError): string =>
  code === "internal" ? "Something went wrong on the server." : message;
