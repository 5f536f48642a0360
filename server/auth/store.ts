import { and, asc, eq, lt, sql } from "drizzle-orm";
import type { Me, SignInWay, UserRole } from "#contract/auth.ts";
import type { UserId } from "#contract/ids.ts";
import {
  bands,
  externalIdentities,
  members,
  passkeys,
  settings,
  setupTokens,
  userPictures,
  users,
} from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";
import { sharedRead } from "#server/base/shared-reads.ts";

/** Held until the end of the transaction by whoever makes the first user; arbitrary but fixed. */
const FIRST_USER_LOCK = 7_236_542_311;

const seconds = (count: number) => sql`make_interval(secs => ${count})`;

export async function lockFirstUser(tx: Tx): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${FIRST_USER_LOCK})`);
}

export async function hasUsers(db: Db | Tx): Promise<boolean> {
  const rows = await db.select({ id: users.id }).from(users).limit(1);
  return rows.length > 0;
}

export async function insertSetupToken(tx: Tx, tokenHash: string): Promise<void> {
  await tx.insert(setupTokens).values({ tokenHash });
}

export async function removeOldSetupTokens(tx: Tx, lifetimeSeconds: number): Promise<void> {
  await tx
    .delete(setupTokens)
    .where(lt(setupTokens.createdAt, sql`now() - ${seconds(lifetimeSeconds)}`));
}

export async function hasSetupToken(tx: Tx, tokenHash: string): Promise<boolean> {
  const rows = await tx
    .select({ tokenHash: setupTokens.tokenHash })
    .from(setupTokens)
    .where(eq(setupTokens.tokenHash, tokenHash));
  return rows.length > 0;
}

export async function removeSetupTokens(tx: Tx): Promise<void> {
  await tx.delete(setupTokens);
}

export async function insertUser(
  tx: Tx,
  user: {
    readonly id: UserId;
    readonly email: string | null;
    readonly emailKey: string | null;
    readonly name: string;
    readonly role: UserRole;
    readonly passwordHash: string | null;
    readonly isVerified: boolean;
  },
): Promise<void> {
  const { isVerified, ...row } = user;
  await tx.insert(users).values({ ...row, emailVerifiedAt: isVerified ? sql`now()` : null });
}

export interface KnownUser {
  readonly userId: UserId;
  readonly email: string;
  readonly name: string;
  readonly isVerified: boolean;
  readonly isSuspended: boolean;
}

/** Until the transaction ends nobody else changes the account. */
export async function lockUserByEmail(tx: Tx, emailKey: string): Promise<KnownUser | undefined> {
  const [row] = await tx
    .select({
      userId: users.id,
      // Whoever is found by an address has one.
      email: sql<string>`${users.email}`,
      name: users.name,
      isVerified: sql<boolean>`${users.emailVerifiedAt} is not null`,
      isSuspended: sql<boolean>`${users.suspendedAt} is not null`,
    })
    .from(users)
    .where(eq(users.emailKey, emailKey))
    .for("update");
  return row;
}

export async function saveVerified(tx: Tx, userId: UserId): Promise<void> {
  await tx
    .update(users)
    .set({ emailVerifiedAt: sql`coalesce(${users.emailVerifiedAt}, now())` })
    .where(eq(users.id, userId));
}

export async function saveChosen(
  tx: Tx,
  userId: UserId,
  chosen: { readonly passwordHash: string; readonly name: string },
): Promise<void> {
  await tx.update(users).set(chosen).where(eq(users.id, userId));
}

export async function findPasswordHash(db: Db, userId: UserId): Promise<string | null> {
  const [row] = await db
    .select({ passwordHash: users.passwordHash })
    .from(users)
    .where(eq(users.id, userId));
  return row?.passwordHash ?? null;
}

export async function findCredentials(
  db: Db,
  emailKey: string,
): Promise<{ readonly userId: UserId; readonly passwordHash: string | null } | undefined> {
  const [row] = await credentials(db, { emailKey });
  return row;
}

const credentials = sharedRead((db) =>
  db
    .select({ userId: users.id, passwordHash: users.passwordHash })
    .from(users)
    .where(eq(users.emailKey, sql.placeholder("emailKey")))
    .prepare("auth_find_credentials"),
);

/** Until the transaction ends nobody else changes the password or suspends the user. */
export async function lockUser(
  tx: Tx,
  userId: UserId,
): Promise<{ readonly passwordHash: string | null; readonly isSuspended: boolean } | undefined> {
  const [row] = await tx
    .select({
      passwordHash: users.passwordHash,
      isSuspended: sql<boolean>`${users.suspendedAt} is not null`,
    })
    .from(users)
    .where(eq(users.id, userId))
    .for("update");
  return row;
}

export async function savePasswordHash(
  tx: Tx,
  userId: UserId,
  passwordHash: string,
): Promise<void> {
  await tx.update(users).set({ passwordHash }).where(eq(users.id, userId));
}

/**
 * In one statement with the rest: it is asked for at each start of the client. Who somebody is at a
 * media server counts for the one that is trusted now.
 */
const waysIn = sql<SignInWay[]>`array_remove(array[
  case when ${users}.password_hash is not null then 'password' end,
  case when exists (select from ${passkeys} where ${passkeys.userId} = ${users}.id) then 'passkey' end,
  case when exists (select from ${externalIdentities} where ${externalIdentities.userId} = ${users}.id
    and ${externalIdentities.serverId} = (select ${settings.value} -> 'trusted' ->> 'serverId'
      from ${settings} where ${settings.key} = 'jellyfin')) then 'jellyfin' end
], null)`;

export async function findMe(
  db: Db | Tx,
  userId: UserId,
): Promise<Omit<Me, "sessionId"> | undefined> {
  const [row] = await me(db, { userId });
  return row;
}

const me = sharedRead((db) =>
  db
    .select({
      user: {
        id: users.id,
        email: users.email,
        isEmailVerified: sql<boolean>`${users.emailVerifiedAt} is not null`,
        name: users.name,
        role: users.role,
        ways: waysIn,
        locale: users.locale,
        timeZone: users.timeZone,
        pictureHash: userPictures.hash,
      },
      personalBandId: bands.id,
    })
    .from(users)
    .innerJoin(members, and(eq(members.userId, users.id), eq(members.role, "owner")))
    .innerJoin(bands, and(eq(bands.id, members.bandId), eq(bands.isPersonal, true)))
    .leftJoin(userPictures, eq(userPictures.userId, users.id))
    .where(eq(users.id, sql.placeholder("userId")))
    .orderBy(asc(bands.createdAt))
    .limit(1)
    .prepare("auth_find_me"),
);
