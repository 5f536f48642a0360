import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  date,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import type { Edits, FileTags } from "#contract/edits.ts";
import type {
  AlbumId,
  ArtistId,
  ConnectionId,
  EditId,
  GenreId,
  ScanId,
  TrackId,
  UserId,
} from "#contract/ids.ts";
import type { TrackDetails, TrackState } from "#contract/library.ts";
import type { ScanState } from "#contract/scans.ts";
import { users } from "./auth.ts";
import { bytes, moment, sortText } from "./columns.ts";
import { connections } from "./connections.ts";
import { ofBand } from "./owners.ts";

export const tracks = pgTable(
  "tracks",
  {
    id: uuid().$type<TrackId>().primaryKey(),
    bandId: ofBand(),
    connectionId: uuid()
      .$type<ConnectionId>()
      .notNull()
      .references(() => connections.id, { onDelete: "cascade" }),
    /** The provider's address of the file. One row a ref and connection: the migration makes it deferrable. */
    ref: text().notNull(),
    path: text().notNull(),
    /** The path without its last part; empty for what lies at the top. */
    folder: text().notNull().generatedAlwaysAs(sql`regexp_replace(path, '/?[^/]*$', '')`),
    fileId: text(),
    sizeBytes: bigint({ mode: "number" }).notNull(),
    etag: text(),
    modifiedAt: moment(),
    /** SHA-256 over size, head and tail of the bytes: reunites moved files. */
    fingerprint: text(),
    state: text().$type<TrackState>().notNull(),
    failure: text(),
    missingSince: moment(),
    /** False: its tags are to be read by the running or next scan. */
    isRead: boolean().notNull(),
    /** Nothing in the file says its title: a rename changes it. */
    isNamedByPath: boolean().notNull().default(false),
    title: text().notNull(),
    artist: text(),
    album: text(),
    albumArtist: text(),
    trackNumber: integer(),
    discNumber: integer(),
    year: integer(),
    genre: text(),
    /** All that the tags name; `null` where they name one, in `artist`, or none. */
    artists: text().array(),
    genres: text().array(),
    artistSort: text(),
    albumSort: text(),
    albumArtistSort: text(),
    isCompilation: boolean().notNull().default(false),
    recordedOn: date({ mode: "string" }),
    /**
     * What the file itself says of all that can be edited: what is shown is made of it, of `edits` and of
     * the band's naming rule. `null` for what was read before there were any.
     */
    tags: jsonb().$type<FileTags>(),
    /** What members of the band have put in place of it; the file stays as it is. */
    edits: jsonb().$type<Edits>(),
    /** Of the newest row of `track_edits`. */
    editId: uuid().$type<EditId>(),
    /** What is shown or played by, and neither sorted nor searched. */
    details: jsonb().$type<TrackDetails>(),
    /** Of the reader that has read the tags: what an older one has read is read again. */
    tagsVersion: integer().notNull().default(0),
    /** What it belongs to, by its names and place; see `views.ts`. */
    albumId: uuid()
      .$type<AlbumId>()
      .generatedAlwaysAs(sql`library_album_id(band_id, connection_id, path, album, album_artist)`),
    artistIds: uuid()
      .array()
      .$type<ArtistId[]>()
      .notNull()
      .generatedAlwaysAs(
        sql`library_ids(band_id, 'artist', library_artists(artists, artist, album_artist))`,
      ),
    genreIds: uuid()
      .array()
      .$type<GenreId[]>()
      .notNull()
      .generatedAlwaysAs(sql`library_ids(band_id, 'genre', library_genres(genres, genre))`),
    durationMs: integer(),
    codec: text(),
    bitrateBps: integer(),
    sampleRateHz: integer(),
    channels: integer(),
    coverHash: text(),
    /** Lower case, accents folded; see `library/sort-keys.ts`. Never null, so that pages can use them. */
    sortTitle: sortText().notNull(),
    sortArtist: sortText().notNull(),
    sortAlbum: sortText().notNull(),
    sortDurationMs: integer().notNull(),
    /** Each word once, folded like the sort keys, a space before each. */
    searchText: text().notNull(),
    addedAt: moment().notNull().defaultNow(),
    updatedAt: moment().notNull().defaultNow(),
  },
  (t) => [
    index("tracks_connection_id_index").on(t.connectionId, t.state),
    index("tracks_folder_index").on(t.connectionId, t.folder),
    index("tracks_album_index").on(t.albumId, t.sortAlbum, t.id),
    index("tracks_artists_index").using("gin", t.bandId, t.artistIds),
    index("tracks_genres_index").using("gin", t.bandId, t.genreIds),
    index("tracks_fingerprint_index").on(t.connectionId, t.fingerprint),
    index("tracks_file_id_index").on(t.connectionId, t.fileId),
    index("tracks_unread_index")
      .on(t.connectionId, t.id)
      .where(sql`not ${t.isRead} or ${t.tagsVersion} < 1`),
    index("tracks_named_by_path_index").on(t.bandId, t.id).where(sql`${t.isNamedByPath}`),
    index("tracks_sort_title_index").on(t.bandId, t.sortTitle, t.id),
    index("tracks_sort_artist_index").on(t.bandId, t.sortArtist, t.id),
    index("tracks_sort_album_index").on(t.bandId, t.sortAlbum, t.id),
    index("tracks_sort_added_index").on(t.bandId, t.addedAt, t.id),
    index("tracks_sort_duration_index").on(t.bandId, t.sortDurationMs, t.id),
    index("tracks_not_present_index").on(t.bandId, t.state).where(sql`${t.state} <> 'present'`),
    /** The band is part of it, so that other bands' tracks cost nothing. */
    index("tracks_search_index").using("gin", t.bandId, t.searchText.op("gin_trgm_ops")),
    check("tracks_state_check", sql`${t.state} in ('present', 'missing', 'failed')`),
    check("tracks_size_check", sql`${t.sizeBytes} >= 0`),
  ],
);

export const covers = pgTable(
  "covers",
  {
    bandId: ofBand(),
    /** SHA-256 of the picture as it lay in the file, hex. */
    hash: text().notNull(),
    /** WebP, 96 pixels. */
    small: bytes().notNull(),
    /** WebP, at most 640 pixels. */
    large: bytes().notNull(),
    createdAt: moment().notNull().defaultNow(),
  },
  (t) => [primaryKey({ name: "covers_pkey", columns: [t.bandId, t.hash] })],
);

export const scans = pgTable(
  "scans",
  {
    id: uuid().$type<ScanId>().primaryKey(),
    connectionId: uuid()
      .$type<ConnectionId>()
      .notNull()
      .references(() => connections.id, { onDelete: "cascade" }),
    bandId: ofBand(),
    requestedBy: uuid()
      .$type<UserId>()
      .references(() => users.id, { onDelete: "set null" }),
    state: text().$type<ScanState>().notNull(),
    confirmMissing: boolean().notNull().default(false),
    /** Nobody asked for it: a look at the storage has seen that something is new. */
    isWatched: boolean().notNull().default(false),
    /** Fencing: every write of a scanner carries the lease it was given; an older one writes nothing. */
    lease: integer().notNull().default(0),
    leaseUntil: moment(),
    cancelRequestedAt: moment(),
    /** When a job was last sent for it. */
    enqueuedAt: moment().notNull().defaultNow(),
    /** The root changed meanwhile: once this one has ended, another begins. */
    isRepeated: boolean().notNull().default(false),
    foldersFound: integer().notNull().default(0),
    foldersDone: integer().notNull().default(0),
    foldersFailed: integer().notNull().default(0),
    found: integer().notNull().default(0),
    toRead: integer().notNull().default(0),
    read: integer().notNull().default(0),
    failed: integer().notNull().default(0),
    bytesRead: bigint({ mode: "number" }).notNull().default(0),
    libraryBytes: bigint({ mode: "number" }).notNull().default(0),
    added: integer().notNull().default(0),
    changed: integer().notNull().default(0),
    moved: integer().notNull().default(0),
    missing: integer().notNull().default(0),
    withheld: integer().notNull().default(0),
    message: text(),
    startedAt: moment().notNull().defaultNow(),
    finishedAt: moment(),
  },
  (t) => [
    index("scans_connection_id_index").on(t.connectionId, t.startedAt),
    uniqueIndex("scans_one_running_unique")
      .on(t.connectionId)
      .where(sql`${t.state} in ('queued', 'listing', 'reading')`),
    check(
      "scans_state_check",
      sql`${t.state} in ('queued', 'listing', 'reading', 'done', 'failed', 'cancelled')`,
    ),
  ],
);

/** The folders of a scan: what is done, what waits, what failed. A resumed scan goes on here. */
export const scanFolders = pgTable(
  "scan_folders",
  {
    scanId: uuid()
      .$type<ScanId>()
      .notNull()
      .references(() => scans.id, { onDelete: "cascade" }),
    /** The folder's ref; the empty string is the top of the storage. */
    ref: text().notNull(),
    path: text().notNull(),
    /** `unchanged`: as in an earlier scan, with all that lies below; it was not listed again. */
    state: text().$type<"waiting" | "done" | "unchanged" | "failed">().notNull(),
    failure: text(),
    treeTag: text(),
    /** The picture of this folder's album, where one lies in it. */
    coverRef: text(),
  },
  (t) => [
    primaryKey({ name: "scan_folders_pkey", columns: [t.scanId, t.ref] }),
    index("scan_folders_state_index").on(t.scanId, t.state),
  ],
);

/** The audio files that a scan has listed. Merged into `tracks` once the listing is complete. */
export const scanEntries = pgTable(
  "scan_entries",
  {
    scanId: uuid()
      .$type<ScanId>()
      .notNull()
      .references(() => scans.id, { onDelete: "cascade" }),
    ref: text().notNull(),
    path: text().notNull(),
    fileId: text(),
    sizeBytes: bigint({ mode: "number" }),
    etag: text(),
    modifiedAt: moment(),
    /** The track that this file is, once that is known. */
    trackId: uuid().$type<TrackId>(),
  },
  (t) => [primaryKey({ name: "scan_entries_pkey", columns: [t.scanId, t.ref] })],
);

/**
 * Folders as the last complete scan saw them, where the storage says by a tag whether anything
 * below has changed: those with the same tag need not be listed again.
 */
export const knownFolders = pgTable(
  "known_folders",
  {
    connectionId: uuid()
      .$type<ConnectionId>()
      .notNull()
      .references(() => connections.id, { onDelete: "cascade" }),
    ref: text().notNull(),
    path: text().notNull(),
    treeTag: text().notNull(),
    /** Something in it has changed since: it is listed, whatever its tag. */
    isStale: boolean().notNull().default(false),
    /** Of the audio files directly in it. */
    fileCount: integer().notNull(),
    fileBytes: bigint({ mode: "number" }).notNull(),
    /** Of the connection then; with another credential it may be another storage. */
    credentialVersion: integer().notNull(),
    listedAt: moment().notNull(),
  },
  (t) => [primaryKey({ name: "known_folders_pkey", columns: [t.connectionId, t.ref] })],
);
