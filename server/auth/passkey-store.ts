import { and, asc, count, eq, gt, lt, sql } from "drizzle-orm";
import type { UserId } from "#contract/ids.ts";
import { passkeyChallenges, passkeys, users } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";

export type Purpose = typeof passkeyChallenges.$inferSelect.purpose;

export interface Challenge {
  readonly challengeHash: string;
  readonly purpose: Purpose;
  readonly browserHash: string;
}

export async function insertChallenge(
  tx: Tx,
  challenge: Challenge,
  lifetimeSeconds: number,
): Promise<void> {
  await tx.delete(passkeyChallenges).where(lt(passkeyChallenges.expiresAt, sql`now()`));
  await tx
    .insert(passkeyChallenges)
    .values({ ...challenge, expiresAt: sql`now() + make_interval(secs => ${lifetimeSeconds})` });
}

/** Uses a challenge up; of all who come with it at the same time one gets `true`. */
export async function takeChallenge(tx: Tx, challenge: Challenge): Promise<boolean> {
  const rows = await tx
    .delete(passkeyChallenges)
    .where(
      and(
        eq(passkeyChallenges.challengeHash, challenge.challengeHash),
        eq(passkeyChallenges.purpose, challenge.purpose),
        eq(passkeyChallenges.browserHash, challenge.browserHash),
        gt(passkeyChallenges.expiresAt, sql`now()`),
      ),
    )
    .returning({ purpose: passkeyChallenges.purpose });
  return rows.length > 0;
}

export interface PasskeyRow {
  readonly id: string;
  readonly credentialId: string;
  readonly publicKey: Buffer;
  readonly signCount: number;
  readonly transports: readonly string[];
  readonly name: string;
  readonly isSynced: boolean;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
}

/** The oldest first. */
export const listPasskeys = (db: Db | Tx, userId: UserId): Promise<PasskeyRow[]> =>
  db.select().from(passkeys).where(eq(passkeys.userId, userId)).orderBy(asc(passkeys.id));

export async function countPasskeys(db: Db | Tx, userId: UserId): Promise<number> {
  const [row] = await db
    .select({ count: count() })
    .from(passkeys)
    .where(eq(passkeys.userId, userId));
  return row?.count ?? 0;
}

export interface Owner {
  readonly userId: UserId;
  readonly isSuspended: boolean;
  readonly isDeleted: boolean;
}

/** Until the transaction ends nobody else uses, adds or removes a passkey of this user. */
export async function lockOwner(tx: Tx, credentialId: string): Promise<Owner | undefined> {
  const [row] = await tx
    .select({
      userId: users.id,
      isSuspended: sql<boolean>`${users.suspendedAt} is not null`,
      isDeleted: sql<boolean>`${users.deletedAt} is not null`,
    })
    .from(users)
    .where(
      sql`${users.id} = (select ${passkeys.userId} from ${passkeys} where ${passkeys.credentialId} = ${credentialId})`,
    )
    .for("update");
  return row;
}

/** To be read after `lockOwner`, so that its count is the last one. */
export async function findPasskey(tx: Tx, credentialId: string): Promise<PasskeyRow | undefined> {
  const [row] = await tx.select().from(passkeys).where(eq(passkeys.credentialId, credentialId));
  return row;
}

/** @returns false when the device's id for it is known already, whoever's it is. */
export async function insertPasskey(
  tx: Tx,
  passkey: Omit<PasskeyRow, "createdAt" | "lastUsedAt"> & { readonly userId: UserId },
): Promise<boolean> {
  const rows = await tx
    .insert(passkeys)
    .values({ ...passkey, transports: [...passkey.transports] })
    .onConflictDoNothing({ target: passkeys.credentialId })
    .returning({ id: passkeys.id });
  return rows.length > 0;
}

export async function savePasskeyUse(
  tx: Tx,
  id: string,
  use: { readonly signCount: number; readonly isSynced: boolean },
): Promise<void> {
  await tx
    .update(passkeys)
    .set({ ...use, lastUsedAt: sql`now()` })
    .where(eq(passkeys.id, id));
}

/** @returns false when this user has no such passkey. */
export async function savePasskeyName(
  tx: Tx,
  userId: UserId,
  { id, name }: { readonly id: string; readonly name: string },
): Promise<boolean> {
  const rows = await tx
    .update(passkeys)
    .set({ name })
    .where(and(eq(passkeys.userId, userId), eq(passkeys.id, id)))
    .returning({ id: passkeys.id });
  return rows.length > 0;
}

/** @returns what it was called; `undefined` when this user has no such passkey. */
export async function deletePasskey(
  tx: Tx,
  userId: UserId,
  id: string,
): Promise<string | undefined> {
  const [row] = await tx
    .delete(passkeys)
    .where(and(eq(passkeys.userId, userId), eq(passkeys.id, id)))
    .returning({ name: passkeys.name });
  return row?.name;
}

/** @returns whether there were any. */
export async function deletePasskeysOf(tx: Tx, userId: UserId): Promise<boolean> {
  const rows = await tx
    .delete(passkeys)
    .where(eq(passkeys.userId, userId))
    .returning({ id: passkeys.id });
  return rows.length > 0;
}
