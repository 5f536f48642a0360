import { and, desc, eq, inArray, lt, or, type SQL, sql } from "drizzle-orm";
import type { BandId, ConnectionId, ScanId, UserId } from "#contract/ids.ts";
import type { ScanState } from "#contract/scans.ts";
import { connections, members, scanEntries, scanFolders, scans } from "#drizzle/schema/index.ts";
import type { Actor } from "#server/base/actor.ts";
import type { Db, Tx } from "#server/base/db.ts";

export type ScanRow = typeof scans.$inferSelect;

export interface NewScan {
  readonly id: ScanId;
  readonly connectionId: ConnectionId;
  readonly bandId: BandId;
  readonly requestedBy: UserId | null;
  readonly confirmMissing: boolean;
  /** A look has seen that something is new; nobody asked. */
  readonly isWatched?: boolean;
}

/** The scan and the number under which this process may write for it. */
export interface Holding {
  readonly id: ScanId;
  readonly lease: number;
}

/** What is added to a scan's figures; negative where a later look corrects an earlier one. */
export type Counts = Partial<
  Record<
    | "foldersFound"
    | "foldersDone"
    | "foldersFailed"
    | "found"
    | "libraryBytes"
    | "toRead"
    | "read"
    | "failed"
    | "bytesRead"
    | "added"
    | "changed"
    | "moved"
    | "missing"
    | "withheld",
    number
  >
>;

const RUNNING: ScanState[] = ["queued", "listing", "reading"];
/** A scan whose process does not renew for so long is taken over. The database's clock decides. */
const LEASE = sql`interval '15 seconds'`;
/** For a job that was lost, however that may be. */
const SEND_AGAIN = sql`interval '10 minutes'`;

const isRunning = inArray(scans.state, RUNNING);
const isHeldByNobody = sql`(${scans.leaseUntil} is null or ${scans.leaseUntil} < clock_timestamp())`;
const leaseFromNow = sql`clock_timestamp() + ${LEASE}`;
const isHeld = (held: Holding): SQL | undefined =>
  and(eq(scans.id, held.id), eq(scans.lease, held.lease), isRunning);

/** @returns false when another scan of the connection is running. */
export async function insertScan(tx: Tx, scan: NewScan): Promise<boolean> {
  const inserted = await tx
    .insert(scans)
    .values({ ...scan, state: "queued" })
    .onConflictDoNothing()
    .returning({ id: scans.id });
  return inserted.length > 0;
}

export async function findRunningScan(
  db: Db | Tx,
  connectionId: ConnectionId,
): Promise<ScanRow | undefined> {
  const [row] = await db
    .select()
    .from(scans)
    .where(and(eq(scans.connectionId, connectionId), isRunning));
  return row;
}

/** The newest scan of a connection that the actor can see; `undefined` for no such connection. */
export async function findNewestScan(
  db: Db,
  actor: Actor,
  connectionId: ConnectionId,
): Promise<{ scan: ScanRow | null } | undefined> {
  const [found] = await db
    .select({ scan: scans })
    .from(connections)
    .innerJoin(members, eq(members.bandId, connections.bandId))
    .leftJoin(scans, eq(scans.connectionId, connections.id))
    .where(and(eq(connections.id, connectionId), eq(members.userId, actor.userId)))
    .orderBy(desc(scans.startedAt), desc(scans.id))
    .limit(1);
  return found;
}

export async function findBand(tx: Tx, connectionId: ConnectionId): Promise<BandId | undefined> {
  const [row] = await tx
    .select({ bandId: connections.bandId })
    .from(connections)
    .where(eq(connections.id, connectionId));
  return row?.bandId;
}

/** Nothing is to be asked of the storage. */
export async function isPaused(tx: Tx, connectionId: ConnectionId): Promise<boolean> {
  const [row] = await tx
    .select({ pausedAt: connections.pausedAt })
    .from(connections)
    .where(eq(connections.id, connectionId));
  return row !== undefined && row.pausedAt !== null;
}

/** What somebody asks of a scan that runs already. */
export async function saveWish(
  tx: Tx,
  id: ScanId,
  wish: { readonly confirmMissing: boolean },
): Promise<void> {
  if (wish.confirmMissing) {
    await tx.update(scans).set({ confirmMissing: true }).where(eq(scans.id, id));
  }
}

/** Takes a scan over from whoever had it. `undefined` when it has ended or somebody is at it. */
export async function takeLease(tx: Tx, id: ScanId): Promise<ScanRow | undefined> {
  const [row] = await tx
    .update(scans)
    .set({
      lease: sql`${scans.lease} + 1`,
      leaseUntil: leaseFromNow,
      state: sql`case when ${scans.state} = 'queued' then 'listing' else ${scans.state} end`,
    })
    .where(and(eq(scans.id, id), isRunning, isHeldByNobody))
    .returning();
  return row;
}

/**
 * Proves, for the rest of the transaction, that the scan is still ours: the row stays locked, so
 * that nobody takes it over before the commit.
 *
 * @returns `undefined` when it is not; then nothing more may be written.
 */
export async function lockLease(tx: Tx, held: Holding): Promise<ScanRow | undefined> {
  const [row] = await tx.select().from(scans).where(isHeld(held)).for("update");
  return row;
}

/** Adds to the figures and holds on to the lease, unless the scan has just ended. */
export async function saveCounts(tx: Tx, held: Holding, counts: Counts): Promise<void> {
  const figures = Object.entries(counts).filter(([, added]) => added !== 0) as [
    keyof Counts,
    number,
  ][];
  await tx
    .update(scans)
    .set({
      leaseUntil: sql`case when ${isRunning} then ${leaseFromNow} end`,
      ...Object.fromEntries(
        figures.map(([name, added]) => [name, sql`greatest(0, ${scans[name]} + ${added})`]),
      ),
    })
    .where(and(eq(scans.id, held.id), eq(scans.lease, held.lease)));
}

/** Lets another process go on at once. */
export async function releaseLease(tx: Tx, held: Holding): Promise<void> {
  await tx.update(scans).set({ leaseUntil: sql`clock_timestamp()` }).where(isHeld(held));
}

/** How many files there are to read: those that were, and those that wait. */
export async function saveReading(tx: Tx, held: Holding, unread: number): Promise<void> {
  await tx
    .update(scans)
    .set({ state: "reading", toRead: sql`${scans.read} + ${scans.failed} + ${unread}` })
    .where(isHeld(held));
}

/** Ends a scan for good and forgets how far it had come. */
export async function saveEnd(
  tx: Tx,
  held: Holding,
  end: { readonly state: ScanState; readonly message: string | null },
): Promise<void> {
  await tx
    .update(scans)
    .set({ ...end, finishedAt: sql`clock_timestamp()`, leaseUntil: null })
    .where(isHeld(held));
  await tx.delete(scanEntries).where(eq(scanEntries.scanId, held.id));
  await tx.delete(scanFolders).where(eq(scanFolders.scanId, held.id));
}

/** @returns what it is now; `undefined` when none is running. */
export async function requestCancel(
  tx: Tx,
  connectionId: ConnectionId,
): Promise<{ held: Holding; isAbandoned: boolean } | undefined> {
  const [row] = await tx
    .update(scans)
    .set({ cancelRequestedAt: sql`coalesce(${scans.cancelRequestedAt}, now())` })
    .where(and(eq(scans.connectionId, connectionId), isRunning))
    .returning({
      id: scans.id,
      lease: scans.lease,
      isAbandoned: sql<boolean>`${isHeldByNobody}`,
    });
  return row && { held: { id: row.id, lease: row.lease }, isAbandoned: row.isAbandoned };
}

/** For a scan that nobody works on. A process that comes back to it finds that it has ended. */
export async function saveCancelled(tx: Tx, held: Holding): Promise<void> {
  await saveEnd(tx, held, { state: "cancelled", message: null });
}

/** The running scan looks below the old root: it ends, and another begins after it. */
export async function requestRepeat(tx: Tx, id: ScanId): Promise<void> {
  await tx
    .update(scans)
    .set({ isRepeated: true, cancelRequestedAt: sql`now()` })
    .where(and(eq(scans.id, id), inArray(scans.state, ["listing", "reading"])));
}

/**
 * Scans that nobody works on though they are not at their end: their process is gone, or their job
 * is. Each comes once for each time that its lease has run out.
 */
export async function takeAbandoned(tx: Tx): Promise<ScanId[]> {
  const wasSentBefore = or(
    sql`${scans.enqueuedAt} < ${scans.leaseUntil}`,
    lt(scans.enqueuedAt, sql`now() - ${SEND_AGAIN}`),
  );
  const rows = await tx
    .update(scans)
    .set({ enqueuedAt: sql`clock_timestamp()` })
    .where(and(isRunning, isHeldByNobody, wasSentBefore))
    .returning({ id: scans.id });
  return rows.map((row) => row.id);
}
