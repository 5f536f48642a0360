import { z } from "zod";
import { BandId } from "./ids.ts";
import { Timestamp } from "./time.ts";

/**
 * `waiting` also for what could not be written yet, and is tried again by itself; `beside` for what was
 * written once, and says something else by now.
 */
export const TagWritingState = z.enum(["waiting", "written", "failed", "beside"]);
export type TagWritingState = z.infer<typeof TagWritingState>;

/** How it stands with the file of a track. */
export const TrackWriting = z.strictObject({
  state: TagWritingState,
  /** Why it waits or has failed, and what to do; `null` where there is nothing to say. */
  message: z.string().nullable(),
  /** When its file was written last. */
  writtenAt: Timestamp.nullable(),
});
export type TrackWriting = z.infer<typeof TrackWriting>;

export const OneBandsTagWriting = z.strictObject({ bandId: BandId });

/** Whether what a band edits goes into its files, and how far that is. */
export const TagWriting = z.strictObject({
  bandId: BandId,
  isOn: z.boolean(),
  /** Recordings that are to be written. */
  waiting: z.number().int(),
  /** Those that could not be. */
  failed: z.number().int(),
  written: z.number().int(),
  /** Edited, and only kept beside the file. */
  beside: z.number().int(),
});
export type TagWriting = z.infer<typeof TagWriting>;

export const SetTagWriting = z.strictObject({ bandId: BandId, isOn: z.boolean() });
export type SetTagWriting = z.infer<typeof SetTagWriting>;
