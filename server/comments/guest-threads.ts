import {
  type GuestComment,
  type GuestThread,
  MOST_REPLIES,
  MOST_THREADS,
  type ReplyAsGuest,
  type WriteAsGuest,
} from "#contract/comments.ts";
import type { BandId, CommentId, ShareId, TrackId } from "#contract/ids.ts";
import { write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { createId } from "#server/base/ids.ts";
import type { Deps } from "#server/deps.ts";
import { commentsTopic, nameTooManyReplies, nameTooManyThreads } from "./service.ts";
import * as store from "./store.ts";

/** Whoever calls these has found out that the guest may. */
export interface Admitted {
  readonly bandId: BandId;
  readonly shareId: ShareId;
  readonly trackId: TrackId;
}

/** Of one link a guest is shown so many threads. */
const MOST_SHOWN = 200;

/** What was written by the guests of one link about a recording, and what the band has replied. */
export async function listGuestThreads(
  { db }: Pick<Deps, "db">,
  admitted: Admitted,
): Promise<GuestThread[]> {
  const rows = await store.listGuestThreads(db, admitted, MOST_SHOWN);
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const replies = Map.groupBy(await store.listReplies(db, ids), ({ parentId }) => parentId);
  return rows.map((row) => ({
    ...toGuestComment(row),
    atMs: row.atMs,
    replies: (replies.get(row.id) ?? []).map(toGuestComment),
  }));
}

/** @throws AppError `conflict` for a recording about which very much is written. */
export async function writeAsGuest(
  deps: Pick<Deps, "db" | "events" | "now">,
  { bandId, shareId, trackId }: Admitted,
  { name, atMs, text }: Pick<WriteAsGuest, "name" | "atMs" | "text">,
): Promise<void> {
  await write(deps, async (tx) => {
    if ((await store.countThreads(tx, trackId)) >= MOST_THREADS) throw nameTooManyThreads();
    const lengthMs = await store.findLength(tx, trackId);
    await store.insertComment(tx, {
      ...{ id: createId<CommentId>(deps.now()), bandId, trackId, parentId: null, text },
      ...{ authorId: null, guestName: name, shareId },
      atMs: atMs === null ? null : Math.min(atMs, lengthMs ?? atMs),
    });
    await deps.events.publish(tx, commentsTopic(trackId));
  });
}

/**
 * To a thread that guests of the same link see: no other is there for them.
 *
 * @throws AppError `not_found`, `conflict` for a thread that very many have replied to.
 */
export async function replyToGuests(
  deps: Pick<Deps, "db" | "events" | "now">,
  admitted: Admitted,
  { commentId, name, text }: Pick<ReplyAsGuest, "commentId" | "name" | "text">,
): Promise<void> {
  const { bandId, shareId, trackId } = admitted;
  await write(deps, async (tx) => {
    if (!(await store.lockGuestThread(tx, admitted, commentId))) throw nameThreadGone();
    if ((await store.countReplies(tx, commentId)) >= MOST_REPLIES) throw nameTooManyReplies();
    await store.insertComment(tx, {
      ...{ id: createId<CommentId>(deps.now()), bandId, trackId, parentId: commentId, text },
      ...{ authorId: null, guestName: name, shareId, atMs: null },
    });
    await deps.events.publish(tx, commentsTopic(trackId));
  });
}

const nameThreadGone = (): AppError =>
  new AppError(
    "not_found",
    "The comment that you reply to was deleted meanwhile, and nothing was written. Your text is still in its field: copy it, and begin a comment of your own.",
  );

const toGuestComment = (row: store.CommentRow): GuestComment => ({
  id: row.id,
  name: row.guestName,
  text: row.text,
  createdAt: row.createdAt.toISOString(),
});
