import { Button, Skeleton } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconAlertCircle, IconArrowLeft, IconPlayerPlayFilled } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import type { Playlist } from "#contract/playlists.ts";
import { refusalOf, sentenceOf } from "../api.ts";
import { Blank } from "../frame/blank.tsx";
import { NothingHere } from "../frame/broken.tsx";
import { useScreenTitle } from "../frame/title.ts";
import { player } from "../playback/here.ts";
import { frame } from "../words/frame.ts";
import { playlists } from "../words/playlists.ts";
import { PlaylistCover } from "./playlist-cover.tsx";
import { PlaylistItems } from "./playlist-items.tsx";
import { PlaylistMenu } from "./playlist-menu.tsx";
import s from "./playlists.module.css";
import { toQueue, usePlaylist } from "./playlists.ts";

export function PlaylistPage() {
  const { playlistId } = useParams({ from: "/b/$bandId/playlists/$playlistId" });
  const { data, error, refetch } = usePlaylist(playlistId);
  if (data) return <OnePlaylist playlist={data} />;
  if (!error) return <LoadingPlaylist />;
  const refusal = refusalOf(error)?.code;
  if (refusal === "not_found" || refusal === "forbidden") return <NothingHere />;
  return (
    <Blank
      isScreen
      isFailure
      icon={<IconAlertCircle size={24} />}
      title={playlists.failed}
      text={sentenceOf(error)}
    >
      <Button onClick={() => refetch()}>{frame.tryAgain}</Button>
    </Blank>
  );
}

function OnePlaylist({ playlist }: { readonly playlist: Playlist }) {
  useScreenTitle(playlist.name);
  const playFrom = (index: number) =>
    void toQueue(playlist.id, index).then(player.playQueue, (error: unknown) =>
      notifications.show({ message: sentenceOf(error) }),
    );
  return (
    <div className={s.page}>
      <BackLink />
      <div className={s.head}>
        <PlaylistCover covers={playlist.covers} />
        <div className={s.text}>
          <h1 className={s.title}>{playlist.name}</h1>
          <p className="soft times">{playlists.facts(playlist.itemCount, playlist.durationMs)}</p>
        </div>
        <div className={s.actions}>
          <Button
            leftSection={<IconPlayerPlayFilled size={16} aria-hidden />}
            disabled={playlist.itemCount === 0}
            onClick={() => playFrom(0)}
          >
            {playlists.play}
          </Button>
          <PlaylistMenu playlist={playlist} />
        </div>
      </div>
      <PlaylistItems playlist={playlist} onPlay={playFrom} />
    </div>
  );
}

function BackLink() {
  const { bandId } = useParams({ from: "/b/$bandId/playlists/$playlistId" });
  return (
    <Link className={s.back} to="/b/$bandId/playlists" params={{ bandId }}>
      <IconArrowLeft size={16} aria-hidden /> {playlists.back}
    </Link>
  );
}

const LoadingPlaylist = () => (
  <div className={s.page} aria-busy="true">
    <BackLink />
    <div className={s.head}>
      <Skeleton width={48} height={48} radius={4} />
      <div className={s.text}>
        <Skeleton height={18} width={220} />
        <Skeleton height={10} width={120} mt={10} />
      </div>
    </div>
    <Skeleton height={240} />
  </div>
);
