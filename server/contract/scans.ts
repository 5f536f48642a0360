import { z } from "zod";
import { ConnectionId, ScanId } from "./ids.ts";
import { Timestamp } from "./time.ts";

export const ScanState = z.enum(["queued", "listing", "reading", "done", "failed", "cancelled"]);
export type ScanState = z.infer<typeof ScanState>;

export const ScanProgress = z.strictObject({
  id: ScanId,
  connectionId: ConnectionId,
  state: ScanState,
  startedAt: Timestamp,
  finishedAt: Timestamp.nullable(),
  /** Folders whose listing is done, of those known so far. */
  foldersDone: z.number().int(),
  foldersFound: z.number().int(),
  /** Audio files found in the storage. */
  found: z.number().int(),
  /** New or changed files, whose tags have to be read. */
  toRead: z.number().int(),
  read: z.number().int(),
  failed: z.number().int(),
  bytesRead: z.number().int(),
  /** Sum of the sizes of the audio files found. */
  libraryBytes: z.number().int(),
  added: z.number().int(),
  changed: z.number().int(),
  moved: z.number().int(),
  /** Marked `missing` by this scan. */
  missing: z.number().int(),
  /** Not marked `missing`, because so many at once look like a mistake: the band decides. */
  withheld: z.number().int(),
  /** Folders that could not be listed; what lies in them was left as it is. */
  foldersFailed: z.number().int(),
  /** A sentence, when the scan failed or something was left out. */
  message: z.string().nullable(),
});
export type ScanProgress = z.infer<typeof ScanProgress>;

export const StartScan = z.strictObject({
  connectionId: ConnectionId,
  /** The person has seen how many are gone and confirms it. */
  confirmMissing: z.boolean().default(false),
});
export type StartScan = z.infer<typeof StartScan>;
