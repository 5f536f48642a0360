import { z } from "zod";
import { AlbumId, ArtistId, BandId, ConnectionId, EditId, GenreId, TrackId } from "./ids.ts";
import { Timestamp } from "./time.ts";

export const TrackState = z.enum(["present", "missing", "failed"]);
export type TrackState = z.infer<typeof TrackState>;

const Gain = z.number().nullable();

/** What tags say of a track beyond what is listed: `null` for each thing that they do not say. */
export const TrackDetails = z.strictObject({
  comment: z.string().nullable(),
  /** Lines, without the times of lyrics that are sung along to. */
  lyrics: z.string().nullable(),
  hasLyrics: z.boolean(),
  /** Gains in decibels (R128 ones are turned into the same reference), peaks as a share of full scale. */
  replayGain: z
    .strictObject({ trackGainDb: Gain, trackPeak: Gain, albumGainDb: Gain, albumPeak: Gain })
    .nullable(),
  musicBrainz: z
    .strictObject({
      recordingId: z.uuid().nullable(),
      trackId: z.uuid().nullable(),
      albumId: z.uuid().nullable(),
      releaseGroupId: z.uuid().nullable(),
      artistIds: z.array(z.uuid()),
      albumArtistIds: z.array(z.uuid()),
    })
    .nullable(),
});
export type TrackDetails = z.infer<typeof TrackDetails>;

/** As much of them as comes with each row of a list: what a player needs, and no long text. */
export const ListedDetails = TrackDetails.pick({ hasLyrics: true, replayGain: true });
export type ListedDetails = z.infer<typeof ListedDetails>;

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
  /** The day it was recorded on, where its name, its folder or a member of the band says it. */
  recordedOn: z.iso.date().nullable(),
  /** The last change of what is kept of it beside the file; `null` while there was none. */
  editId: EditId.nullable(),
  albumId: AlbumId.nullable(),
  /** Of all artists that its tags name, its album's artist among them. */
  artistIds: z.array(ArtistId),
  details: ListedDetails.nullable(),
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

/** One track on its own, with all that its tags say. */
export const WholeTrack = Track.extend({ details: TrackDetails.nullable() });
export type WholeTrack = z.infer<typeof WholeTrack>;

/**
 * `relevance`: first what is called as the search begins, then what is by such an artist, then what is
 * on such an album, then whatever else has its words; without a search, as `title`.
 */
export const TrackSort = z.enum(["relevance", "title", "artist", "album", "added", "duration"]);
export type TrackSort = z.infer<typeof TrackSort>;

export const SortDirection = z.enum(["ascending", "descending"]);
export type SortDirection = z.infer<typeof SortDirection>;

/** By what the listener has done with them: marked as a favourite, or never listened to. */
export const ListenedFilter = z.enum(["favourite", "unplayed"]);
export type ListenedFilter = z.infer<typeof ListenedFilter>;

export const ListTracks = z.strictObject({
  bandId: BandId,
  /** Words that must all occur, in any order, in title, artist, album or path. */
  search: z.string().max(200).default(""),
  sort: TrackSort.default("artist"),
  /** The order is drawn by this number, in place of `sort`: another one with each, all alike likely. */
  seed: z.number().int().min(0).max(2_147_483_647).nullable().default(null),
  direction: SortDirection.default("ascending"),
  filter: z
    .strictObject({
      state: TrackState.optional(),
      connectionId: ConnectionId.optional(),
      albumId: AlbumId.optional(),
      artistId: ArtistId.optional(),
      genreId: GenreId.optional(),
      listened: ListenedFilter.optional(),
      /** Directly in it, as `path` has it; together with `connectionId`. Empty for the top. */
      folder: z.string().max(4_000).optional(),
    })
    .refine(({ folder, connectionId }) => folder === undefined || connectionId !== undefined, {
      error: "A folder is one of a storage.",
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
  /** All that match, counted on the first page only; capped at 100,001, in a search at 1,001. */
  total: z.number().int().nullable(),
  /** Nothing has the words as they were typed: what was looked for instead. On the first page only. */
  correctedSearch: z.string().nullable(),
});
export type TrackPage = z.infer<typeof TrackPage>;

export const OneTrack = z.strictObject({ trackId: TrackId });
export type OneTrack = z.infer<typeof OneTrack>;
