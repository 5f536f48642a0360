import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import type { Album } from "#contract/views.ts";
import { backline, trpc } from "../api.ts";
import { useBandId } from "../frame/band.ts";
import { views } from "../words/views.ts";
import { AlbumCard } from "./album-card.tsx";
import { countsOf } from "./names-view.tsx";
import { OneOfView } from "./one-of-view.tsx";
import { TrackGroup } from "./track-group.tsx";
import { usePages } from "./use-pages.ts";
import { useTrackPages } from "./use-track-pages.ts";
import { ViewPage } from "./view-head.tsx";
import s from "./views.module.css";

export function ArtistPage() {
  const bandId = useBandId();
  const { artistId } = useParams({ from: "/b/$bandId/library/artists/$artistId" });
  const { data, error, refetch } = useQuery(
    trpc.library.artists.get.queryOptions({ bandId, artistId }),
  );
  const tracks = useTrackPages(bandId, { artistId }, "album");
  const input = { bandId, artistId, sort: "year", limit: 60 } as const;
  const albums = usePages<Album>(["albums", "list"], input, async (cursor) => {
    const page = await backline.api.library.albums.list.query({ ...input, cursor });
    return { ...page, rows: page.albums };
  });
  if (!data) return <OneOfView error={error} onRetry={() => void refetch()} />;
  return (
    <ViewPage title={data.artist.name} facts={[countsOf(data.artist)]} pages={tracks}>
      {albums.total === 0 ? null : (
        <section aria-label={views.albumsOf}>
          <h2 className={s.part}>{views.albumsOf}</h2>
          <ul className={s.cards}>
            {(albums.total === null ? data.albums : albums.rows).map((album) => (
              <li key={album.id}>
                <AlbumCard album={album} />
              </li>
            ))}
          </ul>
          {albums.next === null ? null : (
            <Button
              variant="default"
              loading={albums.isLoading}
              onClick={() => albums.want(albums.rows.length)}
            >
              {views.more}
            </Button>
          )}
        </section>
      )}
      <h2 className={s.part}>{views.tracksOf}</h2>
      <TrackGroup pages={tracks} label={views.tracksOf} />
    </ViewPage>
  );
}
