import { z } from "zod";
import { MOST_QUEUED } from "./enough.ts";
import { BandId, PlayId, TrackId } from "./ids.ts";
import { Track } from "./library.ts";
import { Timestamp } from "./time.ts";

export const RecordPlay = z.strictObject({
  trackId: TrackId,
  /** A new one each time that it begins; told again, it counts once. */
  playId: PlayId,
  /** Of the recording, without what was skipped. */
  heardMs: z.number().int().min(0).max(604_800_000),
});
export type RecordPlay = z.infer<typeof RecordPlay>;

export const RecordedPlay = z.strictObject({
  /** False for too little of it, and for one that was counted before. */
  isCounted: z.boolean(),
  /** How often this person has listened to it. */
  playCount: z.number().int(),
});
export type RecordedPlay = z.infer<typeof RecordedPlay>;

export const OfBand = z.strictObject({ bandId: BandId });
export type OfBand = z.infer<typeof OfBand>;

export const RecentPlays = z.strictObject({
  bandId: BandId,
  limit: z.number().int().min(1).max(50).default(10),
});
export type RecentPlays = z.infer<typeof RecentPlays>;

export const RecentPlay = z.strictObject({
  track: Track,
  playCount: z.number().int(),
  lastPlayedAt: Timestamp,
});
export type RecentPlay = z.infer<typeof RecentPlay>;

export const SetFavourite = z.strictObject({ trackId: TrackId, isFavourite: z.boolean() });
export type SetFavourite = z.infer<typeof SetFavourite>;

/** All of them or none. Those that are marked together are listed in their order. */
export const SetFavourites = z.strictObject({
  bandId: BandId,
  trackIds: z.array(TrackId).min(1).max(500),
  isFavourite: z.boolean(),
});
export type SetFavourites = z.infer<typeof SetFavourites>;

/** A person has so many favourites in a band at most. */
export const MOST_FAVOURITES = 5_000;

export const ListFavourites = z.strictObject({
  bandId: BandId,
  /** `next` of the page before; opaque. */
  cursor: z.string().max(128).nullable().default(null),
  limit: z.number().int().min(1).max(200).default(100),
});
export type ListFavourites = z.infer<typeof ListFavourites>;

export const FavouritePage = z.strictObject({
  /** The newest favourite first. */
  tracks: z.array(Track),
  next: z.string().nullable(),
});
export type FavouritePage = z.infer<typeof FavouritePage>;

/** Where somebody left off. */
export const SavedQueue = z.strictObject({
  tracks: z.array(Track),
  /** Of the one that plays. */
  index: z.number().int(),
  positionMs: z.number().int(),
  savedAt: Timestamp,
});
export type SavedQueue = z.infer<typeof SavedQueue>;

export const SaveQueue = z.strictObject({
  bandId: BandId,
  /** Of the band, in their order; empty: nothing to go on with. */
  trackIds: z.array(TrackId).max(MOST_QUEUED),
  index: z.number().int().min(0).max(MOST_QUEUED),
  positionMs: z.number().int().min(0).max(604_800_000),
});
export type SaveQueue = z.infer<typeof SaveQueue>;
