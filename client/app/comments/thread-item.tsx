import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import type { Thread } from "#contract/comments.ts";
import type { Track } from "#contract/library.ts";
import { backline, sentenceOf } from "../api.ts";
import { playAt } from "../library/play.ts";
import { comments } from "../words/comments.ts";
import { CommentBody, Small } from "./comment-body.tsx";
import s from "./comments.module.css";
import { elementIdOf, linkTo, nameOf, refreshThreads } from "./comments.ts";
import { Writing } from "./writing.tsx";

interface ThreadItemProps {
  readonly thread: Thread;
  readonly track: Track;
  /** The link that was opened means this one. */
  readonly isMeant: boolean;
}

export function ThreadItem({ thread, track, isMeant }: ThreadItemProps) {
  const [isReplying, setIsReplying] = useState(false);
  const reply = async (text: string) => {
    await backline.api.library.comments.reply.mutate({ commentId: thread.id, text });
    await refreshThreads(track.id);
  };
  return (
    <li
      id={elementIdOf(thread.id)}
      className={s.thread}
      data-meant={isMeant || undefined}
      data-resolved={thread.resolvedAt !== null || undefined}
    >
      <TimeChip thread={thread} track={track} />
      <div className={s.body}>
        {thread.resolvedAt === null ? null : (
          <p className={s.facts}>
            {comments.resolved(thread.resolvedBy?.name ?? null, thread.resolvedAt)}
          </p>
        )}
        <CommentBody comment={thread} trackId={track.id}>
          <Small onClick={() => setIsReplying(true)}>{comments.reply}</Small>
          <Small onClick={() => void settle(thread)}>
            {thread.resolvedAt === null ? comments.resolve : comments.reopen}
          </Small>
          <Small onClick={() => void copyLink(thread)}>{comments.copy}</Small>
        </CommentBody>
        {thread.replies.length > 0 ? (
          <ul className={s.replies}>
            {thread.replies.map((each) => (
              <li key={each.id}>
                <CommentBody comment={each} trackId={track.id} />
              </li>
            ))}
          </ul>
        ) : null}
        {isReplying ? (
          <Writing
            label={comments.replyTo(nameOf(thread))}
            submit={comments.reply}
            onSend={reply}
            onClose={() => setIsReplying(false)}
          />
        ) : null}
      </div>
    </li>
  );
}

function TimeChip({ thread: { atMs }, track }: Pick<ThreadItemProps, "thread" | "track">) {
  if (atMs === null) return <span className={s.whole}>{comments.at(null)}</span>;
  return (
    <Button
      size="compact-sm"
      variant="default"
      className={`${s.chip} times`}
      aria-label={comments.playFrom(atMs)}
      disabled={track.state === "missing"}
      onClick={() => playAt(track, atMs / 1000)}
    >
      {comments.at(atMs)}
    </Button>
  );
}

async function settle({ id: commentId, trackId, resolvedAt }: Thread): Promise<void> {
  try {
    await backline.api.library.comments.resolve.mutate({
      ...{ commentId, isResolved: resolvedAt === null },
    });
  } catch (error) {
    notifications.show({ message: sentenceOf(error) });
  }
  await refreshThreads(trackId);
}

async function copyLink(thread: Thread): Promise<void> {
  const link = linkTo(thread);
  const said = await navigator.clipboard?.writeText(link).then(
    () => comments.copied,
    () => undefined,
  );
  // Browsers have no clipboard over plain http.
  notifications.show({ message: said ?? comments.notCopied(link) });
}
