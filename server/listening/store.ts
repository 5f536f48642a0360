import { and, count, desc, eq, sql } from "drizzle-orm";
import type { BandId, PlayId, TrackId, UserId } from "#contract/ids.ts";
import { favourites, listens, plays, queues, tracks } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";

/** @returns false for one that was told before. */
export async function insertPlay(
  tx: Tx,
  play: { readonly id: PlayId; readonly userId: UserId; readonly trackId: TrackId },
): Promise<boolean> {
  const made = await tx
    .insert(plays)
    .values(play)
    .onConflictDoNothing()
    .returning({ id: plays.id });
  return made.length > 0;
}

/**
 * Counts a listen, unless the one before is so recent that nobody can have heard as much since.
 *
 * @returns how often it is now; `null` when it does not count.
 */
export async function countListen(
  tx: Tx,
  { userId, trackId }: { readonly userId: UserId; readonly trackId: TrackId },
  apartMs: number,
): Promise<number | null> {
  const [row] = await tx
    .insert(listens)
    .values({ userId, trackId, playCount: 1, lastPlayedAt: sql`now()` })
    .onConflictDoUpdate({
      target: [listens.userId, listens.trackId],
      set: { playCount: sql`${listens.playCount} + 1`, lastPlayedAt: sql`now()` },
      setWhere: sql`${listens.lastPlayedAt} <= now() - ${apartMs} * interval '1 millisecond'`,
    })
    .returning({ playCount: listens.playCount });
  return row?.playCount ?? null;
}

export async function findPlayCount(
  db: Db | Tx,
  userId: UserId,
  trackId: TrackId,
): Promise<number> {
  const [row] = await db
    .select({ playCount: listens.playCount })
    .from(listens)
    .where(and(eq(listens.userId, userId), eq(listens.trackId, trackId)));
  return row?.playCount ?? 0;
}

/** What somebody listened to in a band, the newest first. */
export const listRecent = (
  db: Db,
  userId: UserId,
  bandId: BandId,
  limit: number,
): Promise<{ trackId: TrackId; playCount: number; lastPlayedAt: Date }[]> =>
  db
    .select({
      trackId: listens.trackId,
      playCount: listens.playCount,
      lastPlayedAt: listens.lastPlayedAt,
    })
    .from(listens)
    .innerJoin(tracks, and(eq(tracks.id, listens.trackId), eq(tracks.bandId, bandId)))
    .where(eq(listens.userId, userId))
    .orderBy(desc(listens.lastPlayedAt), desc(listens.trackId))
    .limit(limit);

/** Those of one band. */
const isFavourite = (userId: UserId, bandId: BandId) =>
  and(eq(favourites.userId, userId), eq(tracks.bandId, bandId));

export async function listFavouriteIds(
  db: Db,
  userId: UserId,
  bandId: BandId,
  limit: number,
): Promise<TrackId[]> {
  const rows = await db
    .select({ id: favourites.trackId })
    .from(favourites)
    .innerJoin(tracks, eq(tracks.id, favourites.trackId))
    .where(isFavourite(userId, bandId))
    .orderBy(desc(favourites.addedAt), desc(favourites.trackId))
    .limit(limit);
  return rows.map(({ id }) => id);
}

export interface FavouritePlace {
  /** As the database writes it: exact, where a Date would be rounded. */
  readonly at: string;
  readonly id: TrackId;
}

/** The newest first. */
export const listFavourites = (
  db: Db,
  userId: UserId,
  bandId: BandId,
  before: FavouritePlace | null,
  limit: number,
): Promise<FavouritePlace[]> =>
  db
    .select({ at: sql<string>`${favourites.addedAt}::text`, id: favourites.trackId })
    .from(favourites)
    .innerJoin(tracks, eq(tracks.id, favourites.trackId))
    .where(
      and(
        isFavourite(userId, bandId),
        before
          ? sql`(${favourites.addedAt}, ${favourites.trackId}) < (${before.at}::timestamptz, ${before.id}::uuid)`
          : undefined,
      ),
    )
    .orderBy(desc(favourites.addedAt), desc(favourites.trackId))
    .limit(limit);

export async function countFavourites(tx: Tx, userId: UserId, bandId: BandId): Promise<number> {
  const [row] = await tx
    .select({ all: count() })
    .from(favourites)
    .innerJoin(tracks, eq(tracks.id, favourites.trackId))
    .where(isFavourite(userId, bandId));
  return row?.all ?? 0;
}

/** The first as the newest; what is one already stays in its place. Two at once wait in one order. */
export async function insertFavourites(
  tx: Tx,
  userId: UserId,
  trackIds: readonly TrackId[],
): Promise<void> {
  await tx.execute(sql`
    insert into favourites (user_id, track_id, added_at)
    select ${userId}, value::uuid, now() - ordinality * interval '1 microsecond'
    from ${each(trackIds)} with ordinality
    order by value::uuid
    on conflict do nothing`);
}

export async function deleteFavourites(
  tx: Tx,
  userId: UserId,
  trackIds: readonly TrackId[],
): Promise<void> {
  await tx.execute(sql`
    delete from favourites
    where user_id = ${userId} and track_id in (select value::uuid from ${each(trackIds)})`);
}

const each = (trackIds: readonly TrackId[]) =>
  sql`jsonb_array_elements_text(${JSON.stringify(trackIds)}::jsonb)`;

export type QueueRow = Omit<typeof queues.$inferSelect, "userId" | "bandId">;

export async function findQueue(
  db: Db,
  userId: UserId,
  bandId: BandId,
): Promise<QueueRow | undefined> {
  const [row] = await db
    .select({
      trackIds: queues.trackIds,
      index: queues.index,
      positionMs: queues.positionMs,
      savedAt: queues.savedAt,
    })
    .from(queues)
    .where(and(eq(queues.userId, userId), eq(queues.bandId, bandId)));
  return row;
}

/** In place of the one of before: whoever listened last goes on. */
export async function saveQueue(
  tx: Tx,
  queue: Omit<typeof queues.$inferSelect, "savedAt">,
): Promise<void> {
  const { trackIds, index, positionMs } = queue;
  await tx
    .insert(queues)
    .values(queue)
    .onConflictDoUpdate({
      target: [queues.userId, queues.bandId],
      set: { trackIds, index, positionMs, savedAt: sql`now()` },
    });
}

export async function deleteQueue(tx: Tx, userId: UserId, bandId: BandId): Promise<void> {
  await tx.delete(queues).where(and(eq(queues.userId, userId), eq(queues.bandId, bandId)));
}
