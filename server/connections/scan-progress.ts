import type { ScanProgress } from "#contract/scans.ts";

/** A scan as its row has it: the same figures, with dates as dates. */
export type ScanFigures = Omit<ScanProgress, "startedAt" | "finishedAt"> & {
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
};

/** As it travels; nothing of the row but what the contract names. */
export const toScanProgress = (scan: ScanFigures): ScanProgress => ({
  id: scan.id,
  connectionId: scan.connectionId,
  state: scan.state,
  startedAt: scan.startedAt.toISOString(),
  finishedAt: scan.finishedAt?.toISOString() ?? null,
  foldersDone: scan.foldersDone,
  foldersFound: scan.foldersFound,
  foldersFailed: scan.foldersFailed,
  found: scan.found,
  toRead: scan.toRead,
  read: scan.read,
  failed: scan.failed,
  bytesRead: scan.bytesRead,
  libraryBytes: scan.libraryBytes,
  added: scan.added,
  changed: scan.changed,
  moved: scan.moved,
  missing: scan.missing,
  withheld: scan.withheld,
  message: scan.message,
});
