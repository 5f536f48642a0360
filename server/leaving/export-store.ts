import { and, count, desc, eq, gt, inArray, lt, ne, notInArray, or, sql } from "drizzle-orm";
import type { UserId } from "#contract/ids.ts";
import type { ExportState } from "#contract/leaving.ts";
import { accountExportParts, accountExports } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";

export interface ExportRow {
  readonly id: string;
  readonly state: ExportState;
  readonly sizeBytes: number | null;
  readonly requestedAt: Date;
  readonly readyAt: Date | null;
  readonly expiresAt: Date | null;
}

/** One try at making or downloading an export: what another has taken over writes nothing any more. */
export interface Claim {
  readonly exportId: string;
  readonly claimId: string;
}

const seconds = (many: number) => sql`make_interval(secs => ${many})`;

export const isClaimed = ({ exportId, claimId }: Claim) =>
  and(eq(accountExports.id, exportId), eq(accountExports.claimId, claimId));

export const isFree = or(
  sql`${accountExports.claimedUntil} is null`,
  lt(accountExports.claimedUntil, sql`now()`),
);

const shown = {
  id: accountExports.id,
  // Its time is over even when nobody has swept yet.
  state: sql<ExportState>`case when ${accountExports.state} = 'ready' and ${accountExports.expiresAt} <= now()
    then 'expired' else ${accountExports.state} end`,
  sizeBytes: accountExports.sizeBytes,
  requestedAt: accountExports.requestedAt,
  readyAt: accountExports.readyAt,
  expiresAt: accountExports.expiresAt,
};

/** Two requests of one person come one after the other. */
export const lockRequests = (tx: Tx, userId: UserId): Promise<unknown> =>
  tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`exports ${userId}`}, 0))`);

/** Those of the last 24 hours that came to something, and how long until the oldest is older. */
export async function countRecent(
  tx: Tx,
  userId: UserId,
): Promise<{ readonly asked: number; readonly secondsLeft: number }> {
  const [row] = await tx
    .select({
      asked: count(),
      secondsLeft: sql<number>`coalesce(ceil(extract(epoch from
        min(${accountExports.requestedAt}) + interval '1 day' - now())), 1)::int`,
    })
    .from(accountExports)
    .where(
      and(
        eq(accountExports.userId, userId),
        ne(accountExports.state, "failed"),
        gt(accountExports.requestedAt, sql`now() - interval '1 day'`),
      ),
    );
  return row ?? { asked: 0, secondsLeft: 1 };
}

export async function insertExport(tx: Tx, id: string, userId: UserId): Promise<void> {
  await tx.insert(accountExports).values({ id, userId, state: "waiting" });
}

/** The newest first. */
export const listExports = (db: Db | Tx, userId: UserId): Promise<ExportRow[]> =>
  db
    .select(shown)
    .from(accountExports)
    .where(eq(accountExports.userId, userId))
    .orderBy(desc(accountExports.requestedAt), desc(accountExports.id))
    .limit(10);

export async function findExport(
  db: Db | Tx,
  userId: UserId,
  id: string,
): Promise<ExportRow | undefined> {
  const [row] = await db
    .select(shown)
    .from(accountExports)
    .where(and(eq(accountExports.id, id), eq(accountExports.userId, userId)));
  return row;
}

/** Begins anew, whatever an earlier try has left. @returns whose it is; `undefined` when none waits. */
export async function beginMaking(tx: Tx, claim: Claim): Promise<UserId | undefined> {
  const [row] = await tx
    .update(accountExports)
    .set({ claimId: claim.claimId })
    .where(and(eq(accountExports.id, claim.exportId), eq(accountExports.state, "waiting")))
    .returning({ userId: accountExports.userId });
  if (row) await deleteParts(tx, claim.exportId);
  return row?.userId;
}

/** @returns false when the export is not this one's to make any more. */
export async function insertPart(
  tx: Tx,
  claim: Claim,
  part: number,
  bytes: Buffer,
): Promise<boolean> {
  const rows = await tx
    .select({ id: accountExports.id })
    .from(accountExports)
    .where(and(isClaimed(claim), eq(accountExports.state, "waiting")))
    .for("share");
  if (rows.length === 0) return false;
  await tx.insert(accountExportParts).values({ exportId: claim.exportId, part, bytes });
  return true;
}

export async function markReady(
  tx: Tx,
  claim: Claim,
  made: { readonly sizeBytes: number; readonly lifetimeSeconds: number },
): Promise<boolean> {
  const rows = await tx
    .update(accountExports)
    .set({
      state: "ready",
      sizeBytes: made.sizeBytes,
      readyAt: sql`now()`,
      expiresAt: sql`now() + ${seconds(made.lifetimeSeconds)}`,
      claimId: null,
    })
    .where(and(isClaimed(claim), eq(accountExports.state, "waiting")))
    .returning({ id: accountExports.id });
  return rows.length > 0;
}

export async function markFailed(tx: Tx, claim: Claim): Promise<void> {
  const rows = await tx
    .update(accountExports)
    .set({ state: "failed", claimId: null })
    .where(and(isClaimed(claim), eq(accountExports.state, "waiting")))
    .returning({ id: accountExports.id });
  if (rows.length > 0) await deleteParts(tx, claim.exportId);
}

/** With their bytes. */
export async function deleteExports(tx: Tx, userId: UserId): Promise<void> {
  await tx.delete(accountExports).where(eq(accountExports.userId, userId));
}

/** Whose day is over, and those that nobody has made within these hours. */
export async function closeOld(tx: Tx, makeHours: number): Promise<void> {
  await tx
    .update(accountExports)
    .set({ state: "expired" })
    .where(
      and(eq(accountExports.state, "ready"), lt(accountExports.expiresAt, sql`now()`), isFree),
    );
  await tx
    .update(accountExports)
    .set({ state: "failed", claimId: null })
    .where(
      and(
        eq(accountExports.state, "waiting"),
        lt(accountExports.requestedAt, sql`now() - make_interval(hours => ${makeHours})`),
      ),
    );
}

/** Bytes that nobody may fetch any more. */
export async function deleteLeftParts(tx: Tx): Promise<void> {
  const closed = tx
    .select({ id: accountExports.id })
    .from(accountExports)
    .where(notInArray(accountExports.state, ["waiting", "ready"]));
  await tx.delete(accountExportParts).where(inArray(accountExportParts.exportId, closed));
}

/** That there was one is worth nothing after so long. */
export async function deleteOld(tx: Tx, days: number): Promise<void> {
  await tx
    .delete(accountExports)
    .where(
      and(
        notInArray(accountExports.state, ["waiting", "ready"]),
        lt(accountExports.requestedAt, sql`now() - make_interval(days => ${days})`),
      ),
    );
}

export async function deleteParts(tx: Tx, exportId: string): Promise<void> {
  await tx.delete(accountExportParts).where(eq(accountExportParts.exportId, exportId));
}
