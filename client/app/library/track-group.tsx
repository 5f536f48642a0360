import { Button } from "@mantine/core";
import { IconPlayerPauseFilled, IconPlayerPlayFilled } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { Track } from "#contract/library.ts";
import { player } from "../playback/here.ts";
import { usePlayer } from "../playback/use-player.ts";
import { speakDuration } from "../words/format.ts";
import { library } from "../words/library.ts";
import { views } from "../words/views.ts";
import { playQueueOf } from "./play.ts";
import type { TrackPages } from "./use-track-pages.ts";
import { FailedView } from "./view-screen.tsx";
import s from "./views.module.css";

interface TrackGroupProps {
  readonly pages: TrackPages;
  readonly label: string;
  /** In the order of an album, with its numbers and a heading to each disc when there are several. */
  readonly isAlbum?: boolean;
  /** Shown where a track's differs, or without an album always. */
  readonly artist?: string | null;
}

/** The tracks of one thing, page after page; every one can be played, and the list goes on from it. */
export function TrackGroup({ pages, label, isAlbum = false, artist = null }: TrackGroupProps) {
  const playingId = usePlayer(({ track }) => track?.id);
  const isPlaying = usePlayer((state) => state.isPlaying);
  const { rows, total, error } = pages;
  if (total === null && error) return <FailedView error={error} onRetry={pages.retry} />;
  if (total === null) return <LoadingRows />;
  const discs = new Set(rows.map(({ discNumber }) => discNumber ?? 1));
  const playingMark = isPlaying ? "playing" : "paused";
  const toggle = (index: number) => {
    if (rows[index]?.id === playingId) player.toggle();
    else playQueueOf(pages.toQueue(index));
  };
  return (
    <>
      <ol className={s.rows} aria-label={label}>
        {rows.map((track, index) => {
          return (
            <li key={track.id}>
              {isAlbum && discs.size > 1 && isFirstOfDisc(rows, index) ? (
                <h2 className={s.disc}>{views.disc(track.discNumber ?? 1)}</h2>
              ) : null}
              <Row
                track={track}
                number={isAlbum ? track.trackNumber : null}
                artist={isAlbum && track.artist === artist ? null : track.artist}
                mark={track.id === playingId ? playingMark : "none"}
                onPlay={() => toggle(index)}
              />
            </li>
          );
        })}
      </ol>
      {error ? <FailedView error={error} onRetry={pages.retry} /> : null}
      {pages.next !== null && !error ? (
        <Button variant="default" loading={pages.isLoading} onClick={() => pages.want(rows.length)}>
          {views.more}
        </Button>
      ) : null}
    </>
  );
}

const isFirstOfDisc = (rows: readonly Track[], index: number): boolean =>
  index === 0 || (rows[index]?.discNumber ?? 1) !== (rows[index - 1]?.discNumber ?? 1);

interface RowProps {
  readonly track: Track;
  readonly number: number | null;
  readonly artist: string | null;
  readonly mark: "none" | "playing" | "paused";
  readonly onPlay: () => void;
}

function Row({ track, number, artist, mark, onPlay }: RowProps) {
  const { id, bandId, title, durationMs, state, missingSince } = track;
  const trouble =
    state === "failed" ? library.failed : missingSince ? library.missingSince(missingSince) : null;
  const says = mark === "playing" ? views.pauseRow(title) : views.playRow(title);
  return (
    <div className={s.row} data-mark={mark} data-gone={trouble ? true : undefined}>
      <span className={s.number}>{number ?? ""}</span>
      <button
        type="button"
        className={s.play}
        aria-label={says}
        disabled={state !== "present"}
        onClick={onPlay}
      >
        {mark === "playing" ? (
          <IconPlayerPauseFilled size={16} aria-hidden />
        ) : (
          <IconPlayerPlayFilled size={16} aria-hidden />
        )}
      </button>
      <span className={s.what}>
        <Link className={s.link} to="/b/$bandId/tracks/$trackId" params={{ bandId, trackId: id }}>
          {title}
        </Link>
        {trouble || artist ? <span className={s.by}>{trouble ?? artist}</span> : null}
      </span>
      {durationMs === null ? null : (
        <span className="times soft" title={speakDuration(durationMs)}>
          {views.duration(durationMs)}
        </span>
      )}
    </div>
  );
}

const ROWS = 8;

const LoadingRows = () => (
  <div className={s.rows} aria-hidden="true">
    {Array.from({ length: ROWS }, (_, at) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike and never move
      <div key={at} className={s.row}>
        <span className={s.bone} />
      </div>
    ))}
  </div>
);
