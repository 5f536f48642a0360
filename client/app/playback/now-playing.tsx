import { Link } from "@tanstack/react-router";
import { Cover } from "../library/cover.tsx";
import { library } from "../words/library.ts";
import { playback } from "../words/playback.ts";
import s from "./player.module.css";
import { usePlayer } from "./use-player.ts";

/** Cover, title and artist of what plays. @param isPlain - without links, inside another target. */
export function NowPlaying({ isPlain = false }: { readonly isPlain?: boolean }) {
  const track = usePlayer((state) => state.track);
  if (!track) {
    return (
      <div className={s.now}>
        <span className={s.nowCover} data-empty />
        <div className={s.nowText}>
          <div className="cut soft">{playback.nothing}</div>
        </div>
      </div>
    );
  }
  return (
    <div className={s.now}>
      <span className={s.nowCover}>
        <Cover track={track} size="small" />
      </span>
      <div className={s.nowText}>
        {isPlain || !track.bandId ? (
          <div className={`${s.nowTitle} cut`}>{track.title}</div>
        ) : (
          <Link
            className={`${s.nowTitle} cut`}
            to="/b/$bandId/tracks/$trackId"
            params={{ bandId: track.bandId, trackId: track.id }}
            aria-label={playback.details(track.title)}
          >
            {track.title}
          </Link>
        )}
        <div className={`${s.nowBy} cut`}>{track.artist ?? library.unknownArtist}</div>
      </div>
    </div>
  );
}
