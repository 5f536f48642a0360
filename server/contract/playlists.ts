import { z } from "zod";
import { BandId, PlaylistId, PlaylistItemId, TrackId } from "./ids.ts";
import { Track } from "./library.ts";
import { Timestamp } from "./time.ts";

const MOST_AT_ONCE = 500;

/** A band has so many playlists at most, and a playlist so many recordings. */
export const MOST_PLAYLISTS = 500;
export const MOST_ITEMS = 10_000;

const PlaylistName = z.string().trim().min(1, "Give it a name").max(200);

/** A list of recordings in an order that somebody chose. */
export const Playlist = z.strictObject({
  id: PlaylistId,
  bandId: BandId,
  name: z.string(),
  /** Recordings in it, missing ones too. */
  itemCount: z.number().int(),
  /** Of all whose length is known. */
  durationMs: z.number().int(),
  /** The first recordings with a cover, four at most and each cover once. */
  covers: z.array(z.strictObject({ id: TrackId, coverHash: z.string() })),
  /** `null` for somebody who is not here any more. */
  createdBy: z.string().nullable(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type Playlist = z.infer<typeof Playlist>;

export const ListPlaylists = z.strictObject({ bandId: BandId });
export type ListPlaylists = z.infer<typeof ListPlaylists>;

export const OnePlaylist = z.strictObject({ playlistId: PlaylistId });
export type OnePlaylist = z.infer<typeof OnePlaylist>;

export const PlaylistItem = z.strictObject({
  id: PlaylistItemId,
  track: Track,
  addedBy: z.string().nullable(),
  addedAt: Timestamp,
});
export type PlaylistItem = z.infer<typeof PlaylistItem>;

export const ListItems = z.strictObject({
  playlistId: PlaylistId,
  /** `next` of the page before; opaque. */
  cursor: z
    .string()
    .regex(/^[\dA-Za-z]{1,256}$/)
    .nullable()
    .default(null),
  limit: z.number().int().min(1).max(200).default(100),
});
export type ListItems = z.infer<typeof ListItems>;

export const ItemPage = z.strictObject({
  items: z.array(PlaylistItem),
  next: z.string().nullable(),
});
export type ItemPage = z.infer<typeof ItemPage>;

const Tracks = z.array(TrackId).max(MOST_AT_ONCE);
const Items = z.array(PlaylistItemId).min(1).max(MOST_AT_ONCE);

/** For editors and owners of the band, like everything that changes one. */
export const CreatePlaylist = z.strictObject({
  bandId: BandId,
  name: PlaylistName,
  trackIds: Tracks.default([]),
});
export type CreatePlaylist = z.infer<typeof CreatePlaylist>;

export const RenamePlaylist = z.strictObject({ playlistId: PlaylistId, name: PlaylistName });
export type RenamePlaylist = z.infer<typeof RenamePlaylist>;

/** Puts recordings at the end, in their order. */
export const AddItems = z.strictObject({ playlistId: PlaylistId, trackIds: Tracks.min(1) });
export type AddItems = z.infer<typeof AddItems>;

/** Puts items behind another one, in the order in which they are named. */
export const MoveItems = z.strictObject({
  playlistId: PlaylistId,
  itemIds: Items,
  /** `null`: to the top. */
  after: PlaylistItemId.nullable(),
});
export type MoveItems = z.infer<typeof MoveItems>;

export const RemoveItems = z.strictObject({ playlistId: PlaylistId, itemIds: Items });
export type RemoveItems = z.infer<typeof RemoveItems>;

export const PlaylistFile = z.strictObject({
  /** A name for it, ending in `.m3u8`. */
  filename: z.string(),
  /** Extended M3U in UTF-8: paths as they are below the storage's top. */
  text: z.string(),
});
export type PlaylistFile = z.infer<typeof PlaylistFile>;

export const ImportPlaylist = z.strictObject({
  bandId: BandId,
  name: PlaylistName,
  /** M3U, extended or not. Nothing that it names is fetched. */
  text: z.string().max(1_000_000),
});
export type ImportPlaylist = z.infer<typeof ImportPlaylist>;

export const ImportedPlaylist = z.strictObject({
  playlist: Playlist,
  /** Lines that mean no recording of this library, the first hundred. */
  unknown: z.array(z.string()),
  unknownCount: z.number().int(),
});
export type ImportedPlaylist = z.infer<typeof ImportedPlaylist>;
