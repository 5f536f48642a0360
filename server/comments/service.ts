import { isAtLeast } from "#contract/bands.ts";
import {
  type CommentsChanged,
  type CreateComment,
  type EditComment,
  type ListComments,
  MOST_REPLIES,
  MOST_THREADS,
  type ReplyToComment,
  type ResolveComment,
  type Thread,
  type ThreadPage,
} from "#contract/comments.ts";
import type { CommentId, TrackId } from "#contract/ids.ts";
import { whenRevoked } from "#server/auth/service.ts";
import type { Actor } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { createId } from "#server/base/ids.ts";
import type { Deps } from "#server/deps.ts";
import { getTrack } from "#server/library/service.ts";
import * as store from "./store.ts";
import { getThread, requireComment, requireThread, withReplies } from "./threads.ts";

type Reading = Pick<Deps, "db">;
type Changing = Pick<Deps, "db" | "now" | "events">;

/** Published when something about a recording is written, changed or deleted. */
export const commentsTopic = (trackId: TrackId): string => `comments:${trackId}`;

/**
 * A page of the threads of a recording: by their times, and then as they were written.
 *
 * @throws AppError `not_found` for a track of nobody's or of a band that the actor is not in.
 */
export async function listThreads(
  deps: Reading,
  actor: Actor,
  { trackId, cursor, limit }: ListComments,
): Promise<ThreadPage> {
  const track = await getTrack(deps, actor, trackId);
  const rows = await store.listThreads(deps.db, track, toPlace(cursor), limit + 1);
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return {
    threads: await withReplies(deps, actor, page),
    next: last ? `${last.atMs ?? -1}_${last.id}` : null,
  };
}

/**
 * Writes about a time in a recording, or about all of it. What lies behind its end stands at it.
 *
 * @throws AppError `not_found` for a track that is not the actor's, `conflict` for one about which
 *   very much is written.
 */
export async function createComment(
  deps: Changing,
  actor: Actor,
  { trackId, atMs, text }: CreateComment,
): Promise<Thread> {
  const { bandId, durationMs } = await getTrack(deps, actor, trackId);
  const id = createId<CommentId>(deps.now());
  await write(deps, async (tx) => {
    if ((await store.countThreads(tx, trackId)) >= MOST_THREADS) throw nameTooManyThreads();
    await store.insertComment(tx, {
      ...{ id, bandId, trackId, parentId: null, authorId: actor.userId, text },
      atMs: atMs === null ? null : Math.min(atMs, durationMs ?? atMs),
    });
    await deps.events.publish(tx, commentsTopic(trackId));
  });
  return getThread(deps, actor, id);
}

/** @throws AppError `not_found`, `invalid_input` for a reply to a reply, `conflict` for very many. */
export async function replyToComment(
  deps: Changing,
  actor: Actor,
  { commentId, text }: ReplyToComment,
): Promise<Thread> {
  const { comment } = await requireThread(deps, actor, commentId);
  await write(deps, async (tx) => {
    const thread = await store.lockThread(tx, commentId);
    if (!thread) throw nameGone();
    if ((await store.countReplies(tx, commentId)) >= MOST_REPLIES) throw nameTooManyReplies();
    await store.insertComment(tx, {
      id: createId<CommentId>(deps.now()),
      ...{ bandId: comment.bandId, trackId: thread.trackId, parentId: commentId, atMs: null },
      ...{ authorId: actor.userId, text },
    });
    await deps.events.publish(tx, commentsTopic(thread.trackId));
  });
  return getThread(deps, actor, commentId);
}

/** @throws AppError `not_found`, `forbidden` for what somebody else has written. */
export async function editComment(
  deps: Changing,
  actor: Actor,
  { commentId, text }: EditComment,
): Promise<Thread> {
  const { comment } = await requireComment(deps, actor, commentId);
  if (comment.authorId !== actor.userId) {
    throw new AppError(
      "forbidden",
      "Only its author can change a comment. Nothing was changed; reply to it instead.",
    );
  }
  await change(deps, comment, (tx) => store.saveText(tx, commentId, text));
  return getThread(deps, actor, comment.parentId ?? commentId);
}

/**
 * Deletes what the actor has written, or an owner of the band finds out of place; what a guest has
 * written, its editors too. Where others have
 * replied, a sign stays that something stood there, until the last reply goes too.
 *
 * @throws AppError `not_found`, `forbidden`
 */
export async function removeComment(
  deps: Changing,
  actor: Actor,
  commentId: CommentId,
): Promise<void> {
  const { comment, role } = await requireComment(deps, actor, commentId);
  const isTheirs = comment.authorId === actor.userId;
  if (!isTheirs && !isAtLeast(role, comment.guestName === null ? "owner" : "editor")) {
    throw new AppError(
      "forbidden",
      "Only its author and owners of this band can delete a comment. Nothing was deleted; ask one of them.",
    );
  }
  await change(deps, comment, (tx) =>
    comment.parentId === null
      ? removeFirst(tx, commentId)
      : removeReply(tx, commentId, comment.parentId),
  );
}

/** Settles a thread, or opens it again. Whoever did it first is named. */
export async function resolveThread(
  deps: Changing,
  actor: Actor,
  { commentId, isResolved }: ResolveComment,
): Promise<Thread> {
  const { comment } = await requireThread(deps, actor, commentId);
  await change(deps, comment, (tx) =>
    store.saveResolved(tx, commentId, isResolved ? actor.userId : null),
  );
  return getThread(deps, actor, commentId);
}

/**
 * Says at once, and then whenever something about a recording is written, that one should look.
 *
 * @throws AppError `not_found` as soon as the actor cannot see the recording any more,
 *   `unauthenticated` when the session has ended.
 */
export async function* watchComments(
  deps: Pick<Deps, "db" | "events">,
  actor: Actor,
  trackId: TrackId,
  signal: AbortSignal,
): AsyncGenerator<CommentsChanged> {
  const revoked = whenRevoked(deps, actor.sessionId, signal);
  const untilRevoked = AbortSignal.any([signal, revoked]);
  for await (const _ of deps.events.subscribe(commentsTopic(trackId), untilRevoked)) {
    await getTrack(deps, actor, trackId);
    yield { trackId };
  }
  revoked.throwIfAborted();
}

async function removeFirst(tx: Tx, id: CommentId): Promise<boolean> {
  const thread = await store.lockThread(tx, id);
  if (!thread || thread.deletedAt !== null) return false;
  if ((await store.countReplies(tx, id)) === 0) return store.deleteComment(tx, id);
  await store.emptyComment(tx, id);
  return true;
}

async function removeReply(tx: Tx, id: CommentId, parentId: CommentId): Promise<boolean> {
  const thread = await store.lockThread(tx, parentId);
  if (!(await store.deleteComment(tx, id))) return false;
  const isOver = thread?.deletedAt != null && (await store.countReplies(tx, parentId)) === 0;
  if (isOver) await store.deleteComment(tx, parentId);
  return true;
}

/** @param work - false when it is gone. */
async function change(
  deps: Changing,
  { trackId }: store.CommentRow,
  work: (tx: Tx) => Promise<boolean>,
): Promise<void> {
  await write(deps, async (tx) => {
    if (!(await work(tx))) throw nameGone();
    await deps.events.publish(tx, commentsTopic(trackId));
  });
}

function toPlace(cursor: string | null) {
  if (cursor === null) return null;
  const [place, id] = cursor.split("_");
  return { place: Number(place), id: id as CommentId };
}

const nameGone = (): AppError =>
  new AppError(
    "not_found",
    "Somebody has deleted this comment meanwhile, and nothing was changed. If you were writing, your text is still in its field: copy it, and look at the recording again.",
  );

export const nameTooManyThreads = (): AppError =>
  new AppError(
    "conflict",
    `This recording has ${MOST_THREADS} threads of comments, and there is no room for more. Nothing was written; reply in one of them, or delete one first.`,
  );

export const nameTooManyReplies = (): AppError =>
  new AppError(
    "conflict",
    `This thread has ${MOST_REPLIES} replies, and there is no room for more. Nothing was written; begin a new thread at the same time.`,
  );
