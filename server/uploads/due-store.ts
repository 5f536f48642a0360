import { and, eq, isNull, lt, or, sql } from "drizzle-orm";
import type { UploadId, UserId } from "#contract/ids.ts";
import { uploads } from "#drizzle/schema/index.ts";
import type { Db } from "#server/base/db.ts";
import { isFree, type UploadRow } from "./store.ts";

/** What a storage has not discarded by then is left to it. */
const GIVEN_UP = sql`interval '7 days'`;

const isOver = lt(uploads.expiresAt, sql`clock_timestamp()`);

/** Which ones there is something to do with that nobody is at. */
export async function listDue(db: Db, limit: number): Promise<UploadId[]> {
  const isWaiting = and(
    eq(uploads.state, "finishing"),
    or(isNull(uploads.retryAt), lt(uploads.retryAt, sql`clock_timestamp()`)),
  );
  const isLeftOver = and(eq(uploads.state, "failed"), sql`${uploads.session} is not null`);
  const rows = await db
    .select({ id: uploads.id })
    .from(uploads)
    .where(and(isFree, or(isOver, isWaiting, isLeftOver)))
    .orderBy(uploads.expiresAt)
    .limit(limit);
  return rows.map(({ id }) => id);
}

/** Whether its time is over, and whether so long that nobody asks the storage any more. */
export async function findAge(
  db: Db,
  id: UploadId,
): Promise<{ isOver: boolean; isGivenUp: boolean } | undefined> {
  const [row] = await db
    .select({
      isOver: sql<boolean>`${uploads.expiresAt} < clock_timestamp()`,
      isGivenUp: sql<boolean>`${uploads.expiresAt} < clock_timestamp() - ${GIVEN_UP}`,
    })
    .from(uploads)
    .where(eq(uploads.id, id));
  return row;
}

/** Those that have left something in a storage. */
export async function listUnfinishedOf(
  db: Db,
  whose: { readonly connectionId: UploadRow["connectionId"] } | { readonly userId: UserId },
): Promise<UploadId[]> {
  const rows = await db
    .select({ id: uploads.id })
    .from(uploads)
    .where(
      and(
        sql`${uploads.session} is not null`,
        "userId" in whose
          ? eq(uploads.userId, whose.userId)
          : eq(uploads.connectionId, whose.connectionId),
      ),
    );
  return rows.map(({ id }) => id);
}
