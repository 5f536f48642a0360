import { and, desc, eq, inArray, isNotNull, sql } from "drizzle-orm";
import type { ProviderId } from "#contract/connections.ts";
import type { ConnectionId } from "#contract/ids.ts";
import { scans, watches } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";

/** A look that this process is at, as long as nobody else was given a newer number. */
export interface HeldLook {
  readonly connectionId: ConnectionId;
  readonly lease: number;
  /** Of the root that is chosen now; `null`: nothing is known of it. */
  readonly cursor: string | null;
  readonly rootRef: string | null;
  readonly failures: number;
  readonly vain: number;
}

export interface Seen {
  readonly rootRef: string | null;
  readonly cursor: string;
  readonly vain: number;
  readonly nextSeconds: number;
}

/** Whoever does not renew for so long has lost it. The database's clock decides. */
const LEASE = sql`interval '15 seconds'`;

/**
 * Storages that may be asked now: whose access is good as far as we know, that nobody is looking at,
 * and that no scan goes over. The demo never changes.
 */
const isWatched = sql`c.has_root and not c.is_demo and c.health in ('active', 'unavailable')
  and c.paused_at is null`;
const isDue = sql`${isWatched} and w.next_look_at <= clock_timestamp()
  and (w.lease_until is null or w.lease_until < clock_timestamp())
  and not exists (
    select from scans as s
    where s.connection_id = c.id and s.state in ('queued', 'listing', 'reading')
  )`;

/** Most times there is none: reading is all that costs. */
export async function isAnyDue(db: Db): Promise<boolean> {
  const [row] = await db.execute<{ due: boolean }>(sql`
    select exists (
      select from connections as c left join watches as w on w.connection_id = c.id
      where (w.connection_id is null and ${isWatched}) or ${isDue}
    ) as due`);
  return row?.due ?? false;
}

/** Storages that were connected since are looked at from now on. */
export async function insertMissing(tx: Tx): Promise<void> {
  await tx.execute(sql`
    insert into watches (connection_id)
    select c.id from connections as c
    where ${isWatched} and not exists (select from watches as w where w.connection_id = c.id)
    on conflict do nothing`);
}

export interface Newsworthy {
  readonly id: ConnectionId;
  readonly rootRef: string | null;
  readonly credentialVersion: number;
  /** It may be looked at now, should there be news. */
  readonly mayHurry: boolean;
}

/** Between two looks, whatever the news. */
const LEAST_PAUSE = sql`interval '3 seconds'`;

/**
 * It answered last time, and nobody is looking: who does may have passed by what is new. Where it is
 * slow, or was scanned in vain, a quarter of what the pause is longer for that goes by first.
 */
const mayHurry = (watchSeconds: number) => sql`w.failures = 0
  and (w.lease_until is null or w.lease_until < clock_timestamp())
  and clock_timestamp() >= w.looked_at + ${LEAST_PAUSE} + greatest(
    (w.next_look_at - w.looked_at - ${watchSeconds} * interval '1.1 seconds') / 4, interval '0')`;

/** All that may tell of themselves. @param watchSeconds - the pause while all is well. */
export const listNewsworthy = (db: Db, providers: readonly ProviderId[], watchSeconds: number) =>
  db.execute<Newsworthy & Record<string, unknown>>(sql`
    select c.id, c.root_ref as "rootRef", c.credential_version as "credentialVersion",
      coalesce(${mayHurry(watchSeconds)}, false) as "mayHurry"
    from connections as c left join watches as w on w.connection_id = c.id
    where ${isWatched} and ${inArray(sql`c.provider`, [...providers])}`);

/** @returns whether the next look begins after now, and soon. */
export async function hurryLook(
  tx: Tx,
  connectionId: ConnectionId,
  watchSeconds: number,
): Promise<boolean> {
  const rows = await tx.execute(sql`
    update watches as w set next_look_at = least(next_look_at, clock_timestamp())
    where connection_id = ${connectionId} and ${mayHurry(watchSeconds)}
    returning connection_id`);
  return rows.length > 0;
}

/** Each is given to one server, however many ask. */
export const takeDue = (tx: Tx, limit: number): Promise<readonly HeldLook[]> =>
  tx.execute<HeldLook & Record<string, unknown>>(sql`
    update watches as w
    set lease = w.lease + 1, lease_until = clock_timestamp() + ${LEASE}
    from (
      select w.connection_id, c.root_ref
      from watches as w join connections as c on c.id = w.connection_id
      where ${isDue}
      order by w.next_look_at limit ${limit}
      for update of w skip locked
    ) as due
    where w.connection_id = due.connection_id
    returning w.connection_id as "connectionId", w.lease, w.failures, w.vain,
      due.root_ref as "rootRef",
      case when w.root_ref is not distinct from due.root_ref then w.cursor end as cursor`);

const isHeld = (held: HeldLook) =>
  and(eq(watches.connectionId, held.connectionId), eq(watches.lease, held.lease));

/** @returns false when somebody else has it now; then nothing more may be written. */
export async function renewLease(tx: Tx, held: HeldLook): Promise<boolean> {
  const renewed = await tx
    .update(watches)
    .set({ leaseUntil: sql`clock_timestamp() + ${LEASE}` })
    .where(isHeld(held))
    .returning({ id: watches.connectionId });
  return renewed.length > 0;
}

/** For who has not looked to the end: another one may at once. */
export async function releaseLook(tx: Tx, held: HeldLook): Promise<void> {
  await tx.update(watches).set({ leaseUntil: null }).where(isHeld(held));
}

export async function saveLook(tx: Tx, held: HeldLook, seen: Seen): Promise<void> {
  await tx
    .update(watches)
    .set({
      rootRef: seen.rootRef,
      cursor: seen.cursor,
      vain: seen.vain,
      failures: 0,
      lookedAt: sql`clock_timestamp()`,
      nextLookAt: fromNow(seen.nextSeconds),
      leaseUntil: null,
    })
    .where(isHeld(held));
}

/** Whether it is known where a storage goes on telling what has changed below this root. */
export async function hasCursor(
  db: Db,
  connectionId: ConnectionId,
  rootRef: string | null,
): Promise<boolean> {
  const rows = await db
    .select({ id: watches.connectionId })
    .from(watches)
    .where(
      and(
        eq(watches.connectionId, connectionId),
        isNotNull(watches.cursor),
        sql`${watches.rootRef} is not distinct from ${rootRef}`,
      ),
    );
  return rows.length > 0;
}

/** Before anything is listed. */
export async function saveBeginning(
  tx: Tx,
  connectionId: ConnectionId,
  beginning: Pick<Seen, "rootRef" | "cursor">,
): Promise<void> {
  await tx
    .insert(watches)
    .values({ connectionId, ...beginning })
    .onConflictDoUpdate({ target: watches.connectionId, set: beginning });
}

/** What was seen is not kept: the next look sees it again. */
export async function postponeLook(
  tx: Tx,
  held: HeldLook,
  { failures, nextSeconds }: { readonly failures: number; readonly nextSeconds: number },
): Promise<void> {
  await tx
    .update(watches)
    .set({ failures, nextLookAt: fromNow(nextSeconds), leaseUntil: null })
    .where(isHeld(held));
}

/** Once an hour, of a storage that says how full it is. */
export async function isQuotaDue(tx: Tx, { connectionId }: HeldLook): Promise<boolean> {
  const rows = await tx.execute(sql`
    select from watches as w join connections as c on c.id = w.connection_id
    where w.connection_id = ${connectionId} and c.quota_checked_at is not null
      and date_trunc('hour', w.looked_at) < date_trunc('hour', clock_timestamp())`);
  return rows.length > 0;
}

const fromNow = (seconds: number) => sql`clock_timestamp() + ${seconds} * interval '1 second'`;

/** The newest scan, as far as it tells whether another is worth it. */
export async function findLastScan(tx: Tx, connectionId: ConnectionId) {
  const [row] = await tx
    .select({
      state: scans.state,
      isWatched: scans.isWatched,
      isOld: sql<boolean>`${scans.startedAt} < now() - interval '1 day'`,
      found: scans.found,
      deeds: sql<number>`(${scans.added} + ${scans.moved} + ${scans.missing} + ${scans.withheld})::int`,
      changed: scans.changed,
      withheld: scans.withheld,
      foldersFailed: scans.foldersFailed,
    })
    .from(scans)
    .where(eq(scans.connectionId, connectionId))
    .orderBy(desc(scans.startedAt), desc(scans.id))
    .limit(1);
  return row;
}
