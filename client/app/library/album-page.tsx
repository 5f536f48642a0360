import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconPencil } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { MOST_EDITED } from "#contract/enough.ts";
import type { Track } from "#contract/library.ts";
import type { Album } from "#contract/views.ts";
import { backline, sentenceOf, trpc } from "../api.ts";
import { useBandId, useIsEditor } from "../frame/band.ts";
import { edits } from "../words/edits.ts";
import { views } from "../words/views.ts";
import { AlbumCover, artistOf } from "./album-card.tsx";
import { openEditDialog } from "./edit-dialog.ts";
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
      actions={<EditAlbum album={album} />}
    >
      <TrackGroup pages={pages} label={album.title} isAlbum artist={album.artist} />
    </ViewPage>
  );
}

/** All of its tracks at once; it is the page of what they make up then. */
function EditAlbum({ album }: { readonly album: Album }) {
  const bandId = useBandId();
  const isEditor = useIsEditor();
  const navigate = useNavigate();
  const find = useMutation({
    mutationFn: () =>
      backline.api.library.tracks.list.query({
        ...{ bandId, filter: { albumId: album.id }, sort: "album", limit: MOST_EDITED },
      }),
    onSuccess({ tracks, next, total }) {
      if (next === null) return openEditDialog(tracks, goOn);
      const message = edits.tooMany(total ?? tracks.length + 1, MOST_EDITED);
      notifications.show({ message });
    },
    onError: (error) => void notifications.show({ message: sentenceOf(error) }),
  });
  const goOn = (saved: readonly Track[]) => {
    const [albumId, ...others] = new Set(saved.map((track) => track.albumId));
    if (albumId === album.id && others.length === 0) return;
    const params = { bandId };
    void (albumId && others.length === 0
      ? navigate({
          to: "/b/$bandId/library/albums/$albumId",
          params: { ...params, albumId },
          replace: true,
        })
      : navigate({ to: "/b/$bandId/library/albums", params, replace: true }));
  };
  return isEditor ? (
    <Button
      variant="default"
      leftSection={<IconPencil size={16} aria-hidden />}
      loading={find.isPending}
      onClick={() => find.mutate()}
    >
      {edits.editSeveral}
    </Button>
  ) : null;
}

const factsOf = (album: Album): string[] => [
  ...(album.isCompilation ? [views.compilation] : []),
  ...(album.year === null ? [] : [String(album.year)]),
  countsOf(album),
  views.duration(album.durationMs),
];
