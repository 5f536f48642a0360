import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { UserId } from "#contract/ids.ts";
import { accountExportParts, accountExports } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";
import { type Claim, deleteParts, isClaimed, isFree } from "./export-store.ts";

const seconds = (many: number) => sql`make_interval(secs => ${many})`;

/** Of all who come for it at once, one gets it. */
export async function claimDownload(
  tx: Tx,
  userId: UserId,
  claim: Claim,
  forSeconds: number,
): Promise<{ readonly sizeBytes: number; readonly readyAt: Date } | undefined> {
  const [row] = await tx
    .update(accountExports)
    .set({ claimId: claim.claimId, claimedUntil: sql`now() + ${seconds(forSeconds)}` })
    .where(
      and(
        eq(accountExports.id, claim.exportId),
        eq(accountExports.userId, userId),
        eq(accountExports.state, "ready"),
        gt(accountExports.expiresAt, sql`now()`),
        isFree,
      ),
    )
    .returning({ sizeBytes: accountExports.sizeBytes, readyAt: accountExports.readyAt });
  return row && { sizeBytes: row.sizeBytes ?? 0, readyAt: row.readyAt ?? new Date(0) };
}

export async function renewClaim(tx: Tx, claim: Claim, forSeconds: number): Promise<void> {
  await tx
    .update(accountExports)
    .set({ claimedUntil: sql`now() + ${seconds(forSeconds)}` })
    .where(isClaimed(claim));
}

/** It did not come to its end: whoever comes next may have it. */
export async function releaseClaim(tx: Tx, claim: Claim): Promise<void> {
  await tx
    .update(accountExports)
    .set({ claimId: null, claimedUntil: null })
    .where(isClaimed(claim));
}

/** @returns false when somebody else has had it meanwhile. */
export async function markDownloaded(tx: Tx, claim: Claim): Promise<boolean> {
  const rows = await tx
    .update(accountExports)
    .set({ state: "downloaded", claimId: null, claimedUntil: null })
    .where(and(isClaimed(claim), eq(accountExports.state, "ready")))
    .returning({ id: accountExports.id });
  if (rows.length > 0) await deleteParts(tx, claim.exportId);
  return rows.length > 0;
}

export async function findPart(
  db: Db,
  exportId: string,
  part: number,
): Promise<Buffer | undefined> {
  const [row] = await db
    .select({ bytes: accountExportParts.bytes })
    .from(accountExportParts)
    .where(and(eq(accountExportParts.exportId, exportId), eq(accountExportParts.part, part)))
    .orderBy(asc(accountExportParts.part));
  return row?.bytes;
}
