import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { sentenceOf, trpc } from "../api.ts";
import { useBandId } from "../frame/band.ts";
import { Section } from "../frame/screen.tsx";
import { playTracks } from "../library/play.ts";
import { home } from "../words/settings.ts";
import s from "./home.module.css";
import { Tile } from "./tile.tsx";

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
                  <Tile
                    track={track}
                    moment={track.addedAt}
                    onPlay={() => playTracks(data.tracks, index)}
                  />
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
