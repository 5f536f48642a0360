import { and, eq, gt, lte, sql } from "drizzle-orm";
import type { BandId, ShareId, TrackId } from "#contract/ids.ts";
import { leadsTo, shareGuests, shareListens, shares } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";
import { hasExpired, isUsedUp, msLeft } from "./store.ts";

/** A link, for whoever has it. Expired ones are as if there were none. */
export async function findByToken(db: Db, tokenHash: string) {
  const [row] = await db
    .select({
      id: shares.id,
      bandId: shares.bandId,
      trackId: shares.trackId,
      playlistId: shares.playlistId,
      rehearsalId: shares.rehearsalId,
      passwordHash: shares.passwordHash,
      canDownload: shares.canDownload,
      canComment: shares.canComment,
      expiresAt: shares.expiresAt,
      playLimit: shares.playLimit,
      playCount: shares.playCount,
      isUsedUp,
      msLeft,
    })
    .from(shares)
    .where(and(eq(shares.tokenHash, tokenHash), sql`not ${hasExpired}`));
  return row;
}
export type FoundShare = NonNullable<Awaited<ReturnType<typeof findByToken>>>;

/** Whether this browser has opened any link of late: then its cookie is one of ours. */
export async function isKnownGuest(db: Db, guestHash: string): Promise<boolean> {
  const rows = await db
    .select({ id: shareGuests.id })
    .from(shareGuests)
    .where(and(eq(shareGuests.guestHash, guestHash), gt(shareGuests.expiresAt, sql`now()`)))
    .limit(1);
  return rows.length > 0;
}

/** What a guest who has opened a link may do with it. */
export interface Admission {
  readonly guestId: string;
  readonly bandId: BandId;
  readonly canComment: boolean;
  readonly canDownload: boolean;
  /** It leads to the recording that was asked about; true where none was. */
  readonly leadsThere: boolean;
  /** Until the link ends by itself; `null`: it does not. */
  readonly msLeft: number | null;
}

/** @returns `undefined` for who has not opened it of late, and when it is over. */
export async function findAdmission(
  db: Db | Tx,
  shareId: ShareId,
  guestHash: string,
  trackId?: TrackId,
): Promise<Admission | undefined> {
  const [row] = await db
    .select({
      guestId: shareGuests.id,
      bandId: shares.bandId,
      canComment: shares.canComment,
      canDownload: shares.canDownload,
      leadsThere: trackId === undefined ? sql<boolean>`true` : leadsTo(sql`${trackId}::uuid`),
      msLeft,
    })
    .from(shareGuests)
    .innerJoin(shares, eq(shares.id, shareGuests.shareId))
    .where(
      and(
        eq(shareGuests.guestHash, guestHash),
        eq(shareGuests.shareId, shareId),
        gt(shareGuests.expiresAt, sql`now()`),
        sql`not ${hasExpired}`,
      ),
    );
  return row;
}

export interface NewGuest {
  readonly id: string;
  readonly shareId: ShareId;
  readonly guestHash: string;
  readonly forSeconds: number;
}

/**
 * Lets a guest in by the link and the password that they have shown, if both are still right.
 * Somebody who is in already stays as they are.
 *
 * @returns false when the link or its password was changed meanwhile.
 */
export async function insertGuest(
  tx: Tx,
  shown: { readonly tokenHash: string; readonly passwordHash: string | null },
  { id, shareId, guestHash, forSeconds }: NewGuest,
): Promise<boolean> {
  // Whoever changes the link first changes this row, and then puts its guests out.
  const [share] = await tx
    .select({ id: shares.id })
    .from(shares)
    .where(
      and(
        eq(shares.id, shareId),
        eq(shares.tokenHash, shown.tokenHash),
        sql`${shares.passwordHash} is not distinct from ${shown.passwordHash}`,
      ),
    )
    .for("share");
  if (!share) return false;
  const isTheirs = and(eq(shareGuests.guestHash, guestHash), eq(shareGuests.shareId, shareId));
  await tx.delete(shareGuests).where(and(isTheirs, lte(shareGuests.expiresAt, sql`now()`)));
  const expiresAt = sql`now() + make_interval(secs => ${forSeconds})`;
  await tx
    .insert(shareGuests)
    .values({ id, shareId, guestHash, expiresAt })
    .onConflictDoNothing({ target: [shareGuests.guestHash, shareGuests.shareId] });
  return true;
}

/** @returns false when the guest has begun it before. */
export async function insertListen(
  tx: Tx,
  { guestId, trackId }: { readonly guestId: string; readonly trackId: TrackId },
): Promise<boolean> {
  const rows = await tx
    .insert(shareListens)
    .values({ guestId, trackId })
    .onConflictDoNothing()
    .returning({ guestId: shareListens.guestId });
  return rows.length > 0;
}

/** @returns false when it was listened to as often as it may be. */
export async function countListen(tx: Tx, shareId: ShareId): Promise<boolean> {
  const rows = await tx
    .update(shares)
    .set({ playCount: sql`${shares.playCount} + 1`, lastPlayedAt: sql`now()` })
    .where(and(eq(shares.id, shareId), sql`not ${isUsedUp}`))
    .returning({ id: shares.id });
  return rows.length > 0;
}

/** Takes away who opened a link more than half a day ago. */
export async function deleteOldGuests(tx: Tx): Promise<void> {
  await tx.delete(shareGuests).where(lte(shareGuests.expiresAt, sql`now()`));
}
