import type { Connection } from "#contract/connections.ts";
import type { ScanProgress } from "#contract/scans.ts";

export const isRunning = ({ state }: ScanProgress): boolean =>
  state === "queued" || state === "listing" || state === "reading";

/** Part of the work that is done, 0 to 1; `null` while nobody knows how much there is. */
export function doneOf({ state, read, failed, toRead }: ScanProgress): number | null {
  if (state !== "reading" || toRead === 0) return null;
  return Math.min(1, (read + failed) / toRead);
}

export const hasChanged = ({ added, changed, moved, missing }: ScanProgress): boolean =>
  added + changed + moved + missing > 0;

/** A scan was asked for and has not shown up yet. */
export const isScanExpected = ({ rootPath, scan, health }: Connection): boolean =>
  rootPath !== null && scan === null && health !== "paused";

/** Something is going on, or about to. */
export const isBusy = (connection: Connection): boolean =>
  isScanExpected(connection) || (connection.scan !== null && isRunning(connection.scan));
