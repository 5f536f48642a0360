import { Button, Skeleton, Textarea } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { LONGEST_COMMENT } from "#contract/comment-length.ts";
import type { GuestComment, GuestThread } from "#contract/comments.ts";
import type { ShareId } from "#contract/ids.ts";
import type { SharedTrack } from "#contract/shares.ts";
import { backline, queryClient, sentenceOf } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { useControls, usePlayer, useProgress } from "../playback/use-player.ts";
import { comments } from "../words/comments.ts";
import { formatAgo } from "../words/format.ts";
import { shares } from "../words/shares.ts";
import { NameField, useGivenName } from "./guest-name.tsx";
import { GuestReply } from "./guest-reply.tsx";
import s from "./listen.module.css";

const words = shares.guest.comments;

/** Replies of the band appear while somebody looks. */
const LOOK_AGAIN_MS = 20_000;

interface GuestCommentsProps {
  readonly shareId: ShareId;
  readonly track: SharedTrack;
}

/** What guests of the link write about a recording, and where they do. */
export function GuestComments({ shareId, track }: GuestCommentsProps) {
  const of = { shareId, trackId: track.id };
  const queryKey = ["guest comments", shareId, track.id];
  const { data, error } = useQuery({
    queryKey,
    queryFn: ({ signal }) => backline.api.playback.shares.comments.query(of, { signal }),
    refetchInterval: LOOK_AGAIN_MS,
  });
  const onWritten = (threads: GuestThread[]) => queryClient.setQueryData(queryKey, threads);
  return (
    <section className={s.below} aria-label={words.title(track.title)}>
      <h2 className={s.heading}>{words.title(track.title)}</h2>
      <Composer of={of} onWritten={onWritten} />
      {data ? (
        <Threads of={of} threads={data} onWritten={onWritten} />
      ) : error ? (
        <p>{words.failed}</p>
      ) : (
        <Skeleton height={48} />
      )}
    </section>
  );
}

export interface ComposerProps {
  readonly of: { readonly shareId: ShareId; readonly trackId: SharedTrack["id"] };
  readonly onWritten: (threads: GuestThread[]) => void;
}

/** Takes the time at which one begins to write, and keeps it while the music goes on. */
function Composer({ of, onWritten }: ComposerProps) {
  const player = useControls();
  const isCurrent = usePlayer((state) => state.track?.id === of.trackId);
  const name = useGivenName();
  const [text, setText] = useState("");
  const [heldMs, setHeldMs] = useState<number | null>(null);
  const nowMs = () => (isCurrent ? Math.round(player.progress.get().positionSeconds * 1000) : 0);
  const write = useMutation({
    mutationFn: () =>
      backline.api.playback.shares.comment.mutate({ ...of, name, text, atMs: heldMs ?? nowMs() }),
    onSuccess(threads) {
      setText("");
      setHeldMs(null);
      onWritten(threads);
    },
  });
  const isEmpty = name.trim() === "" || text.trim() === "";
  return (
    <form
      className={s.composer}
      onSubmit={(event) => {
        event.preventDefault();
        if (!isEmpty) write.mutate();
      }}
    >
      <NameField name={name} />
      <Field
        heldMs={heldMs}
        text={text}
        onText={(next) => {
          if (text === "" && next !== "") setHeldMs(nowMs());
          if (next === "") setHeldMs(null);
          setText(next);
        }}
      />
      <FormFailure>{write.error ? sentenceOf(write.error) : null}</FormFailure>
      <Button className={s.send ?? ""} type="submit" loading={write.isPending} disabled={isEmpty}>
        {words.send}
      </Button>
    </form>
  );
}

interface FieldProps {
  /** `null`: wherever the playhead is. */
  readonly heldMs: number | null;
  readonly text: string;
  readonly onText: (text: string) => void;
}

/** By itself, because the playhead moves several times a second. */
function Field({ heldMs, text, onText }: FieldProps) {
  const { positionSeconds } = useProgress();
  return (
    <Textarea
      label={comments.write(heldMs ?? positionSeconds * 1000)}
      value={text}
      onChange={(event) => onText(event.currentTarget.value)}
      maxLength={LONGEST_COMMENT}
      rows={2}
    />
  );
}

interface ThreadsProps extends ComposerProps {
  readonly threads: readonly GuestThread[];
}

function Threads({ threads, ...writing }: ThreadsProps) {
  const player = useControls();
  if (threads.length === 0) return <p className="soft">{words.none}</p>;
  return (
    <ul className={s.threads}>
      {threads.map((thread) => (
        <li key={thread.id} className={s.thread}>
          <Button
            className={s.at ?? ""}
            size="compact-sm"
            variant="default"
            disabled={thread.atMs === null}
            aria-label={thread.atMs === null ? undefined : comments.playFrom(thread.atMs)}
            onClick={() => player.seek((thread.atMs ?? 0) / 1000)}
          >
            {comments.at(thread.atMs)}
          </Button>
          <div>
            <Body comment={thread} />
            {thread.replies.length > 0 ? (
              <ul className={s.replies}>
                {thread.replies.map((reply) => (
                  <li key={reply.id}>
                    <Body comment={reply} />
                  </li>
                ))}
              </ul>
            ) : null}
            <GuestReply {...writing} thread={thread} />
          </div>
        </li>
      ))}
    </ul>
  );
}

const Body = ({ comment: { name, text, createdAt } }: { readonly comment: GuestComment }) => (
  <>
    <p className={s.facts}>
      <strong>{name ?? words.band}</strong> {formatAgo(createdAt)}
    </p>
    <p className={s.words}>{text}</p>
  </>
);
