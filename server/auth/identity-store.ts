import { and, eq, isNull, sql } from "drizzle-orm";
import type { UserId } from "#contract/ids.ts";
import { externalIdentities, passkeys, users } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";

/** Somebody at another server: never a name. */
export interface Identity {
  readonly serverId: string;
  readonly externalId: string;
}

const isThis = ({ serverId, externalId }: Identity) =>
  and(
    eq(externalIdentities.provider, "jellyfin"),
    eq(externalIdentities.serverId, serverId),
    eq(externalIdentities.externalId, externalId),
  );

const isAt = (userId: UserId, serverId: string) =>
  and(
    eq(externalIdentities.provider, "jellyfin"),
    eq(externalIdentities.serverId, serverId),
    eq(externalIdentities.userId, userId),
  );

/** Until the transaction ends nobody else decides whose this identity is. */
export async function lockIdentity(tx: Tx, { serverId, externalId }: Identity): Promise<void> {
  const key = `jellyfin ${serverId} ${externalId}`;
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`);
}

/** Whose it is; nobody's when its account was deleted. */
export async function findOwner(db: Db | Tx, identity: Identity): Promise<UserId | undefined> {
  const [row] = await db
    .select({ userId: externalIdentities.userId })
    .from(externalIdentities)
    .innerJoin(users, eq(users.id, externalIdentities.userId))
    .where(and(isThis(identity), isNull(users.deletedAt)));
  return row?.userId;
}

/** In place of a deleted account's, should there be one. */
export async function insertIdentity(
  tx: Tx,
  identity: Identity & { readonly userId: UserId; readonly name: string },
): Promise<void> {
  const { userId, name } = identity;
  await tx
    .insert(externalIdentities)
    .values({ provider: "jellyfin", ...identity })
    .onConflictDoUpdate({
      target: [
        externalIdentities.provider,
        externalIdentities.serverId,
        externalIdentities.externalId,
      ],
      set: { userId, name, createdAt: sql`now()` },
    });
}

export async function saveIdentityName(tx: Tx, identity: Identity, name: string): Promise<void> {
  await tx.update(externalIdentities).set({ name }).where(isThis(identity));
}

/** As they are called at that server; `undefined` when they are nobody there. */
export async function findIdentityOf(
  db: Db | Tx,
  userId: UserId,
  serverId: string,
): Promise<{ readonly externalId: string; readonly name: string } | undefined> {
  const [row] = await db
    .select({ externalId: externalIdentities.externalId, name: externalIdentities.name })
    .from(externalIdentities)
    .where(isAt(userId, serverId));
  return row;
}

export async function removeIdentityOf(tx: Tx, userId: UserId, serverId: string): Promise<void> {
  await tx.delete(externalIdentities).where(isAt(userId, serverId));
}

/** A password is a way in only together with an address to type. */
const hasOtherWay = sql<boolean>`(
  (${users}.password_hash is not null and ${users}.email_key is not null)
  or exists (select from ${passkeys} where ${passkeys.userId} = ${users}.id))`;

/** Wherever they are. @returns whether there were any. */
export async function removeIdentitiesOf(tx: Tx, userId: UserId): Promise<boolean> {
  const rows = await tx
    .delete(externalIdentities)
    .where(eq(externalIdentities.userId, userId))
    .returning({ userId: externalIdentities.userId });
  return rows.length > 0;
}

export async function hasOtherWayIn(tx: Tx, userId: UserId): Promise<boolean> {
  const rows = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.id, userId), hasOtherWay));
  return rows.length > 0;
}

/** People whose only way in is an account at that server. */
export async function countDependents(db: Db, serverId: string): Promise<number> {
  return db.$count(
    users,
    and(
      isNull(users.deletedAt),
      sql`not ${hasOtherWay}`,
      sql`exists (select from ${externalIdentities} where ${externalIdentities.userId} = ${users}.id
        and ${externalIdentities.serverId} = ${serverId})`,
    ),
  );
}
