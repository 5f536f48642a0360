import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import type { Album } from "#contract/views.ts";
import { trpc } from "../api.ts";
import { useBandId } from "../frame/band.ts";
import { views } from "../words/views.ts";
import { AlbumCover, artistOf } from "./album-card.tsx";
import { countsOf } from "./names-view.tsx";
import { OneOfView } from "./one-of-view.tsx";
import { TrackGroup } from "./track-group.tsx";
import { useTrackPages } from "./use-track-pages.ts";
import { ViewPage } from "./view-head.tsx";
import s from "./views.module.css";

export function AlbumPage() {
  const bandId = useBandId();
  const { albumId } = useParams({ from: "/b/$bandId/library/albums/$albumId" });
  const { data, error, refetch } = useQuery(
    trpc.library.albums.get.queryOptions({ bandId, albumId }),
  );
  const pages = useTrackPages(bandId, { albumId }, "album");
  if (!data) return <OneOfView error={error} onRetry={() => void refetch()} />;
  const { album } = data;
  return (
    <ViewPage
      title={album.title}
      by={
        album.artist && album.artistId ? (
          <Link
            className={s.link}
            to="/b/$bandId/library/artists/$artistId"
            params={{ bandId, artistId: album.artistId }}
          >
            {album.artist}
          </Link>
        ) : (
          artistOf(album)
        )
      }
      facts={factsOf(album)}
      cover={<AlbumCover album={album} label={views.coverOf(album.title)} />}
      pages={pages}
    >
      <TrackGroup pages={pages} label={album.title} isAlbum artist={album.artist} />
    </ViewPage>
  );
}

const factsOf = (album: Album): string[] => [
  ...(album.isCompilation ? [views.compilation] : []),
  ...(album.year === null ? [] : [String(album.year)]),
  countsOf(album),
  views.duration(album.durationMs),
];
