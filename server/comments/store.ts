import { and, asc, count, eq, isNull, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import type { BandRole } from "#contract/bands.ts";
import type { BandId, CommentId, ShareId, TrackId, UserId } from "#contract/ids.ts";
import { comments, members, tracks, users } from "#drizzle/schema/index.ts";
import type { Actor } from "#server/base/actor.ts";
import type { Db, Tx } from "#server/base/db.ts";

export interface CommentRow {
  readonly id: CommentId;
  readonly bandId: BandId;
  readonly trackId: TrackId;
  readonly parentId: CommentId | null;
  readonly atMs: number | null;
  readonly authorId: UserId | null;
  /** `null` when the account is gone. */
  readonly authorName: string | null;
  /** What a guest of a public link calls themselves; `null` for members. */
  readonly guestName: string | null;
  readonly text: string;
  readonly createdAt: Date;
  readonly editedAt: Date | null;
  readonly resolvedAt: Date | null;
  readonly resolverName: string | null;
  readonly deletedAt: Date | null;
}

const resolvers = alias(users, "resolvers");

const columns = {
  id: comments.id,
  bandId: comments.bandId,
  trackId: comments.trackId,
  parentId: comments.parentId,
  atMs: comments.atMs,
  authorId: comments.authorId,
  authorName: users.name,
  guestName: comments.guestName,
  text: comments.text,
  createdAt: comments.createdAt,
  editedAt: comments.editedAt,
  resolvedAt: comments.resolvedAt,
  resolverName: resolvers.name,
  deletedAt: comments.deletedAt,
};

/** Of an account that was deleted the empty row is left. */
const isAuthor = and(eq(users.id, comments.authorId), isNull(users.deletedAt));
const isResolver = and(eq(resolvers.id, comments.resolvedBy), isNull(resolvers.deletedAt));

/** Where a thread stands among those of its recording. */
const place = sql<number>`coalesce(${comments.atMs}, -1)`;

/** @param after - the place and id of the last one before. */
export const listThreads = (
  db: Db,
  { bandId, id }: { readonly bandId: BandId; readonly id: TrackId },
  after: { readonly place: number; readonly id: CommentId } | null,
  limit: number,
): Promise<CommentRow[]> =>
  db
    .select(columns)
    .from(comments)
    .leftJoin(users, isAuthor)
    .leftJoin(resolvers, isResolver)
    .where(
      and(
        eq(comments.bandId, bandId),
        eq(comments.trackId, id),
        isNull(comments.parentId),
        after
          ? sql`(${place}, ${comments.id}) > (${after.place}::integer, ${after.id}::uuid)`
          : undefined,
      ),
    )
    .orderBy(place, asc(comments.id))
    .limit(limit);

/** Those that the guests of one link have begun, by their times; deleted ones are left out. */
export const listGuestThreads = (
  db: Db,
  of: { readonly shareId: ShareId; readonly trackId: TrackId },
  limit: number,
): Promise<CommentRow[]> =>
  db
    .select(columns)
    .from(comments)
    .leftJoin(users, isAuthor)
    .leftJoin(resolvers, isResolver)
    .where(isOfGuests(of))
    .orderBy(place, asc(comments.id))
    .limit(limit);

const isOfGuests = (of: { readonly shareId: ShareId; readonly trackId: TrackId }) =>
  and(
    eq(comments.shareId, of.shareId),
    eq(comments.trackId, of.trackId),
    isNull(comments.parentId),
    isNull(comments.deletedAt),
  );

/** Held like any other thread. @returns false for one that the guests of the link are not shown. */
export async function lockGuestThread(
  tx: Tx,
  of: { readonly shareId: ShareId; readonly trackId: TrackId },
  id: CommentId,
): Promise<boolean> {
  const rows = await tx
    .select({ id: comments.id })
    .from(comments)
    .where(and(eq(comments.id, id), isOfGuests(of)))
    .for("update");
  return rows.length > 0;
}

/** How long a recording is, as far as that is known. */
export async function findLength(tx: Tx, trackId: TrackId): Promise<number | null> {
  const [row] = await tx
    .select({ durationMs: tracks.durationMs })
    .from(tracks)
    .where(eq(tracks.id, trackId));
  return row?.durationMs ?? null;
}

/** Of several threads, as they were written. */
export const listReplies = (db: Db | Tx, parentIds: readonly CommentId[]): Promise<CommentRow[]> =>
  db
    .select(columns)
    .from(comments)
    .leftJoin(users, isAuthor)
    .leftJoin(resolvers, isResolver)
    .where(
      sql`${comments.parentId} in (select value::uuid from jsonb_array_elements_text(${JSON.stringify(parentIds)}::jsonb))`,
    )
    .orderBy(asc(comments.id));

/** @returns `undefined` for one of a band that the actor is not in. */
export async function findComment(
  db: Db | Tx,
  actor: Actor,
  id: CommentId,
): Promise<{ readonly comment: CommentRow; readonly role: BandRole } | undefined> {
  const [row] = await db
    .select({ comment: columns, role: members.role })
    .from(comments)
    .innerJoin(members, and(eq(members.bandId, comments.bandId), eq(members.userId, actor.userId)))
    .leftJoin(users, isAuthor)
    .leftJoin(resolvers, isResolver)
    .where(eq(comments.id, id));
  return row;
}

/**
 * Whoever replies or deletes in a thread holds it alone until the transaction ends.
 *
 * @param id - of its first comment.
 * @returns `undefined` when it is gone.
 */
export async function lockThread(
  tx: Tx,
  id: CommentId,
): Promise<{ readonly trackId: TrackId; readonly deletedAt: Date | null } | undefined> {
  const [row] = await tx
    .select({ trackId: comments.trackId, deletedAt: comments.deletedAt })
    .from(comments)
    .where(eq(comments.id, id))
    .for("update");
  return row;
}

export async function countThreads(tx: Tx, trackId: TrackId): Promise<number> {
  const [row] = await tx
    .select({ all: count() })
    .from(comments)
    .where(and(eq(comments.trackId, trackId), isNull(comments.parentId)));
  return row?.all ?? 0;
}

export async function countReplies(tx: Tx, id: CommentId): Promise<number> {
  const [row] = await tx.select({ all: count() }).from(comments).where(eq(comments.parentId, id));
  return row?.all ?? 0;
}

export async function insertComment(
  tx: Tx,
  made: Pick<
    CommentRow,
    "id" | "bandId" | "trackId" | "parentId" | "atMs" | "authorId" | "text"
  > & {
    readonly guestName?: string;
    readonly shareId?: ShareId;
  },
): Promise<void> {
  await tx.insert(comments).values(made);
}

/** @returns false when it was deleted meanwhile. */
export async function saveText(tx: Tx, id: CommentId, text: string): Promise<boolean> {
  const rows = await tx
    .update(comments)
    .set({ text, editedAt: sql`now()` })
    .where(and(eq(comments.id, id), isNull(comments.deletedAt)))
    .returning({ id: comments.id });
  return rows.length > 0;
}

/** What is as it should be already is left alone. @returns false when it is gone. */
export async function saveResolved(tx: Tx, id: CommentId, by: UserId | null): Promise<boolean> {
  const rows = await tx
    .update(comments)
    .set(
      by === null
        ? { resolvedAt: null, resolvedBy: null }
        : {
            resolvedAt: sql`coalesce(${comments.resolvedAt}, now())`,
            resolvedBy: sql`case when ${comments.resolvedAt} is null then ${by}::uuid else ${comments.resolvedBy} end`,
          },
    )
    .where(eq(comments.id, id))
    .returning({ id: comments.id });
  return rows.length > 0;
}

/** @returns false when somebody else was faster. */
export async function deleteComment(tx: Tx, id: CommentId): Promise<boolean> {
  const rows = await tx.delete(comments).where(eq(comments.id, id)).returning({ id: comments.id });
  return rows.length > 0;
}

/** Takes away what it said and who said it; the replies stay. */
export async function emptyComment(tx: Tx, id: CommentId): Promise<void> {
  await tx
    .update(comments)
    .set({ text: "", authorId: null, guestName: null, editedAt: null, deletedAt: sql`now()` })
    .where(eq(comments.id, id));
}
