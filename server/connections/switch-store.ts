import { and, eq, ne } from "drizzle-orm";
import type { ConnectionId } from "#contract/ids.ts";
import { connections } from "#drizzle/schema/index.ts";
import type { Tx } from "#server/base/db.ts";

/** @returns false when it is so already. */
export async function saveSwitch(
  tx: Tx,
  id: ConnectionId,
  column: "isDirect" | "allowsDeleting",
  isOn: boolean,
): Promise<boolean> {
  const changed = await tx
    .update(connections)
    .set({ [column]: isOn })
    .where(and(eq(connections.id, id), ne(connections[column], isOn)))
    .returning({ id: connections.id });
  return changed.length > 0;
}
