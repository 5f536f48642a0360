import { and, eq, ne, sql } from "drizzle-orm";
import type { ConnectionId } from "#contract/ids.ts";
import { connections, members, users } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";

/** The right to renew one version of a credential. */
export interface Lease {
  readonly id: ConnectionId;
  readonly version: number;
  readonly leaseId: string;
}

const isVersion = ({ id, version }: Pick<Lease, "id" | "version">) =>
  and(eq(connections.id, id), eq(connections.credentialVersion, version));

const isHeld = (lease: Lease) =>
  and(isVersion(lease), eq(connections.renewalLeaseId, lease.leaseId));

/**
 * For one caller of all servers. By the database's clock, because the servers' disagree.
 *
 * @returns false while somebody else has it, when the version has moved or when it was refused.
 */
export async function takeLease(tx: Tx, lease: Lease, seconds: number): Promise<boolean> {
  const taken = await tx
    .update(connections)
    .set({ renewalLeaseId: lease.leaseId, renewalLeaseUntil: inSeconds(seconds) })
    .where(
      and(
        isVersion(lease),
        ne(connections.health, "needs_reconnect"),
        sql`coalesce(${connections.renewalLeaseUntil} < clock_timestamp(), true)`,
      ),
    )
    .returning({ id: connections.id });
  return taken.length > 0;
}

export type RenewalState = Awaited<ReturnType<typeof findRenewal>>;

export async function findRenewal(db: Db, id: ConnectionId) {
  const [row] = await db
    .select({
      id: connections.id,
      bandId: connections.bandId,
      provider: connections.provider,
      sealedCredential: connections.sealedCredential,
      credentialVersion: connections.credentialVersion,
      health: connections.health,
      isLeased: sql<boolean>`${connections.renewalLeaseId} is not null`,
      /** Until the lease ends, or until somebody may try again. */
      waitSeconds: sql<number>`greatest(0, extract(epoch from ${connections.renewalLeaseUntil} - clock_timestamp()))::float8`,
    })
    .from(connections)
    .where(eq(connections.id, id));
  return row;
}

/**
 * By the version and not by the lease: should the lease have ended during the call, what the provider
 * gave is still the newest, and a provider that rotates takes nothing older any more.
 *
 * @returns false when somebody else was faster.
 */
export async function saveRenewed(
  tx: Tx,
  lease: Lease,
  sealedCredential: string,
): Promise<boolean> {
  const saved = await tx
    .update(connections)
    .set({
      sealedCredential,
      credentialVersion: lease.version + 1,
      renewalLeaseId: null,
      renewalLeaseUntil: null,
      health: sql`case when ${connections.health} = 'needs_reconnect' then 'active' else ${connections.health} end`,
      healthMessage: sql`case when ${connections.health} = 'needs_reconnect' then null else ${connections.healthMessage} end`,
      unavailableSince: sql`case when ${connections.health} = 'needs_reconnect' then null else ${connections.unavailableSince} end`,
    })
    .where(isVersion(lease))
    .returning({ id: connections.id });
  return saved.length > 0;
}

/** @returns false when the lease is not held any more: then the refusal says nothing. */
export async function markRefused(tx: Tx, lease: Lease, message: string): Promise<boolean> {
  const marked = await tx
    .update(connections)
    .set({
      renewalLeaseId: null,
      renewalLeaseUntil: null,
      health: "needs_reconnect",
      healthMessage: message,
      unavailableSince: sql`coalesce(${connections.unavailableSince}, now())`,
    })
    .where(isHeld(lease))
    .returning({ id: connections.id });
  return marked.length > 0;
}

/** Nobody asks the provider again before so many seconds. */
export async function postpone(tx: Tx, lease: Lease, seconds: number): Promise<void> {
  await tx
    .update(connections)
    .set({ renewalLeaseId: null, renewalLeaseUntil: inSeconds(seconds) })
    .where(isHeld(lease));
}

/** Who can reconnect it, and under which address they are told. */
export const listOwners = (tx: Tx, id: ConnectionId) =>
  tx
    .select({
      userId: users.id,
      email: users.email,
      name: users.name,
      connection: connections.name,
    })
    .from(connections)
    .innerJoin(members, and(eq(members.bandId, connections.bandId), eq(members.role, "owner")))
    .innerJoin(users, eq(users.id, members.userId))
    .where(eq(connections.id, id));

const inSeconds = (seconds: number) => sql`clock_timestamp() + make_interval(secs => ${seconds})`;
