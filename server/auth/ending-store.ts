import { and, asc, eq, isNotNull, isNull, like, lt, sql } from "drizzle-orm";
import type { UserId } from "#contract/ids.ts";
import {
  backupCodes,
  externalIdentities,
  mailedTokens,
  passkeys,
  rateLimits,
  signInTickets,
  totpFactors,
  upstreamTokens,
  userPictures,
  users,
} from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";

export interface Holder {
  readonly email: string | null;
  readonly name: string;
}

export async function findHolder(db: Db | Tx, userId: UserId): Promise<Holder | undefined> {
  const [row] = await db
    .select({ email: users.email, name: users.name })
    .from(users)
    .where(and(eq(users.id, userId), isNull(users.deletedAt)));
  return row;
}

/** Everything that lets somebody in, or is mailed to let them in, and how they look. */
export async function deleteWaysIn(tx: Tx, userId: UserId): Promise<void> {
  const ways = [
    ...[mailedTokens, totpFactors, backupCodes, signInTickets],
    ...[passkeys, externalIdentities, userPictures],
  ];
  for (const table of ways) await tx.delete(table).where(eq(table.userId, userId));
}

/** From now on nobody can use the account, and whoever has the address can register it anew. */
export async function saveDeleted(tx: Tx, userId: UserId): Promise<void> {
  await tx
    .update(users)
    .set({
      deletedAt: sql`now()`,
      email: null,
      emailKey: null,
      emailVerifiedAt: null,
      name: "",
      role: "user",
      passwordHash: null,
      locale: null,
      timeZone: null,
    })
    .where(eq(users.id, userId));
}

/** The oldest first. */
export async function listDeletedBefore(db: Db, days: number): Promise<UserId[]> {
  const rows = await db
    .select({ id: users.id })
    .from(users)
    .where(lt(users.deletedAt, sql`now() - make_interval(days => ${days})`))
    .orderBy(asc(users.deletedAt), asc(users.id));
  return rows.map(({ id }) => id);
}

/** Of several servers that are at the same account one gets it, and the others do not wait. */
export async function lockDeleted(tx: Tx, userId: UserId): Promise<boolean> {
  const rows = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.id, userId), isNotNull(users.deletedAt)))
    .for("update", { skipLocked: true });
  return rows.length > 0;
}

/** With all that hangs on it: sessions, memberships. */
export async function deleteUser(tx: Tx, userId: UserId): Promise<void> {
  await tx.delete(rateLimits).where(like(rateLimits.key, `%${userId}%`));
  await tx.delete(upstreamTokens).where(eq(upstreamTokens.userId, userId));
  await tx.delete(users).where(eq(users.id, userId));
}
