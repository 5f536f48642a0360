import { and, asc, count, eq, gt, isNull, sql } from "drizzle-orm";
import type { BandRole } from "#contract/bands.ts";
import type { BandId, PlaylistId, PlaylistItemId, TrackId, UserId } from "#contract/ids.ts";
import type { Playlist } from "#contract/playlists.ts";
import { members, playlistItems, playlists, tracks, users } from "#drizzle/schema/index.ts";
import type { Actor } from "#server/base/actor.ts";
import type { Db, Tx } from "#server/base/db.ts";

export type PlaylistRow = Omit<Playlist, "createdAt" | "updatedAt"> & {
  readonly createdAt: Date;
  readonly updatedAt: Date;
};

/** Covers are looked for among so many recordings from the top. */
const COVERS_AMONG = 50;
const MOST_COVERS = 4;

const columns = {
  id: playlists.id,
  bandId: playlists.bandId,
  name: playlists.name,
  createdBy: users.name,
  createdAt: playlists.createdAt,
  updatedAt: playlists.updatedAt,
  itemCount: sql<number>`(select count(*)::int from ${playlistItems} as i
    where i.playlist_id = ${playlists}.id)`,
  durationMs: sql<number>`(select coalesce(sum(t.duration_ms), 0)::float8
    from ${playlistItems} as i join ${tracks} as t on t.id = i.track_id
    where i.playlist_id = ${playlists}.id)`,
  covers: sql<{ id: TrackId; coverHash: string }[]>`coalesce((
    select json_agg(json_build_object('id', c.id, 'coverHash', c.cover_hash) order by c.place)
    from (
      select * from (
        select distinct on (f.cover_hash) f.* from (
          select t.id, t.cover_hash, i.place from ${playlistItems} as i
          join ${tracks} as t on t.id = i.track_id
          where i.playlist_id = ${playlists}.id order by i.place limit ${COVERS_AMONG}
        ) as f
        where f.cover_hash is not null order by f.cover_hash, f.place
      ) as d order by d.place limit ${MOST_COVERS}
    ) as c), '[]'::json)`,
};

/** Of an account that was deleted the empty row is left. */
const isMaker = and(eq(users.id, playlists.createdBy), isNull(users.deletedAt));

/** By name, as people sort. */
export const listPlaylists = (db: Db, member: { bandId: BandId }): Promise<PlaylistRow[]> =>
  db
    .select(columns)
    .from(playlists)
    .leftJoin(users, isMaker)
    .where(eq(playlists.bandId, member.bandId))
    .orderBy(sql`lower(${playlists.name})`, playlists.id);

/** Those whose folded names match all patterns. A band has a few hundred at most. */
export const findPlaylists = (
  db: Db,
  member: { bandId: BandId },
  patterns: readonly string[],
  limit: number,
): Promise<{ id: PlaylistId; name: string }[]> =>
  db
    .select({ id: playlists.id, name: playlists.name })
    .from(playlists)
    .where(
      and(
        eq(playlists.bandId, member.bandId),
        ...patterns.map((pattern) => sql`' ' || library_fold(${playlists.name}) like ${pattern}`),
      ),
    )
    .orderBy(sql`lower(${playlists.name})`, playlists.id)
    .limit(limit);

/** @returns `undefined` for one of a band that the actor is not in. */
export async function findPlaylist(
  db: Db | Tx,
  actor: Actor,
  id: PlaylistId,
): Promise<{ readonly playlist: PlaylistRow; readonly role: BandRole } | undefined> {
  const [row] = await db
    .select({ playlist: columns, role: members.role })
    .from(playlists)
    .innerJoin(members, and(eq(members.bandId, playlists.bandId), eq(members.userId, actor.userId)))
    .leftJoin(users, isMaker)
    .where(eq(playlists.id, id));
  return row;
}

export async function countPlaylists(tx: Tx, bandId: BandId): Promise<number> {
  const [row] = await tx
    .select({ all: count() })
    .from(playlists)
    .where(eq(playlists.bandId, bandId));
  return row?.all ?? 0;
}

export async function insertPlaylist(
  tx: Tx,
  made: { id: PlaylistId; bandId: BandId; name: string; createdBy: UserId },
): Promise<void> {
  await tx.insert(playlists).values(made);
}

export async function savePlaylist(
  tx: Tx,
  id: PlaylistId,
  change: { readonly name?: string },
): Promise<void> {
  await tx
    .update(playlists)
    .set({ ...change, updatedAt: sql`now()` })
    .where(eq(playlists.id, id));
}

export async function deletePlaylist(tx: Tx, id: PlaylistId): Promise<void> {
  await tx.delete(playlists).where(eq(playlists.id, id));
}

/**
 * Whoever changes the order holds it alone until the transaction ends.
 *
 * @returns false when it is gone.
 */
export async function lockPlaylist(tx: Tx, id: PlaylistId): Promise<boolean> {
  const rows = await tx
    .select({ id: playlists.id })
    .from(playlists)
    .where(eq(playlists.id, id))
    .for("update");
  return rows.length > 0;
}

export interface ItemRow {
  readonly id: PlaylistItemId;
  readonly trackId: TrackId;
  readonly place: string;
  readonly addedBy: string | null;
  readonly addedAt: Date;
}

export const listItems = (
  db: Db,
  id: PlaylistId,
  after: string | null,
  limit: number,
): Promise<ItemRow[]> =>
  db
    .select({
      id: playlistItems.id,
      trackId: playlistItems.trackId,
      place: playlistItems.place,
      addedBy: users.name,
      addedAt: playlistItems.addedAt,
    })
    .from(playlistItems)
    .leftJoin(users, and(eq(users.id, playlistItems.addedBy), isNull(users.deletedAt)))
    .where(
      and(
        eq(playlistItems.playlistId, id),
        after === null ? undefined : gt(playlistItems.place, after),
      ),
    )
    .orderBy(asc(playlistItems.place))
    .limit(limit);
