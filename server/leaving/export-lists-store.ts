import { desc, eq, sql } from "drizzle-orm";
import type { UserId } from "#contract/ids.ts";
import {
  bands,
  playlistItems,
  playlists,
  rehearsals,
  rehearsalTakes,
  shares,
  tracks,
} from "#drizzle/schema/index.ts";
import type { Db } from "#server/base/db.ts";

/** The public links that somebody has made. What opens them is kept by nobody. */
export const listLinks = (db: Db, userId: UserId) =>
  db
    .select({
      band: bands.name,
      recording: tracks.title,
      playlist: playlists.name,
      rehearsal: rehearsals.title,
      hasPassword: sql<boolean>`${shares.passwordHash} is not null`,
      canDownload: shares.canDownload,
      canComment: shares.canComment,
      expiresAt: shares.expiresAt,
      playLimit: shares.playLimit,
      playCount: shares.playCount,
      createdAt: shares.createdAt,
    })
    .from(shares)
    .innerJoin(bands, eq(bands.id, shares.bandId))
    .leftJoin(tracks, eq(tracks.id, shares.trackId))
    .leftJoin(playlists, eq(playlists.id, shares.playlistId))
    .leftJoin(rehearsals, eq(rehearsals.id, shares.rehearsalId))
    .where(eq(shares.createdBy, userId))
    .orderBy(desc(shares.id));

/** The playlists that somebody has made. */
export const listPlaylists = (db: Db, userId: UserId) =>
  db
    .select({
      band: bands.name,
      name: playlists.name,
      recordings: sql<string[]>`coalesce((select json_agg(t.title order by i.place)
        from ${playlistItems} as i join ${tracks} as t on t.id = i.track_id
        where i.playlist_id = ${playlists}.id), '[]'::json)`,
      createdAt: playlists.createdAt,
    })
    .from(playlists)
    .innerJoin(bands, eq(bands.id, playlists.bandId))
    .where(eq(playlists.createdBy, userId))
    .orderBy(desc(playlists.id));

/** The rehearsals that somebody has noted. */
export const listRehearsals = (db: Db, userId: UserId) =>
  db
    .select({
      band: bands.name,
      heldOn: rehearsals.heldOn,
      title: rehearsals.title,
      notes: rehearsals.notes,
      recordings: sql<string[]>`coalesce((select json_agg(t.title order by t.path)
        from ${rehearsalTakes} as k join ${tracks} as t on t.id = k.track_id
        where k.rehearsal_id = ${rehearsals}.id), '[]'::json)`,
      createdAt: rehearsals.createdAt,
    })
    .from(rehearsals)
    .innerJoin(bands, eq(bands.id, rehearsals.bandId))
    .where(eq(rehearsals.createdBy, userId))
    .orderBy(desc(rehearsals.id));
