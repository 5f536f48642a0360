import type { BandRole } from "#contract/bands.ts";
import type { Comment, Thread } from "#contract/comments.ts";
import type { CommentId } from "#contract/ids.ts";
import { type Actor, notTheirs } from "#server/base/actor.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import * as store from "./store.ts";

type Reading = Pick<Deps, "db">;

interface Found {
  readonly comment: store.CommentRow;
  readonly role: BandRole;
}

/** @throws AppError `not_found` for one that is deleted or that none of the actor's bands has. */
export async function requireComment(deps: Reading, actor: Actor, id: CommentId): Promise<Found> {
  const found = await store.findComment(deps.db, actor, id);
  if (!found || found.comment.deletedAt !== null) throw noSuchComment(actor);
  return found;
}

/**
 * The first of a thread, which may be deleted itself.
 *
 * @throws AppError `not_found`, `invalid_input` for a reply
 */
export async function requireThread(deps: Reading, actor: Actor, id: CommentId): Promise<Found> {
  const found = await store.findComment(deps.db, actor, id);
  if (!found) throw noSuchComment(actor);
  if (found.comment.parentId === null) return found;
  throw new AppError(
    "invalid_input",
    "That is a reply, and this is done with the first comment of its thread. Nothing was changed; choose the first comment.",
  );
}

/** A thread as it is now. */
export async function getThread(deps: Reading, actor: Actor, id: CommentId): Promise<Thread> {
  const { comment } = await requireThread(deps, actor, id);
  const [thread] = await withReplies(deps, actor, [comment]);
  if (!thread) throw noSuchComment(actor);
  return thread;
}

/** Threads in the order of their first comments. */
export async function withReplies(
  deps: Reading,
  actor: Actor,
  rows: readonly store.CommentRow[],
): Promise<Thread[]> {
  if (rows.length === 0) return [];
  const replies = Map.groupBy(
    await store.listReplies(
      deps.db,
      rows.map(({ id }) => id),
    ),
    ({ parentId }) => parentId,
  );
  return rows.map((row) => ({
    ...toComment(row, actor),
    trackId: row.trackId,
    atMs: row.atMs,
    resolvedAt: row.resolvedAt?.toISOString() ?? null,
    resolvedBy: row.resolverName === null ? null : { name: row.resolverName, isGuest: false },
    replies: (replies.get(row.id) ?? []).map((reply) => toComment(reply, actor)),
  }));
}

const toComment = (row: store.CommentRow, actor: Actor): Comment => ({
  id: row.id,
  author: toAuthor(row),
  isMine: row.authorId === actor.userId,
  text: row.text,
  createdAt: row.createdAt.toISOString(),
  editedAt: row.editedAt?.toISOString() ?? null,
  isDeleted: row.deletedAt !== null,
});

function toAuthor({ authorName, guestName }: store.CommentRow): Comment["author"] {
  if (guestName !== null) return { name: guestName, isGuest: true };
  return authorName === null ? null : { name: authorName, isGuest: false };
}

const noSuchComment = (actor: Actor): AppError =>
  notTheirs(
    actor,
    "There is no such comment: it was deleted, or it belongs to a band that you are not in. Nothing was changed; look at the recording again.",
  );
