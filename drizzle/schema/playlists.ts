import { customType, index, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import type { PlaylistId, PlaylistItemId } from "#contract/ids.ts";
import { moment } from "./columns.ts";
import { ofTrack } from "./library.ts";
import { byWhom, ofBand } from "./owners.ts";

/** Compared byte by byte: between any two there is room for another. */
const placeText = customType<{ data: string }>({ dataType: () => 'text collate "C"' });

export const playlists = pgTable(
  "playlists",
  {
    id: uuid().$type<PlaylistId>().primaryKey(),
    bandId: ofBand(),
    name: text().notNull(),
    createdBy: byWhom(),
    createdAt: moment().notNull().defaultNow(),
    updatedAt: moment().notNull().defaultNow(),
  },
  (t) => [
    index("playlists_band_id_index").on(t.bandId, t.id),
    index("playlists_created_by_index").on(t.createdBy),
  ],
);

/** A recording in a playlist; it may be in it twice. */
export const playlistItems = pgTable(
  "playlist_items",
  {
    id: uuid().$type<PlaylistItemId>().primaryKey(),
    playlistId: uuid()
      .$type<PlaylistId>()
      .notNull()
      .references(() => playlists.id, { onDelete: "cascade" }),
    trackId: ofTrack(),
    place: placeText().notNull(),
    addedBy: byWhom(),
    addedAt: moment().notNull().defaultNow(),
  },
  (t) => [
    unique("playlist_items_place_unique").on(t.playlistId, t.place),
    index("playlist_items_track_id_index").on(t.trackId),
    index("playlist_items_added_by_index").on(t.addedBy),
  ],
);
