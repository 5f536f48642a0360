import { and, eq, sql } from "drizzle-orm";
import type { BandId, ConnectionId, ScanId, TrackId } from "#contract/ids.ts";
import type { CoverSize } from "#contract/playback.ts";
import { covers, members, tracks } from "#drizzle/schema/index.ts";
import type { Actor } from "#server/base/actor.ts";
import type { Db, Tx } from "#server/base/db.ts";
import type { Thumbnails } from "#server/base/picture.ts";

export async function hasCover(db: Db, bandId: BandId, hash: string): Promise<boolean> {
  const rows = await db
    .select({ hash: covers.hash })
    .from(covers)
    .where(and(eq(covers.bandId, bandId), eq(covers.hash, hash)));
  return rows.length > 0;
}

export async function insertCover(
  tx: Tx,
  cover: { readonly bandId: BandId; readonly hash: string } & Thumbnails,
): Promise<void> {
  await tx.insert(covers).values(cover).onConflictDoNothing();
}

/** @returns `undefined` for a track that the actor's bands do not have; `null`s when it has no cover. */
export async function findCover(
  db: Db,
  actor: Actor,
  trackId: TrackId,
  size: CoverSize,
): Promise<{ hash: string | null; bytes: Buffer | null } | undefined> {
  const [row] = await db
    .select({ hash: covers.hash, bytes: size === "small" ? covers.small : covers.large })
    .from(tracks)
    .innerJoin(members, and(eq(members.bandId, tracks.bandId), eq(members.userId, actor.userId)))
    .leftJoin(covers, and(eq(covers.bandId, tracks.bandId), eq(covers.hash, tracks.coverHash)))
    .where(eq(tracks.id, trackId));
  return row;
}

/** Pictures that lie beside tracks which have none of their own. */
export const listWantedCovers = (
  db: Db,
  connectionId: ConnectionId,
  scanId: ScanId,
): Promise<readonly { path: string; coverRef: string }[]> =>
  db.execute<{ path: string; coverRef: string }>(sql`
    select f.path, f.cover_ref as "coverRef"
    from scan_folders as f
    where f.scan_id = ${scanId} and f.cover_ref is not null and exists (
      select from tracks as t
      where t.connection_id = ${connectionId} and t.folder = f.path and t.state = 'present'
        and t.is_read and t.cover_hash is null
    )
    order by f.path`);

/** For the tracks directly in the folder that have no picture of their own. */
export async function saveFolderCover(
  tx: Tx,
  connectionId: ConnectionId,
  folder: string,
  hash: string,
): Promise<void> {
  await tx.execute(sql`
    update tracks set cover_hash = ${hash}, updated_at = now()
    where connection_id = ${connectionId} and folder = ${folder} and state = 'present'
      and cover_hash is null`);
}
