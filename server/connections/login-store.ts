import { and, eq, lt, sql } from "drizzle-orm";
import type { BandId, ConnectionId, StorageLoginId } from "#contract/ids.ts";
import { nextcloudLogins } from "#drizzle/schema/index.ts";
import type { Actor } from "#server/base/actor.ts";
import type { Db, Tx } from "#server/base/db.ts";

export type LoginRow = typeof nextcloudLogins.$inferSelect;

/** The actor's, of this very session. */
const isOf = (actor: Actor, id: StorageLoginId) =>
  and(
    eq(nextcloudLogins.id, id),
    eq(nextcloudLogins.userId, actor.userId),
    eq(nextcloudLogins.sessionId, actor.sessionId),
  );

/** @returns when it ends, by the database's clock. */
export async function insertLogin(
  tx: Tx,
  actor: Actor,
  login: Pick<LoginRow, "id" | "bandId" | "connectionId" | "sealedState">,
  minutes: number,
): Promise<Date> {
  const [row] = await tx
    .insert(nextcloudLogins)
    .values({
      ...login,
      userId: actor.userId,
      sessionId: actor.sessionId,
      expiresAt: sql`now() + make_interval(mins => ${minutes})`,
    })
    .returning({ expiresAt: nextcloudLogins.expiresAt });
  if (!row) throw new Error("The sign-in was not written.");
  return row.expiresAt;
}

export async function findLogin(
  db: Db,
  actor: Actor,
  id: StorageLoginId,
): Promise<{ readonly row: LoginRow; readonly isOver: boolean } | undefined> {
  const [found] = await db
    .select({ row: nextcloudLogins, isOver: sql<boolean>`${nextcloudLogins.expiresAt} <= now()` })
    .from(nextcloudLogins)
    .where(isOf(actor, id));
  return found;
}

/** The caller has found it as the actor's. Who comes second waits, and sees what the first has done. */
export async function lockLogin(tx: Tx, id: StorageLoginId): Promise<LoginRow | undefined> {
  const [row] = await tx
    .select()
    .from(nextcloudLogins)
    .where(eq(nextcloudLogins.id, id))
    .for("update");
  return row;
}

/** @returns false when it is not as it was any more. */
export async function saveState(
  tx: Tx,
  before: Pick<LoginRow, "id" | "sealedState">,
  sealedState: string,
): Promise<boolean> {
  const saved = await tx
    .update(nextcloudLogins)
    .set({ sealedState })
    .where(
      and(
        eq(nextcloudLogins.id, before.id),
        sql`${nextcloudLogins.sealedState} = ${before.sealedState}`,
      ),
    )
    .returning({ id: nextcloudLogins.id });
  return saved.length > 0;
}

/** It is used up: nothing secret is left of it. */
export async function finishLogin(
  tx: Tx,
  id: StorageLoginId,
  connectionId: ConnectionId,
): Promise<void> {
  await tx
    .update(nextcloudLogins)
    .set({ sealedState: null, connectionId })
    .where(eq(nextcloudLogins.id, id));
}

/** @returns what it was; `undefined` when it was gone before. */
export async function takeLogin(
  tx: Tx,
  actor: Actor,
  id: StorageLoginId,
): Promise<LoginRow | undefined> {
  const [row] = await tx.delete(nextcloudLogins).where(isOf(actor, id)).returning();
  return row;
}

/** Those that this session has begun in this band before. */
export const takeLoginsOf = (tx: Tx, actor: Actor, bandId: BandId): Promise<LoginRow[]> =>
  tx
    .delete(nextcloudLogins)
    .where(
      and(
        eq(nextcloudLogins.bandId, bandId),
        eq(nextcloudLogins.userId, actor.userId),
        eq(nextcloudLogins.sessionId, actor.sessionId),
      ),
    )
    .returning();

export async function deleteEnded(tx: Tx, minutes: number): Promise<void> {
  await tx
    .delete(nextcloudLogins)
    .where(lt(nextcloudLogins.expiresAt, sql`now() - make_interval(mins => ${minutes})`));
}
