import { z } from "zod";
import { BandId, ConnectionId, TrackId } from "./ids.ts";
import { Timestamp } from "./time.ts";

export const TrackState = z.enum(["present", "missing", "failed"]);
export type TrackState = z.infer<typeof TrackState>;

export const Track = z.strictObject({
  id: TrackId,
  bandId: BandId,
  connectionId: ConnectionId,
  state: TrackState,
  /** Why it is `failed`, in a sentence. */
  failure: z.string().nullable(),
  missingSince: Timestamp.nullable(),
  title: z.string(),
  artist: z.string().nullable(),
  album: z.string().nullable(),
  albumArtist: z.string().nullable(),
  trackNumber: z.number().int().nullable(),
  discNumber: z.number().int().nullable(),
  year: z.number().int().nullable(),
  genre: z.string().nullable(),
  durationMs: z.number().int().nullable(),
  codec: z.string().nullable(),
  bitrateBps: z.number().int().nullable(),
  sampleRateHz: z.number().int().nullable(),
  channels: z.number().int().nullable(),
  sizeBytes: z.number().int(),
  /** Where it lies in its storage, as people read it. */
  path: z.string(),
  /** Content hash of its cover, for `/cover/:trackId?v=`; `null` when it has none. */
  coverHash: z.string().nullable(),
  addedAt: Timestamp,
});
export type Track = z.infer<typeof Track>;

export const TrackSort = z.enum(["title", "artist", "album", "added", "duration"]);
export type TrackSort = z.infer<typeof TrackSort>;

export const SortDirection = z.enum(["ascending", "descending"]);
export type SortDirection = z.infer<typeof SortDirection>;

export const ListTracks = z.strictObject({
  bandId: BandId,
  /** Words that must all occur, in any order, in title, artist, album or path. */
  search: z.string().max(200).default(""),
  sort: TrackSort.default("artist"),
  direction: SortDirection.default("ascending"),
  filter: z
    .strictObject({
      state: TrackState.optional(),
      connectionId: ConnectionId.optional(),
    })
    .default({}),
  /** `next` of the page before; opaque. */
  cursor: z.string().max(2048).nullable().default(null),
  limit: z.number().int().min(1).max(200).default(100),
});
export type ListTracks = z.infer<typeof ListTracks>;

export const TrackPage = z.strictObject({
  tracks: z.array(Track),
  next: z.string().nullable(),
  /** All that match, counted on the first page only; capped at 100,001. */
  total: z.number().int().nullable(),
});
export type TrackPage = z.infer<typeof TrackPage>;

export const OneTrack = z.strictObject({ trackId: TrackId });
export type OneTrack = z.infer<typeof OneTrack>;
