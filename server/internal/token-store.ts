import { and, eq, lt, sql } from "drizzle-orm";
import type { ConnectionId, ScanId } from "#contract/ids.ts";
import { scans, storageTokens } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";

export interface NewToken {
  readonly tokenHash: string;
  readonly scanId: ScanId;
  readonly lease: number;
}

/** Keeps it for so many seconds, by the database's clock, and throws away those that are over. */
export async function insertToken(tx: Tx, token: NewToken, seconds: number): Promise<void> {
  await tx.delete(storageTokens).where(lt(storageTokens.expiresAt, sql`now()`));
  await tx
    .insert(storageTokens)
    .values({ ...token, expiresAt: sql`now() + make_interval(secs => ${seconds})` });
}

/** @returns which storage it opens; `undefined` when it is over, or whoever got it scans no more. */
export async function findScanned(db: Db, tokenHash: string): Promise<ConnectionId | undefined> {
  const [found] = await db
    .select({ connectionId: scans.connectionId })
    .from(storageTokens)
    .innerJoin(scans, eq(scans.id, storageTokens.scanId))
    .where(
      and(
        eq(storageTokens.tokenHash, tokenHash),
        sql`${storageTokens.expiresAt} > clock_timestamp()`,
        eq(scans.lease, storageTokens.lease),
        sql`${scans.leaseUntil} > clock_timestamp()`,
      ),
    );
  return found?.connectionId;
}
