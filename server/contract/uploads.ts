import { z } from "zod";
import { BandId, ConnectionId, UploadId } from "./ids.ts";
import { Timestamp } from "./time.ts";

/**
 * Recordings go to the band's primary storage by tus 1.0.0 (core, creation, expiration, termination):
 *
 * - `POST /uploads` with `Upload-Length` and `Upload-Metadata` (`bandId`, `filename`, and `modified`,
 *   a date as in ISO 8601, which may be left out) → 201 with `Location: /uploads/:uploadId`.
 * - `HEAD /uploads/:uploadId` → `Upload-Offset`, which may be less than was sent: what did not fill a
 *   part is sent anew.
 * - Both say `Upload-Part-Size`, which is ours: the storage keeps as many bytes at once, and what is left
 *   at the end. A request that carries less is refused, and what is beyond a multiple of it is sent anew.
 * - `PATCH /uploads/:uploadId` → 204 once the storage has it; after the last byte, once it lies there
 *   under its name.
 * - `DELETE /uploads/:uploadId` → 204; nothing of it is left in the storage.
 *
 * Failures have the body of every other failure; see `WireError`.
 */
export const UPLOADS_PATH = "/uploads";

/**
 * - `receiving`: bytes are missing.
 * - `finishing`: the storage has all of them and puts them in their place.
 * - `done`: it lies in the storage.
 * - `failed`: it cannot go on; `message` says why. Nothing of it is left in the storage.
 */
export const UploadState = z.enum(["receiving", "finishing", "done", "failed"]);
export type UploadState = z.infer<typeof UploadState>;

export const Upload = z.strictObject({
  id: UploadId,
  connectionId: ConnectionId,
  /** As its file was called where it comes from. */
  name: z.string(),
  /** Where it goes, from the top of the storage; the last part is another one where its name was taken. */
  path: z.string(),
  sizeBytes: z.number().int(),
  /** So many bytes from its beginning are in the storage. */
  offsetBytes: z.number().int(),
  state: UploadState,
  /** A sentence, when it failed. */
  message: z.string().nullable(),
  createdAt: Timestamp,
  /** When it is given up unless more of it comes; each part puts that off. */
  expiresAt: Timestamp,
});
export type Upload = z.infer<typeof Upload>;

/** Those of the caller that are under way, and those of the last day that ended. Newest first. */
export const ListUploads = z.strictObject({ bandId: BandId });
export type ListUploads = z.infer<typeof ListUploads>;

/**
 * Folders that an upload goes into, below the root of the primary storage, joined by `/`. `{year}`,
 * `{month}` and `{day}` stand for the day of the recording, `{band}` for the band's name, `{uploader}`
 * for whoever brings it. Empty: directly into the root.
 */
export const FolderPattern = z
  .string()
  .trim()
  .max(500)
  .regex(/^[^\p{Cc}\\]*$/u, "A folder's name has no backslash and no control characters")
  .refine(
    (pattern) =>
      pattern === "" ||
      pattern.split("/").every((part) => part.trim() !== "" && !/^\.+$/.test(part.trim())),
    "Folders are joined by single slashes, and none is called '.' or '..'",
  )
  .refine(
    (pattern) => !/[{}]/.test(pattern.replaceAll(/\{(?:year|month|day|band|uploader)\}/g, "")),
    "Only {year}, {month}, {day}, {band} and {uploader} are filled in",
  );
export type FolderPattern = z.infer<typeof FolderPattern>;

/** Where uploads of a band go, and whether they can. */
export const UploadTarget = z.strictObject({
  /** The primary storage; `null` when the band has none. */
  connectionId: ConnectionId.nullable(),
  /** Its name, for people. */
  storageName: z.string().nullable(),
  /** A sentence, why nothing can be uploaded now; `null` when it can. */
  unavailableBecause: z.string().nullable(),
  pattern: FolderPattern,
  /** What the pattern makes for a recording of today. */
  example: z.string(),
  /** Larger files are refused; `null`: as large as the storage takes. */
  maxBytes: z.number().int().nullable(),
});
export type UploadTarget = z.infer<typeof UploadTarget>;

export const GetUploadTarget = z.strictObject({ bandId: BandId });
export type GetUploadTarget = z.infer<typeof GetUploadTarget>;

/** Owners of the band only. */
export const SetFolderPattern = z.strictObject({ bandId: BandId, pattern: FolderPattern });
export type SetFolderPattern = z.infer<typeof SetFolderPattern>;
