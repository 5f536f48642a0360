import { Tooltip } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useLayoutEffect, useRef, useState } from "react";
import type { Thread } from "#contract/comments.ts";
import type { TrackId } from "#contract/ids.ts";
import type { Track } from "#contract/library.ts";
import { playAt } from "../library/play.ts";
import { comments } from "../words/comments.ts";
import { type Cluster, toClusters } from "./clusters.ts";
import { nameOf, useThreads } from "./comments.ts";
import s from "./marks.module.css";

/** Room for a finger. */
const MARK_PIXELS = 26;
/** Of what is written, so much is told before it is opened. */
const TOLD_CHARACTERS = 120;

/** Where somebody has written something, on the waveform. */
export function CommentMarks({ track }: { readonly track: Track }) {
  const navigate = useNavigate();
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
  return (
    <Marks
      trackId={track.id}
      durationMs={track.durationMs}
      title={comments.title}
      nameMark={comments.mark}
      onOpen={open}
    />
  );
}

interface MarksProps {
  readonly trackId: TrackId;
  readonly durationMs: number | null;
  readonly title: string;
  readonly nameMark: (count: number, atMs: number, name: string) => string;
  readonly onOpen: (thread: Thread) => void;
  /** Half of it lies below the lane, whose upper part is left to the pointer. */
  readonly isLow?: boolean;
}

export function Marks({ trackId, durationMs, title, isLow = false, ...mark }: MarksProps) {
  const { data: threads = [] } = useThreads(trackId);
  const lane = useRef<HTMLUListElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = lane.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const clusters =
    durationMs && width > 0 ? toClusters(threads, durationMs, MARK_PIXELS / width) : [];
  return (
    <ul className={s.lane} ref={lane} aria-label={title} data-low={isLow || undefined}>
      {clusters.map((cluster) => (
        <li
          key={cluster.threads[0]?.id}
          className={s.place}
          style={{ left: `${cluster.at * 100}%` }}
        >
          <Mark cluster={cluster} isLow={isLow} {...mark} />
        </li>
      ))}
    </ul>
  );
}

interface MarkProps extends Pick<MarksProps, "nameMark" | "onOpen"> {
  readonly cluster: Cluster;
  readonly isLow: boolean;
}

function Mark({ cluster: { threads }, isLow, nameMark, onOpen }: MarkProps) {
  const [first, ...others] = threads;
  if (!first) return null;
  return (
    <Tooltip label={toldOf(first)} multiline maw={280} offset={isLow ? 28 : 4} events={ALL}>
      <button
        type="button"
        className={s.mark}
        aria-label={nameMark(others.length + 1, first.atMs ?? 0, nameOf(first))}
        onClick={() => onOpen(first)}
      >
        <span className={s.dot} aria-hidden="true">
          {others.length > 0 ? others.length + 1 : null}
        </span>
      </button>
    </Tooltip>
  );
}

/** Whoever comes by keyboard is told as well. */
const ALL = { hover: true, focus: true, touch: false };

function toldOf(thread: Thread): string {
  const text = thread.isDeleted ? comments.deleted : thread.text;
  const characters = [...text];
  const isLong = characters.length > TOLD_CHARACTERS;
  const told = isLong ? `${characters.slice(0, TOLD_CHARACTERS).join("")}…` : text;
  return comments.told(thread.atMs, nameOf(thread), told);
}
