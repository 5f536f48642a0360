import { asc, countDistinct, eq, sql } from "drizzle-orm";
import type { PlaylistId, TrackId } from "#contract/ids.ts";
import { MOST_SHARED } from "#contract/shares.ts";
import {
  connections,
  covers,
  leadsTo,
  playlistItems,
  playlists,
  rehearsals,
  rehearsalTakes,
  shares,
  tracks,
} from "#drizzle/schema/index.ts";
import type { Db } from "#server/base/db.ts";
import type { FoundShare } from "./guest-store.ts";
import { kind, title } from "./store.ts";

type Listed = Pick<FoundShare, "id" | "trackId" | "playlistId" | "rehearsalId">;

/** What it is called. @returns `undefined` when it is gone. */
export async function findHead(db: Db, { id }: Pick<FoundShare, "id">) {
  const [row] = await db
    .select({ kind, title, heldOn: rehearsals.heldOn })
    .from(shares)
    .leftJoin(tracks, eq(tracks.id, shares.trackId))
    .leftJoin(playlists, eq(playlists.id, shares.playlistId))
    .leftJoin(rehearsals, eq(rehearsals.id, shares.rehearsalId))
    .where(eq(shares.id, id));
  return row;
}

const shown = {
  id: tracks.id,
  title: tracks.title,
  artist: tracks.artist,
  album: tracks.album,
  durationMs: tracks.durationMs,
  sizeBytes: tracks.sizeBytes,
  coverHash: tracks.coverHash,
  isPresent: sql<boolean>`${tracks.state} <> 'missing'`,
};

/** The first of its recordings, in order and each once. */
export async function listTracks(db: Db, { trackId, playlistId, rehearsalId }: Listed) {
  if (playlistId !== null) {
    const listed = db
      .select({
        trackId: playlistItems.trackId,
        place: sql<string>`min(${playlistItems.place})`.as("first_place"),
      })
      .from(playlistItems)
      .where(eq(playlistItems.playlistId, playlistId))
      .groupBy(playlistItems.trackId)
      .as("listed");
    return db
      .select(shown)
      .from(listed)
      .innerJoin(tracks, eq(tracks.id, listed.trackId))
      .orderBy(asc(listed.place))
      .limit(MOST_SHARED);
  }
  if (rehearsalId !== null) {
    return db
      .select(shown)
      .from(rehearsalTakes)
      .innerJoin(tracks, eq(tracks.id, rehearsalTakes.trackId))
      .where(eq(rehearsalTakes.rehearsalId, rehearsalId))
      .orderBy(sql`library_sort_key(${tracks.path})`, tracks.path, tracks.id)
      .limit(MOST_SHARED);
  }
  return db.select(shown).from(tracks).where(sql`${tracks.id} = ${trackId}::uuid`);
}

/** All that a playlist leads to, each once. */
export async function countListed(db: Db, playlistId: PlaylistId): Promise<number> {
  const [row] = await db
    .select({ all: countDistinct(playlistItems.trackId) })
    .from(playlistItems)
    .where(eq(playlistItems.playlistId, playlistId));
  return row?.all ?? 0;
}

/** The storages of its band: what happens in them changes what is shown. */
export const listConnections = (db: Db, { bandId }: Pick<FoundShare, "bandId">) =>
  db.select({ id: connections.id }).from(connections).where(eq(connections.bandId, bandId));

/** The cover of a recording that a link leads to now. @returns `undefined` when there is none. */
export async function findCover(db: Db, { id }: Pick<FoundShare, "id">, trackId: TrackId) {
  const [row] = await db
    .select({ hash: covers.hash, bytes: covers.large })
    .from(shares)
    .innerJoin(tracks, sql`${tracks.id} = ${trackId}::uuid and ${tracks.bandId} = ${shares.bandId}`)
    .innerJoin(
      covers,
      sql`${covers.bandId} = ${tracks.bandId} and ${covers.hash} = ${tracks.coverHash}`,
    )
    .where(sql`${shares.id} = ${id} and ${leadsTo(tracks.id)}`);
  return row;
}
