import type { Track } from "#contract/library.ts";
import { Cover } from "../library/cover.tsx";
import { LevelBars } from "../library/level-bars.tsx";
import { usePlayer } from "../playback/use-player.ts";
import { formatDuration } from "../words/format.ts";
import { library } from "../words/library.ts";
import { playback } from "../words/playback.ts";
import s from "./lists.module.css";

interface ListedTrackProps {
  readonly track: Track;
  readonly index: number;
  /** Below its title while its file is there. */
  readonly by: string;
  readonly onPlay: () => void;
}

/** A recording at its place in a list, which a click plays from here on. */
export function ListedTrack({ track, index, by, onPlay }: ListedTrackProps) {
  const isCurrent = usePlayer((state) => state.track?.id === track.id);
  const isPlaying = usePlayer((state) => state.isPlaying);
  const isMissing = track.state === "missing";
  return (
    <button
      type="button"
      className={s.itemPlay}
      aria-current={isCurrent ? "true" : undefined}
      disabled={isMissing}
      onClick={onPlay}
    >
      <span className="out-of-sight">{playback.play}</span>
      <span className={`${s.number} times`}>
        {isCurrent ? <LevelBars isPlaying={isPlaying} /> : index + 1}
      </span>
      <span className={s.itemCover}>
        <Cover track={track} size="small" />
      </span>
      <span className={s.text}>
        <span className={`${s.itemTitle} cut`}>{track.title}</span>
        <span className="soft cut">
          {isMissing && track.missingSince ? library.missingSince(track.missingSince) : by}
        </span>
      </span>
      <span className="soft times">
        {track.durationMs === null ? "" : formatDuration(track.durationMs)}
      </span>
    </button>
  );
}
