import { and, desc, eq, isNull, lt, sql } from "drizzle-orm";
import type { BandRole } from "#contract/bands.ts";
import type { BandId, PlaylistId, RehearsalId, ShareId, TrackId, UserId } from "#contract/ids.ts";
import type { Share, ShareState, ShareTerms } from "#contract/shares.ts";
import {
  members,
  playlistItems,
  playlists,
  rehearsals,
  rehearsalTakes,
  shareGuests,
  shares,
  tracks,
  users,
} from "#drizzle/schema/index.ts";
import type { Actor } from "#server/base/actor.ts";
import type { Db, Tx } from "#server/base/db.ts";

/** What a link leads to: one of the three. */
export interface Target {
  readonly trackId: TrackId | null;
  readonly playlistId: PlaylistId | null;
  readonly rehearsalId: RehearsalId | null;
}

/** A link as its row has it. */
export type ShareRow = Omit<Share, "terms" | "lastPlayedAt" | "createdAt"> & {
  readonly expiresAt: Date | null;
  readonly playLimit: number | null;
  readonly canDownload: boolean;
  readonly canComment: boolean;
  readonly lastPlayedAt: Date | null;
  readonly createdAt: Date;
};

export const hasExpired = sql<boolean>`coalesce(${shares.expiresAt} <= now(), false)`;
/** Until its end; `null` for one that has none. */
export const msLeft = sql<
  number | null
>`(1000 * extract(epoch from ${shares.expiresAt} - now()))::float8`;
export const isUsedUp = sql<boolean>`coalesce(${shares.playCount} >= ${shares.playLimit}, false)`;

export const kind = sql<Share["kind"]>`case when ${shares}.track_id is not null then 'track'
  when ${shares}.playlist_id is not null then 'playlist' else 'rehearsal' end`;

export const title = sql<string>`coalesce(${tracks.title}, ${playlists.name}, ${rehearsals.title})`;

const columns = {
  id: shares.id,
  bandId: shares.bandId,
  kind,
  trackId: shares.trackId,
  playlistId: shares.playlistId,
  rehearsalId: shares.rehearsalId,
  title,
  artist: tracks.artist,
  heldOn: rehearsals.heldOn,
  cover: sql<Share["cover"]>`case
    when ${tracks.coverHash} is not null
      then json_build_object('id', ${tracks.id}, 'coverHash', ${tracks.coverHash})
    when ${shares}.playlist_id is not null then (
      select json_build_object('id', t.id, 'coverHash', t.cover_hash)
      from ${playlistItems} as i join ${tracks} as t on t.id = i.track_id
      where i.playlist_id = ${shares}.playlist_id and t.cover_hash is not null
      order by i.place limit 1)
    when ${shares}.rehearsal_id is not null then (
      select json_build_object('id', t.id, 'coverHash', t.cover_hash)
      from ${rehearsalTakes} as k join ${tracks} as t on t.id = k.track_id
      where k.rehearsal_id = ${shares}.rehearsal_id and t.cover_hash is not null
      order by library_sort_key(t.path), t.path limit 1)
    end`,
  state: sql<ShareState>`case when ${hasExpired} then 'expired' when ${isUsedUp} then 'used_up'
    else 'open' end`,
  hasPassword: sql<boolean>`${shares.passwordHash} is not null`,
  canDownload: shares.canDownload,
  canComment: shares.canComment,
  expiresAt: shares.expiresAt,
  playLimit: shares.playLimit,
  playCount: shares.playCount,
  lastPlayedAt: shares.lastPlayedAt,
  createdBy: users.name,
  createdAt: shares.createdAt,
};

/** Of an account that was deleted the empty row is left. */
const isMaker = and(eq(users.id, shares.createdBy), isNull(users.deletedAt));

/** The newest first: ids are in the order of their making. */
export const listShares = (
  db: Db,
  bandId: BandId,
  { before, limit, ...of }: Named & { before: ShareId | null; limit: number },
): Promise<ShareRow[]> =>
  db
    .select(columns)
    .from(shares)
    .leftJoin(tracks, eq(tracks.id, shares.trackId))
    .leftJoin(playlists, eq(playlists.id, shares.playlistId))
    .leftJoin(rehearsals, eq(rehearsals.id, shares.rehearsalId))
    .leftJoin(users, isMaker)
    .where(
      and(
        eq(shares.bandId, bandId),
        of.trackId ? eq(shares.trackId, of.trackId) : undefined,
        of.playlistId ? eq(shares.playlistId, of.playlistId) : undefined,
        of.rehearsalId ? eq(shares.rehearsalId, of.rehearsalId) : undefined,
        before ? lt(shares.id, before) : undefined,
      ),
    )
    .orderBy(desc(shares.id))
    .limit(limit);

/** @returns `undefined` for a link of a band that the actor is not in. */
export async function findShare(
  db: Db | Tx,
  actor: Actor,
  id: ShareId,
): Promise<{ readonly share: ShareRow; readonly role: BandRole } | undefined> {
  const [row] = await db
    .select({ share: columns, role: members.role })
    .from(shares)
    .innerJoin(members, and(eq(members.bandId, shares.bandId), eq(members.userId, actor.userId)))
    .leftJoin(tracks, eq(tracks.id, shares.trackId))
    .leftJoin(playlists, eq(playlists.id, shares.playlistId))
    .leftJoin(rehearsals, eq(rehearsals.id, shares.rehearsalId))
    .leftJoin(users, isMaker)
    .where(eq(shares.id, id));
  return row;
}

/** As whoever makes or looks for a link names it. */
type Named = { readonly [Key in keyof Target]?: Target[Key] | undefined };

export interface NewShare extends Named {
  readonly id: ShareId;
  readonly bandId: BandId;
  readonly createdBy: UserId;
  readonly tokenHash: string;
  readonly passwordHash: string | null;
  readonly terms: ShareTerms;
}

/** @returns false when its end is past already, by the database's clock. */
export async function insertShare(tx: Tx, { terms, ...share }: NewShare): Promise<boolean> {
  const expiresAt = toDate(terms);
  if (!(await isAhead(tx, expiresAt))) return false;
  await tx.insert(shares).values({ ...share, ...terms, expiresAt });
  return true;
}

/**
 * @param passwordHash - left as it is when `undefined`.
 * @returns false when the new end is past already; nothing is changed then.
 */
export async function saveTerms(
  tx: Tx,
  id: ShareId,
  terms: ShareTerms,
  passwordHash: string | null | undefined,
): Promise<boolean> {
  const expiresAt = toDate(terms);
  if (!(await isAhead(tx, expiresAt))) return false;
  const password = passwordHash === undefined ? {} : { passwordHash };
  await tx
    .update(shares)
    .set({ ...terms, expiresAt, ...password })
    .where(eq(shares.id, id));
  return true;
}

export async function saveToken(tx: Tx, id: ShareId, tokenHash: string): Promise<void> {
  await tx.update(shares).set({ tokenHash }).where(eq(shares.id, id));
}

/** Whoever has opened the link has to open it again. To be called once its row is changed. */
export async function deleteGuests(tx: Tx, id: ShareId): Promise<void> {
  await tx.delete(shareGuests).where(eq(shareGuests.shareId, id));
}

/** @returns false when it was gone. */
export async function deleteShare(tx: Tx, id: ShareId): Promise<boolean> {
  return (await tx.delete(shares).where(eq(shares.id, id)).returning({ id: shares.id })).length > 0;
}

/** @returns those that ended. */
export const deleteSharesOf = (tx: Tx, userId: UserId): Promise<{ readonly id: ShareId }[]> =>
  tx.delete(shares).where(eq(shares.createdBy, userId)).returning({ id: shares.id });

/** Links of somebody's that work now, by band; bands with none are left out. */
export async function countSharesOf(db: Db | Tx, userId: UserId): Promise<Map<BandId, number>> {
  const rows = await db
    .select({ bandId: shares.bandId, many: sql<number>`count(*)::int` })
    .from(shares)
    .where(and(eq(shares.createdBy, userId), sql`not ${hasExpired} and not ${isUsedUp}`))
    .groupBy(shares.bandId);
  return new Map(rows.map(({ bandId, many }) => [bandId, many]));
}

const toDate = ({ expiresAt }: ShareTerms): Date | null =>
  expiresAt === null ? null : new Date(expiresAt);

async function isAhead(tx: Tx, moment: Date | null): Promise<boolean> {
  if (moment === null) return true;
  const [row] = await tx.execute<{ isAhead: boolean }>(
    sql`select ${moment.toISOString()}::timestamptz > now() as "isAhead"`,
  );
  return row?.isAhead === true;
}
