import { and, eq, lt, sql } from "drizzle-orm";
import type { ProviderId } from "#contract/connections.ts";
import type { BandId, ConnectionId } from "#contract/ids.ts";
import { connections, releasedCredentials } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";

const isOlderThan = (hours: number) =>
  lt(releasedCredentials.releasedAt, sql`now() - make_interval(hours => ${hours})`);

export async function insertRelease(
  tx: Tx,
  release: {
    readonly id: string;
    readonly provider: ProviderId;
    readonly sealedCredential: string;
  },
): Promise<void> {
  await tx.insert(releasedCredentials).values(release);
}

export async function findRelease(
  db: Db,
  id: string,
): Promise<{ readonly provider: ProviderId; readonly sealedCredential: string } | undefined> {
  const [row] = await db
    .select({
      provider: releasedCredentials.provider,
      sealedCredential: releasedCredentials.sealedCredential,
    })
    .from(releasedCredentials)
    .where(eq(releasedCredentials.id, id));
  return row;
}

export async function deleteRelease(tx: Tx, id: string): Promise<void> {
  await tx.delete(releasedCredentials).where(eq(releasedCredentials.id, id));
}

/** @returns true when it was so old, and is gone now. */
export async function deleteIfOlder(tx: Tx, id: string, hours: number): Promise<boolean> {
  const rows = await tx
    .delete(releasedCredentials)
    .where(and(eq(releasedCredentials.id, id), isOlderThan(hours)))
    .returning({ id: releasedCredentials.id });
  return rows.length > 0;
}

export async function deleteOlder(tx: Tx, hours: number): Promise<void> {
  await tx.delete(releasedCredentials).where(isOlderThan(hours));
}

/** Whatever band they are of: who is connected at the same storage may use the same access. */
export const listConnectionsAs = (
  db: Db,
  provider: ProviderId,
  identity: string | null,
): Promise<
  {
    readonly id: ConnectionId;
    readonly bandId: BandId;
    readonly sealedCredential: string;
  }[]
> =>
  db
    .select({
      id: connections.id,
      bandId: connections.bandId,
      sealedCredential: connections.sealedCredential,
    })
    .from(connections)
    .where(
      and(
        eq(connections.provider, provider),
        sql`${connections.identity} is not distinct from ${identity}`,
      ),
    );
