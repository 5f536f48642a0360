import { sql } from "drizzle-orm";
import { check, index, integer, jsonb, pgTable, primaryKey, uuid } from "drizzle-orm/pg-core";
import type { PlayId, TrackId } from "#contract/ids.ts";
import { moment } from "./columns.ts";
import { ofTrack } from "./library.ts";
import { ofBand, ofUser } from "./owners.ts";

/** What somebody has marked for themselves. */
export const favourites = pgTable(
  "favourites",
  { userId: ofUser(), trackId: ofTrack(), addedAt: moment().notNull().defaultNow() },
  (t) => [
    primaryKey({ name: "favourites_pkey", columns: [t.userId, t.trackId] }),
    index("favourites_track_id_index").on(t.trackId),
  ],
);

/** Each time somebody has listened to a recording for long enough. */
export const plays = pgTable(
  "plays",
  {
    /** Made by the player when it begins, so that what is told twice counts once. */
    id: uuid().$type<PlayId>().notNull(),
    userId: ofUser(),
    trackId: ofTrack(),
    playedAt: moment().notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ name: "plays_pkey", columns: [t.userId, t.id] }),
    index("plays_user_id_index").on(t.userId, t.playedAt),
    index("plays_track_id_index").on(t.trackId),
  ],
);

/** How often somebody has listened to a recording: `plays` in short. */
export const listens = pgTable(
  "listens",
  {
    userId: ofUser(),
    trackId: ofTrack(),
    playCount: integer().notNull(),
    lastPlayedAt: moment().notNull(),
  },
  (t) => [
    primaryKey({ name: "listens_pkey", columns: [t.userId, t.trackId] }),
    index("listens_track_id_index").on(t.trackId),
    check("listens_play_count_check", sql`${t.playCount} > 0`),
  ],
);

/** Where somebody left off in a band, to go on from on any device. */
export const queues = pgTable(
  "queues",
  {
    userId: ofUser(),
    bandId: ofBand(),
    /** In their order; one may be there twice, and some may be gone by now. */
    trackIds: jsonb().$type<TrackId[]>().notNull(),
    /** Of the one that plays. */
    index: integer().notNull(),
    positionMs: integer().notNull(),
    savedAt: moment().notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ name: "queues_pkey", columns: [t.userId, t.bandId] }),
    index("queues_band_id_index").on(t.bandId),
  ],
);
