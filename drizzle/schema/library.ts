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
  uuid,
} from "drizzle-orm/pg-core";
import type { Edits, FileTags } from "#contract/edits.ts";
import type { AlbumId, ArtistId, EditId, GenreId, TrackId } from "#contract/ids.ts";
import type { TrackDetails, TrackState } from "#contract/library.ts";
import { bytes, moment, sortText } from "./columns.ts";
import { ofConnection } from "./connections.ts";
import { ofBand } from "./owners.ts";

export const tracks = pgTable(
  "tracks",
  {
    id: uuid().$type<TrackId>().primaryKey(),
    bandId: ofBand(),
    connectionId: ofConnection(),
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

/** Of which recording it is: it goes when the track does. */
export const ofTrack = () =>
  uuid()
    .$type<TrackId>()
    .notNull()
    .references(() => tracks.id, { onDelete: "cascade" });

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
