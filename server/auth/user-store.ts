import { and, desc, eq, ilike, isNotNull, isNull, lt, or, type SQL, sql } from "drizzle-orm";
import type { UserRole } from "#contract/auth.ts";
import type { UserId } from "#contract/ids.ts";
import { sessions, users } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";

export interface UserRow {
  readonly id: UserId;
  readonly email: string | null;
  readonly name: string;
  readonly role: UserRole;
  readonly isEmailVerified: boolean;
  readonly suspendedAt: Date | null;
  readonly createdAt: Date;
  /** ISO 8601; `null` while they have no session. */
  readonly lastSeenAt: string | null;
}

/** The newest first; ids are in the order of time. */
export const listUsers = (
  db: Db,
  choice: { readonly search: string; readonly before: UserId | null; readonly limit: number },
): Promise<UserRow[]> =>
  db
    .select({
      id: users.id,
      email: users.email,
      name: users.name,
      role: users.role,
      isEmailVerified: sql<boolean>`${users.emailVerifiedAt} is not null`,
      suspendedAt: users.suspendedAt,
      createdAt: users.createdAt,
      // Drizzle leaves the table of a column out where it selects from one alone.
      lastSeenAt: sql<
        string | null
      >`(select to_char(max(${sessions.lastUsedAt}) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') from ${sessions} where ${sessions.userId} = ${users}.id)`,
    })
    .from(users)
    .where(
      and(
        isNull(users.deletedAt),
        found(choice.search),
        choice.before ? lt(users.id, choice.before) : undefined,
      ),
    )
    .orderBy(desc(users.id))
    .limit(choice.limit);

function found(search: string): SQL | undefined {
  if (search === "") return undefined;
  const pattern = `%${search.replaceAll(/[\\%_]/g, "\\$&")}%`;
  return or(ilike(users.email, pattern), ilike(users.name, pattern));
}

const isAdmin = and(eq(users.role, "admin"), isNull(users.suspendedAt), isNull(users.deletedAt));

export async function listAdmins(db: Db): Promise<UserId[]> {
  const rows = await db.select({ id: users.id }).from(users).where(isAdmin);
  return rows.map(({ id }) => id);
}

/** Until the transaction ends nobody else becomes an administrator or stops being one. */
export async function lockAdmins(tx: Tx): Promise<UserId[]> {
  const rows = await tx
    .select({ id: users.id })
    .from(users)
    .where(isAdmin)
    .orderBy(users.id)
    .for("update");
  return rows.map(({ id }) => id);
}

/** @returns what changed; `undefined` when there is no such user or nothing to change. */
export async function saveSuspended(
  tx: Tx,
  userId: UserId,
  isSuspended: boolean,
): Promise<UserId | undefined> {
  const [row] = await tx
    .update(users)
    .set({ suspendedAt: isSuspended ? sql`now()` : null })
    .where(
      and(
        eq(users.id, userId),
        isSuspended ? isNull(users.suspendedAt) : isNotNull(users.suspendedAt),
      ),
    )
    .returning({ id: users.id });
  return row?.id;
}

export async function saveRole(tx: Tx, userId: UserId, role: UserRole): Promise<void> {
  await tx.update(users).set({ role }).where(eq(users.id, userId));
}

export async function findRole(db: Db | Tx, userId: UserId): Promise<UserRole | undefined> {
  const [row] = await db
    .select({ role: users.role })
    .from(users)
    .where(and(eq(users.id, userId), isNull(users.deletedAt)));
  return row?.role;
}

/** Only from `user`, so that it never overwrites what an administrator has decided meanwhile. */
export async function promoteToCreator(tx: Tx, userId: UserId): Promise<boolean> {
  const rows = await tx
    .update(users)
    .set({ role: "creator", promotedToCreatorAt: sql`now()` })
    .where(and(eq(users.id, userId), eq(users.role, "user"), isNotNull(users.emailVerifiedAt)))
    .returning({ id: users.id });
  return rows.length > 0;
}

/** @returns the name that it replaces. */
export async function saveProfile(
  tx: Tx,
  userId: UserId,
  profile: {
    readonly name: string;
    readonly locale: string | null;
    readonly timeZone: string | null;
  },
): Promise<string | undefined> {
  const [before] = await tx
    .select({ name: users.name })
    .from(users)
    .where(eq(users.id, userId))
    .for("no key update");
  await tx.update(users).set(profile).where(eq(users.id, userId));
  return before?.name;
}

/**
 * Gives somebody an address that they have proved, unless they are kept out.
 *
 * @throws DrizzleQueryError whose cause has the code 23505 when another account has it.
 */
export async function saveEmail(
  tx: Tx,
  userId: UserId,
  address: { readonly email: string; readonly emailKey: string },
): Promise<boolean> {
  const rows = await tx
    .update(users)
    .set({ ...address, emailVerifiedAt: sql`now()` })
    .where(and(eq(users.id, userId), isNull(users.suspendedAt), isNull(users.deletedAt)))
    .returning({ id: users.id });
  return rows.length > 0;
}
