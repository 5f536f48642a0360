import { and, eq, isNotNull, isNull, sql } from "drizzle-orm";
import type { ConnectionId } from "#contract/ids.ts";
import { connections } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";

/** @returns false when it is so already. */
export async function savePaused(tx: Tx, id: ConnectionId, isPaused: boolean): Promise<boolean> {
  const { pausedAt } = connections;
  const changed = await tx
    .update(connections)
    .set({ pausedAt: isPaused ? sql`now()` : null })
    .where(and(eq(connections.id, id), isPaused ? isNull(pausedAt) : isNotNull(pausedAt)))
    .returning({ id: connections.id });
  return changed.length > 0;
}

/** @returns why nothing may be asked of it; `null` when it may. */
export async function findEnd(db: Db | Tx, id: ConnectionId): Promise<"paused" | "gone" | null> {
  const [row] = await db
    .select({ pausedAt: connections.pausedAt })
    .from(connections)
    .where(eq(connections.id, id));
  if (!row) return "gone";
  return row.pausedAt === null ? null : "paused";
}
