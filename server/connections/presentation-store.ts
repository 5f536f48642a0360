import { desc, inArray, sql } from "drizzle-orm";
import type { ConnectionId } from "#contract/ids.ts";
import { scans, tracks, watches } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";

/** What a connection is shown with, that other features know of it. */

export type ScanRow = typeof scans.$inferSelect;

export interface TrackCounts {
  /** In the storage, readable or not. */
  readonly present: number;
  readonly missing: number;
}

export async function countTracks(
  db: Db | Tx,
  ids: readonly ConnectionId[],
): Promise<Map<ConnectionId, TrackCounts>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .select({
      id: tracks.connectionId,
      present: sql<number>`(count(*) filter (where ${tracks.state} <> 'missing'))::int`,
      missing: sql<number>`(count(*) filter (where ${tracks.state} = 'missing'))::int`,
    })
    .from(tracks)
    .where(inArray(tracks.connectionId, [...ids]))
    .groupBy(tracks.connectionId);
  return new Map(rows.map(({ id, present, missing }) => [id, { present, missing }]));
}

/** The newest scan of each connection. */
export async function listNewestScans(
  db: Db | Tx,
  ids: readonly ConnectionId[],
): Promise<Map<ConnectionId, ScanRow>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectDistinctOn([scans.connectionId])
    .from(scans)
    .where(inArray(scans.connectionId, [...ids]))
    .orderBy(scans.connectionId, desc(scans.startedAt), desc(scans.id));
  return new Map(rows.map((scan) => [scan.connectionId, scan]));
}

/** When each was last looked at for changes. */
export async function listLooks(
  db: Db | Tx,
  ids: readonly ConnectionId[],
): Promise<Map<ConnectionId, Date>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .select({ id: watches.connectionId, lookedAt: watches.lookedAt })
    .from(watches)
    .where(inArray(watches.connectionId, [...ids]));
  return new Map(rows.flatMap(({ id, lookedAt }) => (lookedAt ? [[id, lookedAt]] : [])));
}
