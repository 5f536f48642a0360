import { useNavigate } from "@tanstack/react-router";
import { useLayoutEffect, useRef, useState } from "react";
import type { Thread } from "#contract/comments.ts";
import type { Track } from "#contract/library.ts";
import { playAt } from "../library/play.ts";
import { comments } from "../words/comments.ts";
import { toClusters } from "./clusters.ts";
import { nameOf, useThreads } from "./comments.ts";
import s from "./marks.module.css";

/** Room for a finger. */
const MARK_PIXELS = 26;

/** Where somebody has written something, on the waveform. */
export function CommentMarks({ track }: { readonly track: Track }) {
  const { data: threads = [] } = useThreads(track.id);
  const navigate = useNavigate();
  const lane = useRef<HTMLUListElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = lane.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const open = (thread: Thread) => {
    if (track.state !== "missing") playAt(track, (thread.atMs ?? 0) / 1000);
    void navigate({
      to: "/b/$bandId/tracks/$trackId",
      params: { bandId: track.bandId, trackId: track.id },
      search: { comment: thread.id },
      replace: true,
      resetScroll: false,
    });
  };
  const clusters =
    track.durationMs && width > 0 ? toClusters(threads, track.durationMs, MARK_PIXELS / width) : [];
  return (
    <ul className={s.lane} ref={lane} aria-label={comments.title}>
      {clusters.map(({ threads: [first, ...others], at }) =>
        first ? (
          <li key={first.id} className={s.place} style={{ left: `${at * 100}%` }}>
            <button
              type="button"
              className={s.mark}
              aria-label={comments.mark(others.length + 1, first.atMs ?? 0, nameOf(first))}
              onClick={() => open(first)}
            >
              <span className={s.dot} aria-hidden="true">
                {others.length > 0 ? others.length + 1 : null}
              </span>
            </button>
          </li>
        ) : null,
      )}
    </ul>
  );
}
