import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  uuid,
} from "drizzle-orm/pg-core";
import type { AlbumId, ArtistId, GenreId, TrackId } from "#contract/ids.ts";
import { moment, sortText } from "./columns.ts";
import { ofConnection } from "./connections.ts";
import { ofBand } from "./owners.ts";

/*
 * What the tracks of a band make up. Triggers on `tracks` (migrations) keep these rows in step,
 * in the transaction of whatever changed a track; nothing else writes them. Their ids are made of
 * what they stand for, so that a link to one still works when it has been gone for a while.
 */

export const albums = pgTable(
  "albums",
  {
    id: uuid().$type<AlbumId>().primaryKey(),
    bandId: ofBand(),
    title: text().notNull(),
    /** `null`: its tracks are by different artists, and no tag says whose album it is. */
    artist: text(),
    isCompilation: boolean().notNull(),
    year: integer(),
    discCount: integer().notNull(),
    /** Of tracks that are not missing; the others are counted apart. */
    trackCount: integer().notNull(),
    missingCount: integer().notNull(),
    durationMs: integer().notNull(),
    coverTrackId: uuid().$type<TrackId>(),
    coverHash: text(),
    artistIds: uuid().array().$type<ArtistId[]>().notNull(),
    addedAt: moment().notNull(),
    sortTitle: sortText().notNull(),
    sortArtist: sortText().notNull(),
    /** 9999 for an unknown year, so that it comes last. */
    sortYear: integer().notNull(),
    searchText: text().notNull(),
  },
  (t) => [
    index("albums_sort_title_index").on(t.bandId, t.sortTitle, t.id),
    index("albums_sort_artist_index").on(t.bandId, t.sortArtist, t.id),
    index("albums_sort_year_index").on(t.bandId, t.sortYear, t.id),
    index("albums_sort_added_index").on(t.bandId, t.addedAt, t.id),
    index("albums_artists_index").using("gin", t.bandId, t.artistIds),
    index("albums_search_index").using("gin", t.bandId, t.searchText.op("gin_trgm_ops")),
    check("albums_counts_check", sql`${t.trackCount} >= 0 and ${t.missingCount} >= 0`),
  ],
);

/** Of a name that tracks have in their tags. */
const ofName = () => ({
  bandId: ofBand(),
  name: text().notNull(),
  sortName: sortText().notNull(),
  searchText: text().notNull(),
  trackCount: integer().notNull(),
  missingCount: integer().notNull(),
});

export const artists = pgTable(
  "artists",
  {
    id: uuid().$type<ArtistId>().primaryKey(),
    ...ofName(),
  },
  (t) => [
    index("artists_sort_name_index").on(t.bandId, t.sortName, t.id),
    index("artists_sort_tracks_index").on(t.bandId, t.trackCount, t.id),
    index("artists_search_index").using("gin", t.bandId, t.searchText.op("gin_trgm_ops")),
  ],
);

export const genres = pgTable(
  "genres",
  {
    id: uuid().$type<GenreId>().primaryKey(),
    ...ofName(),
  },
  (t) => [
    index("genres_sort_name_index").on(t.bandId, t.sortName, t.id),
    index("genres_sort_tracks_index").on(t.bandId, t.trackCount, t.id),
    index("genres_search_index").using("gin", t.bandId, t.searchText.op("gin_trgm_ops")),
  ],
);

/** Folders in or below which tracks lie. Their paths may be longer than an index has room for. */
export const trackFolders = pgTable(
  "track_folders",
  {
    /** Made of connection and path. */
    id: uuid().primaryKey(),
    bandId: ofBand(),
    connectionId: ofConnection(),
    /** Empty for the top. */
    path: text().notNull(),
    /** `null` for the top alone. */
    parentId: uuid(),
    name: text().notNull(),
    sortName: sortText().notNull(),
    searchText: text().notNull().generatedAlwaysAs(sql`' ' || library_fold(name)`),
    /** With all that lies below. */
    trackCount: integer().notNull(),
    missingCount: integer().notNull(),
  },
  (t) => [
    index("track_folders_sort_name_index").on(t.parentId, t.sortName, t.id),
    index("track_folders_band_id_index").on(t.bandId),
    index("track_folders_connection_id_index").on(t.connectionId),
    index("track_folders_search_index").using("gin", t.bandId, t.searchText.op("gin_trgm_ops")),
  ],
);

/**
 * Every word that people might misspell, of all that tracks are found by. Triggers add to it; what no
 * track has any more stays, as it costs little and leads to nothing.
 */
export const libraryWords = pgTable(
  "library_words",
  {
    bandId: ofBand(),
    word: sortText().notNull(),
  },
  (t) => [
    primaryKey({ name: "library_words_pkey", columns: [t.bandId, t.word] }),
    index("library_words_search_index").using("gin", t.bandId, t.word.op("gin_trgm_ops")),
  ],
);
