import { and, eq, lt, sql } from "drizzle-orm";
import type { ProviderId } from "#contract/connections.ts";
import type { BandId } from "#contract/ids.ts";
import { oauthClients, oauthStates } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";

type StateRow = typeof oauthStates.$inferSelect;
export type NewState = Omit<StateRow, "expiresAt">;

/** By the database's clock. */
export async function insertState(tx: Tx, state: NewState, seconds: number): Promise<void> {
  await tx
    .insert(oauthStates)
    .values({ ...state, expiresAt: sql`now() + make_interval(secs => ${seconds})` });
}

/** Of people who never came back. They are kept for a while, so that late ones are told what happened. */
export async function deleteEnded(tx: Tx): Promise<void> {
  await tx
    .delete(oauthStates)
    .where(lt(oauthStates.expiresAt, sql`now() - make_interval(hours => 1)`));
}

/** Used up with the reading, in one statement: of many at the same time one gets it. */
export async function takeState(
  tx: Tx,
  state: Pick<StateRow, "stateHash" | "browserHash" | "provider">,
): Promise<(StateRow & { readonly isExpired: boolean }) | undefined> {
  const [row] = await tx
    .delete(oauthStates)
    .where(
      and(
        eq(oauthStates.stateHash, state.stateHash),
        eq(oauthStates.browserHash, state.browserHash),
        eq(oauthStates.provider, state.provider),
      ),
    )
    .returning({
      ...columns,
      isExpired: sql<boolean>`${oauthStates.expiresAt} <= now()`,
    });
  return row;
}

/** Only for saying why: of any browser. */
export async function isStateOpen(
  db: Db,
  state: Pick<StateRow, "stateHash" | "provider">,
): Promise<boolean> {
  const rows = await db
    .select({ provider: oauthStates.provider })
    .from(oauthStates)
    .where(
      and(eq(oauthStates.stateHash, state.stateHash), eq(oauthStates.provider, state.provider)),
    );
  return rows.length > 0;
}

export async function findClient(
  db: Db,
  { bandId }: { readonly bandId: BandId },
  provider: ProviderId,
): Promise<typeof oauthClients.$inferSelect | undefined> {
  const [row] = await db.select().from(oauthClients).where(isClient(bandId, provider));
  return row;
}

export async function saveClient(tx: Tx, client: typeof oauthClients.$inferInsert): Promise<void> {
  const { clientId, sealedSecret } = client;
  await tx
    .insert(oauthClients)
    .values(client)
    .onConflictDoUpdate({
      target: [oauthClients.bandId, oauthClients.provider],
      set: { clientId, sealedSecret },
    });
}

export async function deleteClient(
  tx: Tx,
  { bandId }: { readonly bandId: BandId },
  provider: ProviderId,
): Promise<void> {
  await tx.delete(oauthClients).where(isClient(bandId, provider));
}

const isClient = (bandId: BandId, provider: ProviderId) =>
  and(eq(oauthClients.bandId, bandId), eq(oauthClients.provider, provider));

const columns = {
  stateHash: oauthStates.stateHash,
  browserHash: oauthStates.browserHash,
  provider: oauthStates.provider,
  userId: oauthStates.userId,
  sessionId: oauthStates.sessionId,
  bandId: oauthStates.bandId,
  connectionId: oauthStates.connectionId,
  clientId: oauthStates.clientId,
  sealedVerifier: oauthStates.sealedVerifier,
  expiresAt: oauthStates.expiresAt,
};
