import { z } from "zod";
import { BandId, UserId } from "./ids.ts";
import { Timestamp } from "./time.ts";

/** What becomes of a band when somebody leaves the server. */
export const LeftBand = z.strictObject({
  id: BandId,
  name: z.string(),
  isPersonal: z.boolean(),
  /**
   * - `removed`: nobody else is in it.
   * - `decide`: others are in it, and nobody else owns it: it is handed over to one of `heirs`, or removed.
   * - `left`: others own it, or it never was theirs: it goes on without them.
   */
  fate: z.enum(["removed", "decide", "left"]),
  /** Who could own it from then on. */
  heirs: z.array(z.strictObject({ id: UserId, name: z.string() })),
  connectionCount: z.number().int(),
  trackCount: z.number().int(),
  /** Public links of the band that work now and were made by whoever leaves. */
  shareCount: z.number().int(),
});
export type LeftBand = z.infer<typeof LeftBand>;

/** What deleting the account would bring about. */
export const DeletionPreview = z.strictObject({
  /** Then it is refused: somebody has to be an administrator. */
  isLastAdmin: z.boolean(),
  /** What has to be typed, so that nobody deletes an account by a slip. */
  confirmation: z.string(),
  bands: z.array(LeftBand),
});
export type DeletionPreview = z.infer<typeof DeletionPreview>;

/** What is decided about a band whose `fate` is `decide`. */
export const BandChoice = z.discriminatedUnion("choice", [
  z.strictObject({ bandId: BandId, choice: z.literal("hand_over"), userId: UserId }),
  z.strictObject({ bandId: BandId, choice: z.literal("remove") }),
]);
export type BandChoice = z.infer<typeof BandChoice>;

export const DeleteAccount = z.strictObject({
  bands: z.array(BandChoice).max(1000),
  /** Public links that they made stay, in bands that stay; else all of them end at once. */
  keepShares: z.boolean().default(false),
  confirmation: z.string().max(300),
});
export type DeleteAccount = z.infer<typeof DeleteAccount>;

/**
 * - `waiting`: it is being made.
 * - `ready`: it can be downloaded, once.
 * - `failed`: it could not be made; another can be asked for.
 * - `downloaded`, `expired`: it is gone.
 */
export const ExportState = z.enum(["waiting", "ready", "failed", "downloaded", "expired"]);
export type ExportState = z.infer<typeof ExportState>;

/** A copy of everything of somebody's. */
export const ExportEntry = z.strictObject({
  id: z.uuid(),
  state: ExportState,
  /** Once it is ready. */
  sizeBytes: z.number().int().nullable(),
  requestedAt: Timestamp,
  readyAt: Timestamp.nullable(),
  /** Until when it can be downloaded. */
  expiresAt: Timestamp.nullable(),
});
export type ExportEntry = z.infer<typeof ExportEntry>;

export const OneExport = z.strictObject({ exportId: z.uuid() });

/** Where the bytes are, for a browser that has shown who it is. */
export const ExportLink = z.strictObject({ url: z.string() });
export type ExportLink = z.infer<typeof ExportLink>;
