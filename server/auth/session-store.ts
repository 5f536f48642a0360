import { and, desc, eq, gt, isNull, lt, sql } from "drizzle-orm";
import type { UserRole } from "#contract/auth.ts";
import type { SessionId, UserId } from "#contract/ids.ts";
import { sessions, users } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";
import { sharedRead } from "#server/base/shared-reads.ts";

const seconds = (count: number) => sql`make_interval(secs => ${count})`;

/** Whole seconds since 1970, by the database's clock. */
const nowSeconds = sql<number>`floor(extract(epoch from now()))::int`;

/**
 * Not revoked, not idle for too long, not too old, and its user neither suspended nor deleted: by the
 * database's clock.
 */
export const isAlive = and(
  isNull(sessions.revokedAt),
  gt(sessions.idleExpiresAt, sql`now()`),
  gt(sessions.absoluteExpiresAt, sql`now()`),
  isNull(users.suspendedAt),
  isNull(users.deletedAt),
);

/** @returns when that was, in seconds since 1970. */
export async function insertSession(
  tx: Tx,
  session: {
    readonly id: SessionId;
    readonly userId: UserId;
    readonly rememberMe: boolean;
    readonly userAgent: string;
    readonly ipAddress: string;
  },
  lifetime: { readonly idleSeconds: number; readonly absoluteSeconds: number },
): Promise<number> {
  const [row] = await tx
    .insert(sessions)
    .values({
      ...session,
      idleExpiresAt: sql`now() + ${seconds(lifetime.idleSeconds)}`,
      absoluteExpiresAt: sql`now() + ${seconds(lifetime.absoluteSeconds)}`,
    })
    .returning({ nowSeconds });
  if (!row) throw new Error("An insert returned no row.");
  return row.nowSeconds;
}

export async function removeAgedSessions(tx: Tx): Promise<void> {
  await tx.delete(sessions).where(lt(sessions.absoluteExpiresAt, sql`now()`));
}

export interface LiveSession {
  readonly role: UserRole;
  readonly rememberMe: boolean;
  /** Nobody has noted its use for a minute. */
  readonly isDue: boolean;
}

/**
 * The session that a token names, between the two ends of that token (in seconds since 1970), by the
 * database's clock.
 */
export async function findLiveSession(
  db: Db,
  token: {
    readonly sessionId: SessionId;
    readonly userId: UserId;
    readonly goodFrom: number;
    readonly goodUntil: number;
  },
): Promise<LiveSession | undefined> {
  const [row] = await liveSession(db, token);
  return row;
}

const liveSession = sharedRead((db) =>
  db
    .select({
      role: users.role,
      rememberMe: sessions.rememberMe,
      isDue: sql<boolean>`${sessions.lastUsedAt} < now() - interval '1 minute'`,
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(
      and(
        eq(sessions.id, sql.placeholder("sessionId")),
        eq(sessions.userId, sql.placeholder("userId")),
        sql`now() between to_timestamp(${sql.placeholder("goodFrom")}) and to_timestamp(${sql.placeholder("goodUntil")})`,
        isAlive,
      ),
    )
    .prepare("auth_find_live_session"),
);

/** A second by the database's clock, so many from now. */
export async function findMoment(db: Db, secondsFromNow: number): Promise<number> {
  const [row] = await db.execute<{ second: number }>(
    sql`select ceil(extract(epoch from now()))::int + ${secondsFromNow}::int as second`,
  );
  if (!row) throw new Error("The database does not tell the time.");
  return row.second;
}

export async function isSessionAlive(db: Db, sessionId: SessionId): Promise<boolean> {
  const rows = await aliveSession(db, { sessionId });
  return rows.length > 0;
}

const aliveSession = sharedRead((db) =>
  db
    .select({ id: sessions.id })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(eq(sessions.id, sql.placeholder("sessionId")), isAlive))
    .prepare("auth_is_session_alive"),
);

/** A session in use lives on, but never past its absolute end. */
export async function markSessionUsed(
  tx: Tx,
  sessionId: SessionId,
  idleSeconds: number,
): Promise<void> {
  await tx
    .update(sessions)
    .set({
      lastUsedAt: sql`now()`,
      idleExpiresAt: sql`least(now() + ${seconds(idleSeconds)}, ${sessions.absoluteExpiresAt})`,
    })
    .where(and(eq(sessions.id, sessionId), isNull(sessions.revokedAt)));
}

/** @returns whose it was; `undefined` when it was revoked before, or never was. */
export async function markSessionRevoked(
  tx: Tx,
  sessionId: SessionId,
  because: string,
): Promise<UserId | undefined> {
  const [row] = await tx
    .update(sessions)
    .set({ revokedAt: sql`now()`, revokedBecause: because })
    .where(and(eq(sessions.id, sessionId), isNull(sessions.revokedAt)))
    .returning({ userId: sessions.userId });
  return row?.userId;
}

export interface LockedSession {
  readonly id: SessionId;
  readonly userId: UserId;
  readonly rememberMe: boolean;
  readonly absoluteSecondsLeft: number;
  /** Since 1970, by the database's clock. */
  readonly nowSeconds: number;
}

/** Revoking waits until the transaction ends, and so does renewing. `undefined` when it has ended. */
export async function lockLiveSession(
  tx: Tx,
  sessionId: SessionId,
): Promise<LockedSession | undefined> {
  const [row] = await tx
    .select({
      id: sessions.id,
      userId: sessions.userId,
      rememberMe: sessions.rememberMe,
      absoluteSecondsLeft: sql<number>`floor(extract(epoch from ${sessions.absoluteExpiresAt} - now()))::int`,
      nowSeconds,
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(eq(sessions.id, sessionId), isAlive))
    .for("update", { of: sessions });
  return row;
}

/** Alive ones, the last used first. */
export const listSessions = (
  db: Db,
  userId: UserId,
): Promise<
  {
    id: SessionId;
    userAgent: string;
    ipAddress: string;
    rememberMe: boolean;
    createdAt: Date;
    lastUsedAt: Date;
  }[]
> =>
  db
    .select({
      id: sessions.id,
      userAgent: sessions.userAgent,
      ipAddress: sessions.ipAddress,
      rememberMe: sessions.rememberMe,
      createdAt: sessions.createdAt,
      lastUsedAt: sessions.lastUsedAt,
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(eq(sessions.userId, userId), isAlive))
    .orderBy(desc(sessions.lastUsedAt))
    .limit(200);

export async function listLiveSessionIds(tx: Tx, userId: UserId): Promise<SessionId[]> {
  const rows = await tx
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(eq(sessions.userId, userId), isNull(sessions.revokedAt)));
  return rows.map(({ id }) => id);
}

export async function isOwnSession(tx: Tx, sessionId: SessionId, userId: UserId): Promise<boolean> {
  const rows = await tx
    .select({ id: sessions.id })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(eq(sessions.id, sessionId), eq(sessions.userId, userId), isAlive));
  return rows.length > 0;
}

export async function markAuthenticated(tx: Tx, sessionId: SessionId): Promise<void> {
  await tx
    .update(sessions)
    .set({ authenticatedAt: sql`now()` })
    .where(and(eq(sessions.id, sessionId), isNull(sessions.revokedAt)));
}

/** Whether the person proved who they are so few seconds ago. */
export async function isRecent(
  db: Db,
  sessionId: SessionId,
  withinSeconds: number,
): Promise<boolean> {
  const rows = await db
    .select({ id: sessions.id })
    .from(sessions)
    .where(
      and(
        eq(sessions.id, sessionId),
        gt(sessions.authenticatedAt, sql`now() - ${seconds(withinSeconds)}`),
      ),
    );
  return rows.length > 0;
}
