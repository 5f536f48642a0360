import { memo } from "react";
import type { Track } from "#contract/library.ts";
import { formatDuration, formatShortDay } from "../words/format.ts";
import { library } from "../words/library.ts";
import { Cover } from "./cover.tsx";
import { LevelBars } from "./level-bars.tsx";
import s from "./track-table.module.css";

export type RowMark = "none" | "playing" | "paused";

interface TrackRowProps {
  readonly track: Track;
  readonly index: number;
  readonly mark: RowMark;
  readonly isActive: boolean;
  readonly isSelected: boolean;
  readonly isCompact: boolean;
}

export const rowId = (index: number): string => `track-${index}`;

/**
 * One of up to 100,000, so it is as little as it can be: no hooks, no handlers, icons drawn by the
 * style sheet, and no style of its own, so that all rows share theirs (a browser that has to keep
 * one for each gets slower with every row that it has seen). The table hears what happens in it by
 * `data-index` and `data-do`.
 */
export const TrackRow = memo(function TrackRow(props: TrackRowProps) {
  const { track, index, mark, isActive, isSelected, isCompact } = props;
  return (
    <tr
      id={rowId(index)}
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      aria-current={mark === "none" ? undefined : "true"}
      className={s.row}
      data-index={index}
      data-active={isActive || undefined}
      data-state={track.state}
    >
      <PositionCell track={track} index={index} mark={mark} />
      <td className={s.cover}>
        <Cover track={track} size="small" />
      </td>
      <TitleCell track={track} isCompact={isCompact} />
      {isCompact ? null : <WideCells track={track} />}
      <td className={`${s.time} times`}>
        {track.durationMs === null ? "" : formatDuration(track.durationMs)}
      </td>
      <td className={s.moreCell}>
        <button
          type="button"
          tabIndex={-1}
          className={s.more}
          data-do="menu"
          aria-label={library.moreFor(track.title)}
        />
      </td>
    </tr>
  );
});

function PositionCell({ track, index, mark }: Pick<TrackRowProps, "track" | "index" | "mark">) {
  const isPlaying = mark === "playing";
  return (
    <td className={`${s.position} times`}>
      <span className={s.number}>
        {mark === "none" ? index + 1 : <LevelBars isPlaying={isPlaying} />}
      </span>
      {track.state === "missing" ? null : (
        <button
          type="button"
          tabIndex={-1}
          className={s.play}
          data-do="play"
          data-pauses={isPlaying || undefined}
          aria-label={isPlaying ? library.pauseRow(track.title) : library.playRow(track.title)}
        />
      )}
    </td>
  );
}

function TitleCell({ track, isCompact }: Pick<TrackRowProps, "track" | "isCompact">) {
  const trouble = troubleOf(track);
  const below =
    trouble ?? (isCompact ? [track.artist, track.album].filter(Boolean).join(" · ") : "");
  return (
    <td className={s.title}>
      <span className="cut">{track.title}</span>
      {below ? (
        <span className={`${s.below} cut`} title={trouble ?? undefined}>
          {below}
        </span>
      ) : null}
    </td>
  );
}

const WideCells = ({ track }: { readonly track: Track }) => (
  <>
    <td className={`${s.soft} cut`}>{track.artist ?? ""}</td>
    <td className={`${s.soft} cut`}>{track.album ?? ""}</td>
    <td className={`${s.soft} ${s.added} cut times`}>{formatShortDay(track.addedAt)}</td>
  </>
);

/** Why a row is grey, in a few words. */
function troubleOf({ state, missingSince, failure }: Track): string | null {
  switch (state) {
    case "present":
      return null;
    case "missing":
      return missingSince ? library.missingSince(missingSince) : library.isMissing;
    case "failed":
      return failure ?? library.failed;
  }
}

export const SkeletonRow = memo(function SkeletonRow() {
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a <tr> takes no focus
    <tr className={s.row} aria-hidden="true">
      <td className={s.position} />
      <td className={`${s.cover} ${s.bone}`} />
      <td className={`${s.bone} ${s.line}`} />
    </tr>
  );
});
