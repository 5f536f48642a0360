import { Button, Skeleton } from "@mantine/core";
import { useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import type { Thread } from "#contract/comments.ts";
import type { Track } from "#contract/library.ts";
import { cueAt } from "../library/play.ts";
import { comments } from "../words/comments.ts";
import s from "./comments.module.css";
import { elementIdOf, useLiveComments, useThreads } from "./comments.ts";
import { Composer } from "./composer.tsx";
import { ThreadItem } from "./thread-item.tsx";

/** What is written about a recording, and where one writes. */
export function CommentsSection({ track }: { readonly track: Track }) {
  const { comment: meant, t } = useSearch({ from: "/b/$bandId/tracks/$trackId" });
  const { data: threads, error } = useThreads(track.id);
  useLiveComments(track.id);
  const isThere = threads?.some(({ id }) => id === meant) ?? false;

  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each link, not whenever tags change
  useEffect(() => {
    if (t !== undefined) cueAt(track, t);
  }, [track.id, t]);
  useEffect(() => {
    if (isThere && meant) {
      document.getElementById(elementIdOf(meant))?.scrollIntoView({ block: "center" });
    }
  }, [isThere, meant]);

  return (
    <section className={s.section} aria-labelledby="comments-title">
      <h2 className={s.title} id="comments-title">
        {comments.title}
      </h2>
      <Composer track={track} />
      {threads ? (
        <Threads threads={threads} track={track} meant={meant} />
      ) : error ? (
        <p>{comments.failed}</p>
      ) : (
        <Skeleton height={64} />
      )}
    </section>
  );
}

interface ThreadsProps {
  readonly threads: readonly Thread[];
  readonly track: Track;
  readonly meant: string | undefined;
}

function Threads({ threads, track, meant }: ThreadsProps) {
  const [showsResolved, setShowsResolved] = useState(false);
  const isShown = (thread: Thread) => thread.resolvedAt === null || thread.id === meant;
  const folded = threads.filter((thread) => !isShown(thread));
  return (
    <>
      {threads.length === 0 ? <p className={s.none}>{comments.none}</p> : null}
      <ul className={s.threads}>
        {threads
          .filter((thread) => showsResolved || isShown(thread))
          .map((thread) => (
            <ThreadItem
              key={thread.id}
              thread={thread}
              track={track}
              isMeant={thread.id === meant}
            />
          ))}
      </ul>
      {folded.length > 0 ? (
        <Button
          variant="default"
          aria-expanded={showsResolved}
          onClick={() => setShowsResolved(!showsResolved)}
        >
          {showsResolved ? comments.hideResolved : comments.showResolved(folded.length)}
        </Button>
      ) : null}
    </>
  );
}
