import { asc, eq, sql } from "drizzle-orm";
import type { UserId } from "#contract/ids.ts";
import { accountClouds, cloudAccounts, users } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";

export interface CloudRow {
  readonly id: string;
  readonly url: string;
  readonly product: string;
  readonly username: string;
  readonly sealedPassword: string;
}

export async function findCloud(db: Db): Promise<CloudRow | undefined> {
  const [row] = await db
    .select({
      id: accountClouds.id,
      url: accountClouds.url,
      product: accountClouds.product,
      username: accountClouds.username,
      sealedPassword: accountClouds.sealedPassword,
    })
    .from(accountClouds);
  return row;
}

/** In place of the one there was; accounts that were made in another one are not known here any more. */
export async function saveCloud(tx: Tx, row: CloudRow): Promise<void> {
  await tx.execute(sql`lock table ${accountClouds} in share row exclusive mode`);
  const known = await findCloud(tx);
  if (known?.id !== row.id) await deleteCloud(tx);
  const { id, ...values } = row;
  await tx
    .insert(accountClouds)
    .values(row)
    .onConflictDoUpdate({ target: accountClouds.id, set: values });
}

/** @returns false when there was none. */
export async function deleteCloud(tx: Tx): Promise<boolean> {
  const rows = await tx.delete(accountClouds).returning({ id: accountClouds.id });
  return rows.length > 0;
}

export interface AccountRow {
  readonly userId: UserId;
  readonly name: string;
  readonly username: string;
}

/** By name, as people read them. */
export const listAccounts = (db: Db, limit: number): Promise<AccountRow[]> =>
  selectAccounts(db).orderBy(asc(users.name), asc(users.id)).limit(limit);

export async function findAccountOf(db: Db, userId: UserId): Promise<AccountRow | undefined> {
  const [row] = await selectAccounts(db).where(eq(cloudAccounts.userId, userId));
  return row;
}

const selectAccounts = (db: Db) =>
  db
    .select({
      userId: cloudAccounts.userId,
      name: users.name,
      username: cloudAccounts.username,
    })
    .from(cloudAccounts)
    .innerJoin(users, eq(users.id, cloudAccounts.userId));

export interface Person {
  readonly name: string;
  /** `null`: none that is confirmed. */
  readonly email: string | null;
}

export async function findPerson(db: Db, userId: UserId): Promise<Person | undefined> {
  const [row] = await db
    .select({
      name: users.name,
      email: sql<string | null>`case when ${users.emailVerifiedAt} is null then null
        else ${users.email} end`,
    })
    .from(users)
    .where(sql`${users.id} = ${userId} and ${users.deletedAt} is null`);
  return row;
}

/** @returns false when the person has one, it is somebody else's here, or the cloud is gone. */
export async function saveAccount(
  tx: Tx,
  row: { readonly userId: UserId; readonly cloudId: string; readonly username: string },
): Promise<boolean> {
  const [cloud] = await tx
    .select({ id: accountClouds.id })
    .from(accountClouds)
    .where(eq(accountClouds.id, row.cloudId))
    .for("share");
  if (!cloud) return false;
  const rows = await tx
    .insert(cloudAccounts)
    .values(row)
    .onConflictDoNothing()
    .returning({ userId: cloudAccounts.userId });
  return rows.length > 0;
}
