import { and, eq, sql } from "drizzle-orm";
import type { BandId, ConnectionId, RehearsalId, TrackId } from "#contract/ids.ts";
import { bands, rehearsalTakes, tracks } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";

const listOf = (ids: readonly TrackId[]) =>
  sql`(select value::uuid from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))`;

/** Takes in the order of their files. */
export async function listTakeIds(db: Db | Tx, id: RehearsalId): Promise<TrackId[]> {
  const rows = await db
    .select({ id: tracks.id })
    .from(rehearsalTakes)
    .innerJoin(tracks, eq(tracks.id, rehearsalTakes.trackId))
    .where(eq(rehearsalTakes.rehearsalId, id))
    .orderBy(sql`library_sort_key(${tracks.path})`, tracks.path, tracks.id);
  return rows.map((row) => row.id);
}

/** What lies directly in a folder of one of the band's storages. */
export async function listInFolder(
  tx: Tx,
  bandId: BandId,
  folder: { readonly connectionId: ConnectionId; readonly path: string },
  limit: number,
): Promise<TrackId[]> {
  const rows = await tx
    .select({ id: tracks.id })
    .from(tracks)
    .where(
      and(
        eq(tracks.bandId, bandId),
        eq(tracks.connectionId, folder.connectionId),
        eq(tracks.folder, folder.path),
      ),
    )
    .limit(limit);
  return rows.map(({ id }) => id);
}

/** Whoever files takes of a band holds all of them alone until the transaction ends. */
export async function lockTakes(tx: Tx, bandId: BandId): Promise<void> {
  await tx.select({ id: bands.id }).from(bands).where(eq(bands.id, bandId)).for("no key update");
}

/**
 * Wants the lock.
 *
 * @returns the rehearsals that some of them were takes of until now.
 */
export async function moveTakes(
  tx: Tx,
  rehearsalId: RehearsalId,
  ids: readonly TrackId[],
): Promise<RehearsalId[]> {
  const left = await tx
    .delete(rehearsalTakes)
    .where(sql`${rehearsalTakes.trackId} in ${listOf(ids)}`)
    .returning({ rehearsalId: rehearsalTakes.rehearsalId });
  await tx.execute(sql`
    insert into rehearsal_takes (rehearsal_id, track_id) select ${rehearsalId}, given.id
    from ${listOf(ids)} as given(id)
    on conflict (track_id) do nothing`);
  return [...new Set(left.map((row) => row.rehearsalId))];
}

export async function deleteTakes(
  tx: Tx,
  rehearsalId: RehearsalId,
  ids: readonly TrackId[],
): Promise<void> {
  await tx
    .delete(rehearsalTakes)
    .where(
      and(
        eq(rehearsalTakes.rehearsalId, rehearsalId),
        sql`${rehearsalTakes.trackId} in ${listOf(ids)}`,
      ),
    );
}
