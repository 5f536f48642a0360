import { eq, sql } from "drizzle-orm";
import type { SessionId, UserId } from "#contract/ids.ts";
import { sessions, upstreamTokens, users } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";
import { isAlive } from "./session-store.ts";

export interface UpstreamRow {
  readonly id: string;
  readonly userId: UserId;
  readonly serverUrl: string;
  readonly deviceId: string;
  readonly sealedToken: string;
}

export async function insertToken(
  tx: Tx,
  row: UpstreamRow & { readonly sessionId: SessionId },
  lifetimeSeconds: number,
): Promise<void> {
  await tx
    .insert(upstreamTokens)
    .values({ ...row, expiresAt: sql`now() + make_interval(secs => ${lifetimeSeconds})` });
}

export interface DueToken extends UpstreamRow {
  /** Its session is alive and its own time is not over. */
  readonly isInUse: boolean;
  readonly isExpired: boolean;
  /** Until its session may be over, or its own time. */
  readonly secondsLeft: number;
}

export async function findToken(db: Db, id: string): Promise<DueToken | undefined> {
  const [row] = await db
    .select({
      id: upstreamTokens.id,
      userId: upstreamTokens.userId,
      serverUrl: upstreamTokens.serverUrl,
      deviceId: upstreamTokens.deviceId,
      sealedToken: upstreamTokens.sealedToken,
      isInUse: sql<boolean>`coalesce(${isAlive} and ${upstreamTokens.expiresAt} > now(), false)`,
      isExpired: sql<boolean>`${upstreamTokens.expiresAt} <= now()`,
      secondsLeft: sql<number>`ceil(extract(epoch from
        least(${sessions.idleExpiresAt}, ${upstreamTokens.expiresAt}) - now()))::int`,
    })
    .from(upstreamTokens)
    .leftJoin(sessions, eq(sessions.id, upstreamTokens.sessionId))
    .leftJoin(users, eq(users.id, sessions.userId))
    .where(eq(upstreamTokens.id, id));
  return row;
}

/** @returns false when there is none of that session. */
export async function moveTokens(tx: Tx, from: SessionId, to: SessionId): Promise<boolean> {
  const rows = await tx
    .update(upstreamTokens)
    .set({ sessionId: to })
    .where(eq(upstreamTokens.sessionId, from))
    .returning({ id: upstreamTokens.id });
  return rows.length > 0;
}

export async function listTokensOfSession(tx: Tx, sessionId: SessionId): Promise<string[]> {
  const rows = await tx
    .select({ id: upstreamTokens.id })
    .from(upstreamTokens)
    .where(eq(upstreamTokens.sessionId, sessionId));
  return rows.map(({ id }) => id);
}

/** Takes them from their sessions: nothing holds them any more. */
export async function detachTokensOf(tx: Tx, userId: UserId): Promise<string[]> {
  const rows = await tx
    .update(upstreamTokens)
    .set({ sessionId: sql`${upstreamTokens.id}` })
    .where(eq(upstreamTokens.userId, userId))
    .returning({ id: upstreamTokens.id });
  return rows.map(({ id }) => id);
}

export async function removeToken(tx: Tx, id: string): Promise<void> {
  await tx.delete(upstreamTokens).where(eq(upstreamTokens.id, id));
}
