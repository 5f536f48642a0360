import { type SQL, type SQLWrapper, sql } from "drizzle-orm";
import {
  boolean,
  check,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  unique,
  uuid,
} from "drizzle-orm/pg-core";
import type { PlaylistId, RehearsalId, ShareId, TrackId } from "#contract/ids.ts";
import { moment } from "./columns.ts";
import { ofTrack, tracks } from "./library.ts";
import { byWhom, ofBand } from "./owners.ts";
import { playlistItems, playlists } from "./playlists.ts";
import { rehearsals, rehearsalTakes } from "./rehearsals.ts";

/** Public links to recordings, playlists and rehearsals: to one of them each. */
export const shares = pgTable(
  "shares",
  {
    id: uuid().$type<ShareId>().primaryKey(),
    bandId: ofBand(),
    trackId: uuid()
      .$type<TrackId>()
      .references(() => tracks.id, { onDelete: "cascade" }),
    playlistId: uuid()
      .$type<PlaylistId>()
      .references(() => playlists.id, { onDelete: "cascade" }),
    rehearsalId: uuid()
      .$type<RehearsalId>()
      .references(() => rehearsals.id, { onDelete: "cascade" }),
    createdBy: byWhom(),
    /** SHA-256 of the token in the link, which is kept nowhere. */
    tokenHash: text().notNull(),
    passwordHash: text(),
    canDownload: boolean().notNull(),
    canComment: boolean().notNull().default(false),
    expiresAt: moment(),
    playLimit: integer(),
    playCount: integer().notNull().default(0),
    lastPlayedAt: moment(),
    createdAt: moment().notNull().defaultNow(),
  },
  (t) => [
    unique("shares_token_hash_unique").on(t.tokenHash),
    index("shares_band_id_index").on(t.bandId, t.id),
    index("shares_track_id_index").on(t.trackId),
    index("shares_playlist_id_index").on(t.playlistId),
    index("shares_rehearsal_id_index").on(t.rehearsalId),
    index("shares_created_by_index").on(t.createdBy),
    check("shares_play_count_check", sql`${t.playCount} >= 0 and ${t.playLimit} > 0`),
    check(
      "shares_leads_to_check",
      sql`num_nonnulls(${t.trackId}, ${t.playlistId}, ${t.rehearsalId}) = 1`,
    ),
  ],
);

/**
 * Whether a link of `shares` leads to a recording now: what was taken out of its list since is none of
 * its recordings any more.
 */
export const leadsTo = (trackId: SQLWrapper): SQL<boolean> => sql<boolean>`(
  ${shares}.track_id = ${trackId}
  or exists (select from ${playlistItems} as listed
    where listed.playlist_id = ${shares}.playlist_id and listed.track_id = ${trackId})
  or exists (select from ${rehearsalTakes} as taken
    where taken.rehearsal_id = ${shares}.rehearsal_id and taken.track_id = ${trackId}))`;

/** Browsers that have opened a link, for half a day. Nothing here says whose they are. */
export const shareGuests = pgTable(
  "share_guests",
  {
    id: uuid().primaryKey(),
    shareId: uuid()
      .$type<ShareId>()
      .notNull()
      .references(() => shares.id, { onDelete: "cascade" }),
    /** SHA-256 of the browser's cookie, which is the same for all links that it opens. */
    guestHash: text().notNull(),
    expiresAt: moment().notNull(),
  },
  (t) => [
    unique("share_guests_guest_hash_unique").on(t.guestHash, t.shareId),
    index("share_guests_share_id_index").on(t.shareId),
    index("share_guests_expires_at_index").on(t.expiresAt),
  ],
);

/** What guests have begun to listen to; each counts once. */
export const shareListens = pgTable(
  "share_listens",
  {
    guestId: uuid()
      .notNull()
      .references(() => shareGuests.id, { onDelete: "cascade" }),
    trackId: ofTrack(),
  },
  (t) => [
    primaryKey({ name: "share_listens_pkey", columns: [t.guestId, t.trackId] }),
    index("share_listens_track_id_index").on(t.trackId),
  ],
);
