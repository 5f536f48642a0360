import { and, eq, isNull, sql } from "drizzle-orm";
import type { SessionId } from "#contract/ids.ts";
import { refreshTokens } from "#drizzle/schema/index.ts";
import type { Tx } from "#server/base/db.ts";

export async function insertRefreshToken(
  tx: Tx,
  token: {
    readonly tokenHash: string;
    readonly sessionId: SessionId;
    readonly generation: number;
  },
): Promise<void> {
  await tx.insert(refreshTokens).values(token);
}

export interface RefreshTokenRow {
  readonly sessionId: SessionId;
  readonly generation: number;
  readonly use: "unused" | "just_used" | "used";
}

/** @param graceSeconds - for how long a used one counts as `just_used`. */
export async function findRefreshToken(
  tx: Tx,
  tokenHash: string,
  graceSeconds: number,
): Promise<RefreshTokenRow | undefined> {
  const [row] = await tx
    .select({
      sessionId: refreshTokens.sessionId,
      generation: refreshTokens.generation,
      // Not now(), the start of this transaction, which may have waited long for the session's lock.
      use: sql<RefreshTokenRow["use"]>`case
        when ${refreshTokens.spentAt} is null then 'unused'
        when ${refreshTokens.spentAt} > clock_timestamp() - make_interval(secs => ${graceSeconds}) then 'just_used'
        else 'used' end`,
    })
    .from(refreshTokens)
    .where(eq(refreshTokens.tokenHash, tokenHash));
  return row;
}

export async function markRefreshTokenSpent(tx: Tx, tokenHash: string): Promise<void> {
  await tx
    .update(refreshTokens)
    .set({ spentAt: sql`clock_timestamp()` })
    .where(and(eq(refreshTokens.tokenHash, tokenHash), isNull(refreshTokens.spentAt)));
}
