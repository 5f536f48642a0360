import { and, asc, desc, eq, inArray, sql } from "drizzle-orm";
import type { PlaylistId, PlaylistItemId, TrackId, UserId } from "#contract/ids.ts";
import { playlistItems } from "#drizzle/schema/index.ts";
import type { Tx } from "#server/base/db.ts";

/** All of these want the playlist's lock. */

const ofPlaylist = (id: PlaylistId) => eq(playlistItems.playlistId, id);

export async function countItems(tx: Tx, id: PlaylistId): Promise<number> {
  const [row] = await tx
    .select({ all: sql<number>`count(*)::int` })
    .from(playlistItems)
    .where(ofPlaylist(id));
  return row?.all ?? 0;
}

/** @returns `null` for one that is empty. */
export async function findLastPlace(tx: Tx, id: PlaylistId): Promise<string | null> {
  const [row] = await tx
    .select({ place: playlistItems.place })
    .from(playlistItems)
    .where(ofPlaylist(id))
    .orderBy(desc(playlistItems.place))
    .limit(1);
  return row?.place ?? null;
}

/** Where each of these items is. */
export async function findPlaces(
  tx: Tx,
  id: PlaylistId,
  itemIds: readonly PlaylistItemId[],
): Promise<ReadonlyMap<PlaylistItemId, string>> {
  const rows = await tx
    .select({ id: playlistItems.id, place: playlistItems.place })
    .from(playlistItems)
    .where(and(ofPlaylist(id), inArray(playlistItems.id, [...itemIds])));
  return new Map(rows.map((row) => [row.id, row.place]));
}

/** The place that follows: of one that is about to move, too, as it leaves no less room. */
export async function findNextPlace(
  tx: Tx,
  id: PlaylistId,
  after: string | null,
): Promise<string | null> {
  const [row] = await tx
    .select({ place: playlistItems.place })
    .from(playlistItems)
    .where(and(ofPlaylist(id), after === null ? undefined : sql`${playlistItems.place} > ${after}`))
    .orderBy(asc(playlistItems.place))
    .limit(1);
  return row?.place ?? null;
}

export interface NewItem {
  readonly id: PlaylistItemId;
  readonly trackId: TrackId;
  readonly place: string;
}

export async function insertItems(
  tx: Tx,
  playlistId: PlaylistId,
  addedBy: UserId,
  items: readonly NewItem[],
): Promise<void> {
  await tx.execute(sql`
    insert into playlist_items (id, playlist_id, track_id, place, added_by)
    select i.id, ${playlistId}, i."trackId", i.place, ${addedBy}
    from json_to_recordset(${JSON.stringify(items)}::json)
      as i(id uuid, "trackId" uuid, place text)`);
}

/**
 * In two steps, as no two may have one place for a moment.
 *
 * @param places - none of which an item has that does not move.
 */
export async function savePlaces(
  tx: Tx,
  id: PlaylistId,
  places: ReadonlyMap<PlaylistItemId, string>,
): Promise<void> {
  const rows = JSON.stringify([...places].map(([itemId, place]) => ({ id: itemId, place })));
  const moving = sql`json_to_recordset(${rows}::json) as m(id uuid, place text)`;
  await tx.execute(sql`
    update playlist_items as i set place = '~' || i.id from ${moving}
    where i.id = m.id and i.playlist_id = ${id}`);
  await tx.execute(sql`
    update playlist_items as i set place = m.place from ${moving}
    where i.id = m.id and i.playlist_id = ${id}`);
}

/** Every item in its order. */
export async function listItemIds(tx: Tx, id: PlaylistId): Promise<PlaylistItemId[]> {
  const rows = await tx
    .select({ id: playlistItems.id })
    .from(playlistItems)
    .where(ofPlaylist(id))
    .orderBy(asc(playlistItems.place));
  return rows.map((row) => row.id);
}

export async function deleteItems(
  tx: Tx,
  id: PlaylistId,
  itemIds: readonly PlaylistItemId[],
): Promise<void> {
  await tx
    .delete(playlistItems)
    .where(and(ofPlaylist(id), inArray(playlistItems.id, [...itemIds])));
}
