import { and, count, eq, gt, isNotNull, lt, type SQL, sql } from "drizzle-orm";
import type { UserId } from "#contract/ids.ts";
import { backupCodes, signInTickets, totpFactors } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";

export interface FactorRow {
  readonly sealedSecret: string;
  readonly isConfirmed: boolean;
  readonly lastStep: number;
  /** The time step that it is now by the database's clock: 30 seconds each since 1970. */
  readonly step: number;
}

/** Until the transaction ends nobody else uses a code of this user. */
export async function lockFactor(tx: Tx, userId: UserId): Promise<FactorRow | undefined> {
  const [row] = await tx
    .select({
      sealedSecret: totpFactors.sealedSecret,
      isConfirmed: sql<boolean>`${totpFactors.confirmedAt} is not null`,
      lastStep: totpFactors.lastStep,
      step: sql<number>`floor(extract(epoch from now()) / 30)::int`,
    })
    .from(totpFactors)
    .where(eq(totpFactors.userId, userId))
    .for("update");
  return row;
}

export async function hasFactor(db: Db | Tx, userId: UserId): Promise<boolean> {
  const rows = await db
    .select({ userId: totpFactors.userId })
    .from(totpFactors)
    .where(and(eq(totpFactors.userId, userId), isNotNull(totpFactors.confirmedAt)));
  return rows.length > 0;
}

/** A new secret that still has to be confirmed. */
export async function saveUnconfirmed(tx: Tx, userId: UserId, sealedSecret: string): Promise<void> {
  await tx
    .insert(totpFactors)
    .values({ userId, sealedSecret })
    .onConflictDoUpdate({
      target: totpFactors.userId,
      set: { sealedSecret, confirmedAt: null, lastStep: 0 },
    });
}

/** Marks a code's time step as used, and the factor as one that works. */
export async function saveStep(tx: Tx, userId: UserId, lastStep: number): Promise<void> {
  await tx
    .update(totpFactors)
    .set({ lastStep, confirmedAt: sql`coalesce(${totpFactors.confirmedAt}, now())` })
    .where(eq(totpFactors.userId, userId));
}

export async function deleteFactor(tx: Tx, userId: UserId): Promise<void> {
  await tx.delete(backupCodes).where(eq(backupCodes.userId, userId));
  await tx.delete(totpFactors).where(eq(totpFactors.userId, userId));
}

export async function replaceBackupCodes(
  tx: Tx,
  userId: UserId,
  codeHashes: readonly string[],
): Promise<void> {
  await tx.delete(backupCodes).where(eq(backupCodes.userId, userId));
  for (const codeHash of codeHashes) await tx.insert(backupCodes).values({ userId, codeHash });
}

/** Uses a code up; of all who come with it at the same time one gets `true`. */
export async function takeBackupCode(tx: Tx, userId: UserId, codeHash: string): Promise<boolean> {
  const rows = await tx
    .delete(backupCodes)
    .where(and(eq(backupCodes.userId, userId), eq(backupCodes.codeHash, codeHash)))
    .returning({ userId: backupCodes.userId });
  return rows.length > 0;
}

export async function countBackupCodes(db: Db | Tx, userId: UserId): Promise<number> {
  const [row] = await db
    .select({ left: count() })
    .from(backupCodes)
    .where(eq(backupCodes.userId, userId));
  return row?.left ?? 0;
}

export async function insertTicket(
  tx: Tx,
  ticket: { readonly tokenHash: string; readonly userId: UserId; readonly rememberMe: boolean },
  lifetimeSeconds: number,
): Promise<void> {
  await tx.delete(signInTickets).where(lt(signInTickets.expiresAt, sql`now()`));
  await tx
    .insert(signInTickets)
    .values({ ...ticket, expiresAt: sql`now() + make_interval(secs => ${lifetimeSeconds})` });
}

/** Whose ticket it is; `undefined` when it is old, unknown or used up. */
export async function findTicketOwner(
  db: Db,
  tokenHash: string,
  most: number,
): Promise<UserId | undefined> {
  const [row] = await db
    .select({ userId: signInTickets.userId })
    .from(signInTickets)
    .where(isGood(tokenHash, most));
  return row?.userId;
}

/** Counts a try; `undefined` when the ticket is old, unknown or used up. */
export async function takeTicketTry(
  tx: Tx,
  tokenHash: string,
  most: number,
): Promise<{ readonly userId: UserId; readonly rememberMe: boolean } | undefined> {
  const [row] = await tx
    .update(signInTickets)
    .set({ tries: sql`${signInTickets.tries} + 1` })
    .where(isGood(tokenHash, most))
    .returning({ userId: signInTickets.userId, rememberMe: signInTickets.rememberMe });
  return row;
}

const isGood = (tokenHash: string, most: number): SQL | undefined =>
  and(
    eq(signInTickets.tokenHash, tokenHash),
    gt(signInTickets.expiresAt, sql`now()`),
    lt(signInTickets.tries, most),
  );

export async function deleteTicket(tx: Tx, tokenHash: string): Promise<void> {
  await tx.delete(signInTickets).where(eq(signInTickets.tokenHash, tokenHash));
}
