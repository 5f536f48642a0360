import { and, count, desc, eq, isNull, sql } from "drizzle-orm";
import type { BandRole } from "#contract/bands.ts";
import type { BandId, ConnectionId, RehearsalId, UserId } from "#contract/ids.ts";
import type { Rehearsal } from "#contract/rehearsals.ts";
import { members, rehearsals, rehearsalTakes, tracks, users } from "#drizzle/schema/index.ts";
import type { Actor } from "#server/base/actor.ts";
import type { Db, Tx } from "#server/base/db.ts";

export type RehearsalRow = Omit<Rehearsal, "createdAt" | "updatedAt"> & {
  readonly createdAt: Date;
  readonly updatedAt: Date;
};

const columns = {
  id: rehearsals.id,
  bandId: rehearsals.bandId,
  heldOn: rehearsals.heldOn,
  title: rehearsals.title,
  notes: rehearsals.notes,
  createdBy: users.name,
  createdAt: rehearsals.createdAt,
  updatedAt: rehearsals.updatedAt,
  takeCount: sql<number>`(select count(*)::int from ${rehearsalTakes} as k
    where k.rehearsal_id = ${rehearsals}.id)`,
  durationMs: sql<number>`(select coalesce(sum(t.duration_ms), 0)::float8
    from ${rehearsalTakes} as k join ${tracks} as t on t.id = k.track_id
    where k.rehearsal_id = ${rehearsals}.id)`,
  cover: sql<Rehearsal["cover"]>`(select json_build_object('id', t.id, 'coverHash', t.cover_hash)
    from ${rehearsalTakes} as k join ${tracks} as t on t.id = k.track_id
    where k.rehearsal_id = ${rehearsals}.id and t.cover_hash is not null
    order by library_sort_key(t.path), t.path limit 1)`,
};

/** Of an account that was deleted the empty row is left. */
const isMaker = and(eq(users.id, rehearsals.createdBy), isNull(users.deletedAt));

/** Where a page begins: behind the last one of the page before. */
export interface After {
  readonly heldOn: string;
  readonly id: RehearsalId;
}

/** The newest day first. */
export const listRehearsals = (
  db: Db,
  member: { readonly bandId: BandId },
  after: After | null,
  limit: number,
): Promise<RehearsalRow[]> =>
  db
    .select(columns)
    .from(rehearsals)
    .leftJoin(users, isMaker)
    .where(
      and(
        eq(rehearsals.bandId, member.bandId),
        after
          ? sql`(${rehearsals.heldOn}, ${rehearsals.id}) < (${after.heldOn}::date, ${after.id}::uuid)`
          : undefined,
      ),
    )
    .orderBy(desc(rehearsals.heldOn), desc(rehearsals.id))
    .limit(limit);

export type FoundRehearsal = Pick<Rehearsal, "id" | "title" | "heldOn">;

const titleAndDay = sql`' ' || library_fold(${rehearsals.title} || ' '
  || to_char(${rehearsals.heldOn}, 'YYYY-MM-DD FMDD FMMonth YYYY'))`;

/** Those whose folded titles and days match all patterns. A band has some thousands at most. */
export const findRehearsals = (
  db: Db,
  member: { readonly bandId: BandId },
  patterns: readonly string[],
  limit: number,
): Promise<FoundRehearsal[]> =>
  db
    .select({ id: rehearsals.id, title: rehearsals.title, heldOn: rehearsals.heldOn })
    .from(rehearsals)
    .where(
      and(
        eq(rehearsals.bandId, member.bandId),
        ...patterns.map((pattern) => sql`${titleAndDay} like ${pattern}`),
      ),
    )
    .orderBy(desc(rehearsals.heldOn), desc(rehearsals.id))
    .limit(limit);

/** @returns `undefined` for one of a band that the actor is not in. */
export async function findRehearsal(
  db: Db | Tx,
  actor: Actor,
  id: RehearsalId,
): Promise<{ readonly rehearsal: RehearsalRow; readonly role: BandRole } | undefined> {
  const [row] = await db
    .select({ rehearsal: columns, role: members.role })
    .from(rehearsals)
    .innerJoin(
      members,
      and(eq(members.bandId, rehearsals.bandId), eq(members.userId, actor.userId)),
    )
    .leftJoin(users, isMaker)
    .where(eq(rehearsals.id, id));
  return row;
}

export async function countRehearsals(tx: Tx, bandId: BandId): Promise<number> {
  const [row] = await tx
    .select({ all: count() })
    .from(rehearsals)
    .where(eq(rehearsals.bandId, bandId));
  return row?.all ?? 0;
}

export async function insertRehearsal(
  tx: Tx,
  made: Pick<RehearsalRow, "id" | "bandId" | "heldOn" | "title" | "notes"> & {
    readonly createdBy: UserId;
  },
): Promise<void> {
  await tx.insert(rehearsals).values(made);
}

export async function saveRehearsal(
  tx: Tx,
  id: RehearsalId,
  change: Partial<Pick<RehearsalRow, "heldOn" | "title" | "notes">>,
): Promise<void> {
  await tx
    .update(rehearsals)
    .set({ ...change, updatedAt: sql`now()` })
    .where(eq(rehearsals.id, id));
}

export async function deleteRehearsal(tx: Tx, id: RehearsalId): Promise<void> {
  await tx.delete(rehearsals).where(eq(rehearsals.id, id));
}

/**
 * Whoever changes its takes holds it alone until the transaction ends.
 *
 * @returns false when it is gone.
 */
export async function lockRehearsal(tx: Tx, id: RehearsalId): Promise<boolean> {
  const rows = await tx
    .select({ id: rehearsals.id })
    .from(rehearsals)
    .where(eq(rehearsals.id, id))
    .for("update");
  return rows.length > 0;
}

/** A folder in which recordings lie that are takes of no rehearsal. */
export interface OpenFolder {
  readonly connectionId: ConnectionId;
  readonly path: string;
  readonly trackCount: number;
}

/** Those whose names have a year in them, and of which nothing is filed yet. */
export function listOpenFolders(
  db: Db,
  { bandId }: { readonly bandId: BandId },
  limit: number,
): Promise<OpenFolder[]> {
  return db
    .select({
      connectionId: tracks.connectionId,
      path: tracks.folder,
      trackCount: sql<number>`count(*)::int`,
    })
    .from(tracks)
    .leftJoin(rehearsalTakes, eq(rehearsalTakes.trackId, tracks.id))
    .where(and(eq(tracks.bandId, bandId), sql`${tracks.folder} ~ '(19|20)[0-9]{2}[^/]*$'`))
    .groupBy(tracks.connectionId, tracks.folder)
    .having(sql`count(${rehearsalTakes.trackId}) = 0`)
    .orderBy(desc(tracks.folder))
    .limit(limit);
}
