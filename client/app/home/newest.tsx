import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Track } from "#contract/library.ts";
import { sentenceOf, trpc } from "../api.ts";
import { useBandId } from "../frame/band.ts";
import { Section } from "../frame/screen.tsx";
import { Cover } from "../library/cover.tsx";
import { LevelBars } from "../library/level-bars.tsx";
import { playTracks } from "../library/play.ts";
import { usePlayer } from "../playback/use-player.ts";
import { formatAgo } from "../words/format.ts";
import { library } from "../words/library.ts";
import { home } from "../words/settings.ts";
import s from "./home.module.css";

const SHOWN = 12;

/** The newest tracks; one click plays them from there. */
export function Newest() {
  const bandId = useBandId();
  const { data, error } = useQuery(
    trpc.library.tracks.list.queryOptions({
      bandId,
      sort: "added",
      direction: "descending",
      filter: { state: "present" },
      limit: SHOWN,
    }),
  );
  return (
    <Section
      title={home.newest}
      action={
        <Link to="/b/$bandId/library" params={{ bandId }} search={{ sort: "added", dir: "desc" }}>
          {home.all}
        </Link>
      }
    >
      {error ? (
        <p className="soft">
          {home.failed} {sentenceOf(error)}
        </p>
      ) : data?.tracks.length === 0 ? (
        <p className="soft">{home.quiet}</p>
      ) : (
        <ul className={s.tiles}>
          {data
            ? data.tracks.map((track, index) => (
                <li key={track.id}>
                  <Tile track={track} onPlay={() => playTracks(data.tracks, index)} />
                </li>
              ))
            : Array.from({ length: SHOWN }, (_, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike and never move
                <li key={at} className={s.tile}>
                  <Skeleton className={s.tileCover ?? ""} height={48} />
                  <Skeleton height={12} width="60%" />
                </li>
              ))}
        </ul>
      )}
    </Section>
  );
}

interface TileProps {
  readonly track: Track;
  readonly onPlay: () => void;
}

function Tile({ track, onPlay }: TileProps) {
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
          {track.artist ?? library.unknownArtist} · {formatAgo(track.addedAt)}
        </span>
      </span>
      {isCurrent ? <LevelBars isPlaying={isPlaying} /> : null}
    </button>
  );
}
