import { z } from "zod";
import { AlbumId, ArtistId, BandId, ConnectionId, GenreId, TrackId } from "./ids.ts";
import { SortDirection, Track } from "./library.ts";
import { Timestamp } from "./time.ts";

const page = {
  /** `next` of the page before; opaque. */
  cursor: z.string().max(2048).nullable().default(null),
  limit: z.number().int().min(1).max(200).default(100),
};

const list = {
  bandId: BandId,
  /** Words that must all occur, in any order. */
  search: z.string().max(200).default(""),
  direction: SortDirection.default("ascending"),
  ...page,
};

const counts = {
  /** Of tracks that are there or failed; those that are missing are counted apart. */
  trackCount: z.number().int(),
  missingCount: z.number().int(),
};

/** For the first page only; capped at 100,001. */
const total = z.number().int().nullable();
const next = z.string().nullable();

export const Album = z.strictObject({
  id: AlbumId,
  bandId: BandId,
  title: z.string(),
  /** `null`: various artists, or nobody knows. */
  artist: z.string().nullable(),
  artistId: ArtistId.nullable(),
  isCompilation: z.boolean(),
  year: z.number().int().nullable(),
  discCount: z.number().int(),
  ...counts,
  durationMs: z.number().int(),
  /** For `/cover/:trackId?v=`; both are `null` when none of its tracks has one. */
  coverTrackId: TrackId.nullable(),
  coverHash: z.string().nullable(),
  addedAt: Timestamp,
});
export type Album = z.infer<typeof Album>;

export const AlbumSort = z.enum(["title", "artist", "year", "added"]);
export type AlbumSort = z.infer<typeof AlbumSort>;

export const ListAlbums = z.strictObject({
  ...list,
  sort: AlbumSort.default("artist"),
  /** On which the artist is: as the album's, or as one of a track. */
  artistId: ArtistId.optional(),
});
export type ListAlbums = z.infer<typeof ListAlbums>;

export const AlbumPage = z.strictObject({ albums: z.array(Album), next, total });
export type AlbumPage = z.infer<typeof AlbumPage>;

export const OneAlbum = z.strictObject({ bandId: BandId, albumId: AlbumId });
export type OneAlbum = z.infer<typeof OneAlbum>;

/** Its first tracks in order; the others come from `tracks.list` with `next` and the same filter. */
export const AlbumWithTracks = z.strictObject({
  album: Album,
  tracks: z.array(Track),
  next,
});
export type AlbumWithTracks = z.infer<typeof AlbumWithTracks>;

export const Artist = z.strictObject({
  id: ArtistId,
  bandId: BandId,
  name: z.string(),
  ...counts,
});
export type Artist = z.infer<typeof Artist>;

export const NameSort = z.enum(["name", "tracks"]);
export type NameSort = z.infer<typeof NameSort>;

export const ListNames = z.strictObject({ ...list, sort: NameSort.default("name") });
export type ListNames = z.infer<typeof ListNames>;

export const ArtistPage = z.strictObject({ artists: z.array(Artist), next, total });
export type ArtistPage = z.infer<typeof ArtistPage>;

export const OneArtist = z.strictObject({ bandId: BandId, artistId: ArtistId });
export type OneArtist = z.infer<typeof OneArtist>;

export const ArtistWithAlbums = z.strictObject({
  artist: Artist,
  /** The first of them, by year; the others come from `albums.list`. */
  albums: z.array(Album),
  nextAlbums: next,
});
export type ArtistWithAlbums = z.infer<typeof ArtistWithAlbums>;

export const Genre = z.strictObject({ id: GenreId, bandId: BandId, name: z.string(), ...counts });
export type Genre = z.infer<typeof Genre>;

export const OneGenre = z.strictObject({ bandId: BandId, genreId: GenreId });
export type OneGenre = z.infer<typeof OneGenre>;

export const GenrePage = z.strictObject({ genres: z.array(Genre), next, total });
export type GenrePage = z.infer<typeof GenrePage>;

export const ListFolders = z.strictObject({
  bandId: BandId,
  connectionId: ConnectionId,
  /** As `path` of a folder has it; empty for the top. */
  path: z.string().max(4_000).default(""),
  ...page,
});
export type ListFolders = z.infer<typeof ListFolders>;

export const TrackFolder = z.strictObject({
  connectionId: ConnectionId,
  path: z.string(),
  name: z.string(),
  ...counts,
});
export type TrackFolder = z.infer<typeof TrackFolder>;

/** Folders in one folder. The tracks in it come from `tracks.list`, filtered by that folder. */
export const FolderPage = z.strictObject({ folders: z.array(TrackFolder), next });
export type FolderPage = z.infer<typeof FolderPage>;
