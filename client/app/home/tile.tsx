import type { Track } from "#contract/library.ts";
import { Cover } from "../library/cover.tsx";
import { LevelBars } from "../library/level-bars.tsx";
import { usePlayer } from "../playback/use-player.ts";
import { formatAgo } from "../words/format.ts";
import { library } from "../words/library.ts";
import s from "./home.module.css";

interface TileProps {
  readonly track: Track;
  /** When it was added, or heard. */
  readonly moment: string;
  readonly onPlay: () => void;
}

/** A track that one click plays. */
export function Tile({ track, moment, onPlay }: TileProps) {
  const isCurrent = usePlayer((state) => state.track?.id === track.id);
  const isPlaying = usePlayer((state) => state.isPlaying);
  return (
    <button
      type="button"
      className={s.tile}
      aria-current={isCurrent ? "true" : undefined}
      onClick={onPlay}
    >
      <span className="out-of-sight">
        {isCurrent && isPlaying ? library.track.pause : library.track.play}
      </span>
      <span className={s.tileCover}>
        <Cover track={track} size="small" />
      </span>
      <span className={s.tileText}>
        <span className={`${s.tileTitle} cut`}>{track.title}</span>
        <span className={`${s.tileBy} cut`}>
          {track.artist ?? library.unknownArtist} · {formatAgo(moment)}
        </span>
      </span>
      {isCurrent ? <LevelBars isPlaying={isPlaying} /> : null}
    </button>
  );
}
