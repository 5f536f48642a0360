import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconPlayerPlayFilled } from "@tabler/icons-react";
import { useParams } from "@tanstack/react-router";
import type { Playlist } from "#contract/playlists.ts";
import { sentenceOf } from "../api.ts";
import { BackLink } from "../frame/back-link.tsx";
import { useBandId } from "../frame/band.ts";
import { FailedPage } from "../frame/failed.tsx";
import { ListPage, LoadingListPage } from "../lists/list-page.tsx";
import { player } from "../playback/here.ts";
import { playlists } from "../words/playlists.ts";
import { PlaylistCover } from "./playlist-cover.tsx";
import { PlaylistItems } from "./playlist-items.tsx";
import { PlaylistMenu } from "./playlist-menu.tsx";
import { toQueue, usePlaylist } from "./playlists.ts";

export function PlaylistPage() {
  const { playlistId } = useParams({ from: "/b/$bandId/playlists/$playlistId" });
  const { data, error, refetch } = usePlaylist(playlistId);
  if (data) return <OnePlaylist playlist={data} />;
  if (!error) return <LoadingListPage back={<ToPlaylists />} />;
  return <FailedPage title={playlists.failed} error={error} onRetry={refetch} />;
}

function OnePlaylist({ playlist }: { readonly playlist: Playlist }) {
  const playFrom = (index: number) =>
    void toQueue(playlist.id, index).then(player.playQueue, (error: unknown) =>
      notifications.show({ message: sentenceOf(error) }),
    );
  return (
    <ListPage
      back={<ToPlaylists />}
      cover={<PlaylistCover covers={playlist.covers} />}
      title={playlist.name}
      facts={playlists.facts(playlist.itemCount, playlist.durationMs)}
      actions={
        <>
          <Button
            leftSection={<IconPlayerPlayFilled size={16} aria-hidden />}
            disabled={playlist.itemCount === 0}
            onClick={() => playFrom(0)}
          >
            {playlists.play}
          </Button>
          <PlaylistMenu playlist={playlist} />
        </>
      }
    >
      <PlaylistItems playlist={playlist} onPlay={playFrom} />
    </ListPage>
  );
}

const ToPlaylists = () => (
  <BackLink to="/b/$bandId/playlists" params={{ bandId: useBandId() }}>
    {playlists.back}
  </BackLink>
);
