import { and, eq, isNull, ne, sql } from "drizzle-orm";
import type { BandRole } from "#contract/bands.ts";
import type { ProviderId } from "#contract/connections.ts";
import type { BandId, ConnectionId } from "#contract/ids.ts";
import { connections, members } from "#drizzle/schema/index.ts";
import type { Actor } from "#server/base/actor.ts";
import type { Db, Tx } from "#server/base/db.ts";
import { sharedRead } from "#server/base/shared-reads.ts";

export type ConnectionRow = typeof connections.$inferSelect;

export interface NewConnection {
  readonly id: ConnectionId;
  readonly bandId: BandId;
  readonly provider: ProviderId;
  readonly name: string;
  readonly identity: string | null;
  readonly displayName: string | null;
  readonly product: string | null;
  readonly sealedCredential: string;
  readonly accessEndsAt: Date | null;
  readonly isDemo: boolean;
}

export interface Root {
  readonly ref: string | null;
  readonly path: string;
}

/** The connection if the actor's bands have it, and the actor's role there. */
export async function findConnection(
  db: Db | Tx,
  actor: Actor,
  id: ConnectionId,
): Promise<{ row: ConnectionRow; role: BandRole } | undefined> {
  const [found] = await db
    .select({ row: connections, role: members.role })
    .from(connections)
    .innerJoin(members, eq(members.bandId, connections.bandId))
    .where(and(eq(connections.id, id), eq(members.userId, actor.userId)));
  return found;
}

/** Without an actor: the caller has checked the band. */
export async function findConnectionById(
  db: Db,
  id: ConnectionId,
): Promise<ConnectionRow | undefined> {
  const [row] = await connectionById(db, { id });
  return row;
}

const connectionById = sharedRead((db) =>
  db
    .select()
    .from(connections)
    .where(eq(connections.id, sql.placeholder("id")))
    .prepare("connections_find_by_id"),
);

export const listConnections = (
  db: Db | Tx,
  member: { bandId: BandId },
): Promise<ConnectionRow[]> =>
  db
    .select()
    .from(connections)
    .where(eq(connections.bandId, member.bandId))
    .orderBy(connections.createdAt, connections.id);

/**
 * The first of a band becomes its primary, and the first of its own after the demo does; the caller
 * holds the band's lock.
 */
export async function insertConnection(tx: Tx, made: NewConnection): Promise<void> {
  const [primary] = await tx
    .select({ isDemo: connections.isDemo })
    .from(connections)
    .where(and(eq(connections.bandId, made.bandId), eq(connections.isPrimary, true)));
  const isPrimary = !primary || (primary.isDemo && !made.isDemo);
  if (isPrimary) await unsetPrimary(tx, made.bandId);
  await tx.insert(connections).values({ ...made, isPrimary });
}

/**
 * Makes one the primary in place of another; the caller holds the band's lock.
 *
 * @returns false when it is gone: then nothing may be kept of this transaction.
 */
export async function savePrimary(
  tx: Tx,
  { id, bandId }: Pick<ConnectionRow, "id" | "bandId">,
): Promise<boolean> {
  await unsetPrimary(tx, bandId);
  const made = await tx
    .update(connections)
    .set({ isPrimary: true })
    .where(and(eq(connections.id, id), eq(connections.bandId, bandId)))
    .returning({ id: connections.id });
  return made.length > 0;
}

async function unsetPrimary(tx: Tx, bandId: BandId): Promise<void> {
  await tx
    .update(connections)
    .set({ isPrimary: false })
    .where(and(eq(connections.bandId, bandId), eq(connections.isPrimary, true)));
}

/** Which one becomes the primary when this one goes: the oldest that people have connected. */
export async function findSuccessor(
  db: Db | Tx,
  row: Pick<ConnectionRow, "id" | "bandId" | "isPrimary">,
): Promise<{ readonly id: ConnectionId; readonly name: string } | undefined> {
  if (!row.isPrimary) return undefined;
  const [next] = await db
    .select({ id: connections.id, name: connections.name })
    .from(connections)
    .where(and(eq(connections.bandId, row.bandId), ne(connections.id, row.id)))
    .orderBy(connections.isDemo, connections.createdAt, connections.id)
    .limit(1);
  return next;
}

/** Two that connect at once must not both become the primary. */
export const lockBand = (tx: Tx, bandId: BandId): Promise<unknown> =>
  tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${bandId}, 0))`);

export async function saveRoot(tx: Tx, id: ConnectionId, root: Root): Promise<void> {
  await tx
    .update(connections)
    .set({ hasRoot: true, rootRef: root.ref, rootPath: root.path })
    .where(eq(connections.id, id));
}

/** A new credential for the same storage: health is good again, it is paused no more, the library stays. */
export async function saveCredential(
  tx: Tx,
  id: ConnectionId,
  fresh: Pick<
    NewConnection,
    "sealedCredential" | "identity" | "displayName" | "product" | "accessEndsAt"
  >,
): Promise<void> {
  await tx
    .update(connections)
    .set({
      ...fresh,
      renewalLeaseId: null,
      renewalLeaseUntil: null,
      credentialVersion: sql`${connections.credentialVersion} + 1`,
      health: "active",
      healthMessage: null,
      unavailableSince: null,
      pausedAt: null,
    })
    .where(eq(connections.id, id));
}

/** How a storage was found to be. */
export interface Found {
  readonly id: ConnectionId;
  /** Of what it was asked with: a refusal of an older one says nothing. */
  readonly credentialVersion: number;
  readonly health: ConnectionRow["health"];
  readonly message: string | null;
}

/**
 * `unavailableSince` keeps the moment at which the trouble began. Of one that is paused nothing is
 * news.
 *
 * @returns what it was before; `undefined` when nothing changes.
 */
export async function saveHealth(tx: Tx, found: Found): Promise<ConnectionRow | undefined> {
  const { id, health, message } = found;
  const [before] = await tx
    .select()
    .from(connections)
    .where(and(eq(connections.id, id), isNull(connections.pausedAt)))
    .for("update");
  if (!before || (before.health === health && before.healthMessage === message)) return undefined;
  const isStale = before.credentialVersion !== found.credentialVersion;
  if (health === "needs_reconnect" && isStale) return undefined;
  await tx
    .update(connections)
    .set({
      health,
      healthMessage: message,
      unavailableSince: health === "active" ? null : (before.unavailableSince ?? sql`now()`),
    })
    .where(eq(connections.id, id));
  return before;
}

/**
 * Its tracks, covers' last uses and scans go with it; the storage itself is not touched. What it is
 * now counts, not what the row was read as: the caller holds the band's lock.
 */
export async function deleteConnection(
  tx: Tx,
  { id, bandId }: Pick<ConnectionRow, "id" | "bandId">,
): Promise<void> {
  const [gone] = await tx
    .delete(connections)
    .where(eq(connections.id, id))
    .returning({ isPrimary: connections.isPrimary });
  const next = await findSuccessor(tx, { id, bandId, isPrimary: gone?.isPrimary ?? false });
  if (next) await savePrimary(tx, { id: next.id, bandId });
}
