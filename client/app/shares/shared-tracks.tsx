import type { SharedTrack } from "#contract/shares.ts";
import { backline } from "../api.ts";
import { Cover } from "../library/cover.tsx";
import { LevelBars } from "../library/level-bars.tsx";
import { usePlayer } from "../playback/use-player.ts";
import { formatDuration } from "../words/format.ts";
import { library } from "../words/library.ts";
import { playback } from "../words/playback.ts";
import { shares } from "../words/shares.ts";
import { RowDownload } from "./download.tsx";
import s from "./listen.module.css";
import type { SharedRecording } from "./opened-share.ts";
import type { SharePlayer } from "./share-player.ts";

const words = shares.guest;

interface SharedTracksProps {
  readonly token: string;
  readonly shared: SharedRecording;
  readonly guest: SharePlayer;
}

/** What a link to a list leads to, in order. */
export function SharedTracks({ token, shared, guest }: SharedTracksProps) {
  const { tracks, trackCount } = shared;
  if (tracks.length === 0) return null;
  return (
    <section className={s.below} aria-label={words.tracks}>
      <ol className={s.tracks} aria-label={words.tracks}>
        {tracks.map((track, index) => (
          <li key={track.id} className={s.row}>
            <TrackLine
              token={token}
              track={track}
              index={index}
              onPlay={() => guest.playFrom(index)}
            />
            <RowDownload shared={shared} track={track} guest={guest} />
          </li>
        ))}
      </ol>
      {tracks.length < trackCount ? (
        <p className="soft">{words.more(tracks.length, trackCount)}</p>
      ) : null}
    </section>
  );
}

interface TrackLineProps {
  readonly token: string;
  readonly track: SharedTrack;
  readonly index: number;
  readonly onPlay: () => void;
}

function TrackLine({ token, track, index, onPlay }: TrackLineProps) {
  const isCurrent = usePlayer((state) => state.track?.id === track.id);
  const isPlaying = usePlayer((state) => state.isPlaying);
  return (
    <button
      type="button"
      className={s.track}
      aria-current={isCurrent ? "true" : undefined}
      disabled={!track.isPresent}
      onClick={onPlay}
    >
      <span className="out-of-sight">{playback.play}</span>
      <span className={`${s.number} times`}>
        {isCurrent ? <LevelBars isPlaying={isPlaying} /> : index + 1}
      </span>
      <span className={s.trackCover}>
        <Cover track={track} size="small" url={backline.shareCoverUrl(token, track)} />
      </span>
      <span className={s.trackText}>
        <span className={`${s.trackTitle} cut`}>{track.title}</span>
        <span className="soft cut">{track.artist ?? library.unknownArtist}</span>
      </span>
      <span className="soft times">
        {track.durationMs === null ? "" : formatDuration(track.durationMs)}
      </span>
    </button>
  );
}
