import { eq, inArray, sql } from "drizzle-orm";
import type { BandId } from "#contract/ids.ts";
import { connections, tracks } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";

export interface Contents {
  readonly connectionCount: number;
  readonly trackCount: number;
}

/** What is in these bands; those with nothing are left out. */
export async function countContents(
  db: Db | Tx,
  bandIds: readonly BandId[],
): Promise<Map<BandId, Contents>> {
  if (bandIds.length === 0) return new Map();
  const rows = await db
    .select({
      bandId: connections.bandId,
      connectionCount: sql<number>`count(distinct ${connections.id})::int`,
      trackCount: sql<number>`count(${tracks.id})::int`,
    })
    .from(connections)
    .leftJoin(tracks, eq(tracks.connectionId, connections.id))
    .where(inArray(connections.bandId, [...bandIds]))
    .groupBy(connections.bandId);
  return new Map(rows.map(({ bandId, ...contents }) => [bandId, contents]));
}
