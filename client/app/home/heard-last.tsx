import { useQuery } from "@tanstack/react-query";
import { trpc } from "../api.ts";
import { useBandId } from "../frame/band.ts";
import { Section } from "../frame/screen.tsx";
import { playTracks } from "../library/play.ts";
import { home } from "../words/settings.ts";
import s from "./home.module.css";
import { Tile } from "./tile.tsx";

const SHOWN = 6;

/** What the listener has played last; nothing before they have heard anything. */
export function HeardLast() {
  const bandId = useBandId();
  const { data: plays = [] } = useQuery(
    trpc.playback.plays.recent.queryOptions({ bandId, limit: SHOWN }),
  );
  if (plays.length === 0) return null;
  const tracks = plays.map(({ track }) => track);
  return (
    <Section title={home.heardLast}>
      <ul className={s.tiles}>
        {plays.map(({ track, lastPlayedAt }, index) => (
          <li key={track.id}>
            <Tile track={track} moment={lastPlayedAt} onPlay={() => playTracks(tracks, index)} />
          </li>
        ))}
      </ul>
    </Section>
  );
}
