import { z } from "zod";

const id = <const Brand extends string>(_brand: Brand) => z.uuid().brand<Brand>();

export const UserId = id("UserId");
export type UserId = z.infer<typeof UserId>;

export const SessionId = id("SessionId");
export type SessionId = z.infer<typeof SessionId>;

export const BandId = id("BandId");
export type BandId = z.infer<typeof BandId>;

export const ConnectionId = id("ConnectionId");
export type ConnectionId = z.infer<typeof ConnectionId>;

/** Of a sign-in at a storage's own pages, while it is under way. */
export const StorageLoginId = id("StorageLoginId");
export type StorageLoginId = z.infer<typeof StorageLoginId>;

export const TrackId = id("TrackId");
export type TrackId = z.infer<typeof TrackId>;

/** Made of what the album, artist or genre is, in its band: always the same for the same one. */
export const AlbumId = id("AlbumId");
export type AlbumId = z.infer<typeof AlbumId>;

export const ArtistId = id("ArtistId");
export type ArtistId = z.infer<typeof ArtistId>;

export const GenreId = id("GenreId");
export type GenreId = z.infer<typeof GenreId>;

export const ScanId = id("ScanId");
export type ScanId = z.infer<typeof ScanId>;

/** Of a recording on its way into a band's storage. */
export const UploadId = id("UploadId");
export type UploadId = z.infer<typeof UploadId>;

export const PlaylistId = id("PlaylistId");
export type PlaylistId = z.infer<typeof PlaylistId>;

/** Of a place in a playlist: a recording that is in it twice has two. */
export const PlaylistItemId = id("PlaylistItemId");
export type PlaylistItemId = z.infer<typeof PlaylistItemId>;

/** Of a day on which a band has played. */
export const RehearsalId = id("RehearsalId");
export type RehearsalId = z.infer<typeof RehearsalId>;

/** Of one time that somebody listens; made by their player. */
export const PlayId = id("PlayId");
export type PlayId = z.infer<typeof PlayId>;

/** Of a public link; no secret, and it opens nothing. */
export const ShareId = id("ShareId");
export type ShareId = z.infer<typeof ShareId>;

/** Of something that is written about a recording. */
export const CommentId = id("CommentId");
export type CommentId = z.infer<typeof CommentId>;

/** Of one change of what is kept of a track beside its file. */
export const EditId = id("EditId");
export type EditId = z.infer<typeof EditId>;
