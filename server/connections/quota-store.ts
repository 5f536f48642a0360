import { eq, sql } from "drizzle-orm";
import type { ConnectionId } from "#contract/ids.ts";
import { connections } from "#drizzle/schema/index.ts";
import type { Tx } from "#server/base/db.ts";
import type { Quota } from "#server/storage/provider.ts";

/** @param quota - `null`: it does not say any more, and what it said once is worth nothing. */
export async function saveQuota(tx: Tx, id: ConnectionId, quota: Quota | null): Promise<void> {
  await tx
    .update(connections)
    .set({
      quotaUsedBytes: quota?.usedBytes ?? null,
      quotaTotalBytes: quota?.totalBytes ?? null,
      quotaCheckedAt: quota ? sql`now()` : null,
    })
    .where(eq(connections.id, id));
}
