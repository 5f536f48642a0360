import { and, eq, ne } from "drizzle-orm";
import type { ConnectionId } from "#contract/ids.ts";
import { connections } from "#drizzle/schema/index.ts";
import type { Tx } from "#server/base/db.ts";

/** @returns false when it is so already. */
export async function saveDirect(tx: Tx, id: ConnectionId, isDirect: boolean): Promise<boolean> {
  const changed = await tx
    .update(connections)
    .set({ isDirect })
    .where(and(eq(connections.id, id), ne(connections.isDirect, isDirect)))
    .returning({ id: connections.id });
  return changed.length > 0;
}
