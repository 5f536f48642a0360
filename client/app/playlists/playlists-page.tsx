import { Button, Skeleton } from "@mantine/core";
import { IconAlertCircle, IconPlaylistAdd, IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Playlist } from "#contract/playlists.ts";
import { sentenceOf } from "../api.ts";
import { useBandId, useIsEditor } from "../frame/band.ts";
import { Blank } from "../frame/blank.tsx";
import { Screen } from "../frame/screen.tsx";
import { frame } from "../words/frame.ts";
import { playlists } from "../words/playlists.ts";
import { ImportButton } from "./import-button.tsx";
import { NamePlaylist } from "./name-playlist.tsx";
import { PlaylistCover } from "./playlist-cover.tsx";
import s from "./playlists.module.css";
import { usePlaylists } from "./playlists.ts";

/** All playlists of the band. */
export function PlaylistsPage() {
  const isEditor = useIsEditor();
  const [isNaming, setIsNaming] = useState(false);
  return (
    <Screen
      title={playlists.title}
      action={
        isEditor ? (
          <div className={s.actions}>
            <ImportButton />
            <Button
              leftSection={<IconPlus size={16} aria-hidden />}
              onClick={() => setIsNaming(true)}
            >
              {playlists.create}
            </Button>
          </div>
        ) : null
      }
    >
      <PlaylistList isEditor={isEditor} />
      {isNaming ? <NamePlaylist onClose={() => setIsNaming(false)} /> : null}
    </Screen>
  );
}

function PlaylistList({ isEditor }: { readonly isEditor: boolean }) {
  const { data, error, refetch } = usePlaylists(useBandId());
  if (!data && !error) return <LoadingPlaylists />;
  if (!data) {
    return (
      <Blank
        isFailure
        icon={<IconAlertCircle size={24} />}
        title={playlists.failed}
        text={sentenceOf(error)}
      >
        <Button onClick={() => refetch()}>{frame.tryAgain}</Button>
      </Blank>
    );
  }
  if (data.length === 0) {
    const { title, text, forListeners } = playlists.empty;
    return (
      <Blank
        icon={<IconPlaylistAdd size={24} />}
        title={title}
        text={isEditor ? text : `${text} ${forListeners}`}
      />
    );
  }
  return (
    <ul className={s.list} aria-label={playlists.list}>
      {data.map((playlist) => (
        <li key={playlist.id}>
          <PlaylistLine playlist={playlist} />
        </li>
      ))}
    </ul>
  );
}

const PlaylistLine = ({ playlist }: { readonly playlist: Playlist }) => (
  <Link
    className={s.line}
    to="/b/$bandId/playlists/$playlistId"
    params={{ bandId: playlist.bandId, playlistId: playlist.id }}
  >
    <PlaylistCover covers={playlist.covers} />
    <span className={s.text}>
      <span className={`${s.name} cut`}>{playlist.name}</span>
      <span className="soft cut times">
        {[
          playlists.facts(playlist.itemCount, playlist.durationMs),
          playlist.createdBy ? playlists.by(playlist.createdBy) : "",
        ]
          .filter(Boolean)
          .join(" · ")}
      </span>
    </span>
  </Link>
);

const LoadingPlaylists = () => (
  <div className={s.list} aria-busy="true">
    {["44%", "60%", "38%"].map((width) => (
      <div key={width} className={s.line}>
        <Skeleton width={48} height={48} radius={4} />
        <span className={s.text}>
          <Skeleton height={12} width={width} />
          <Skeleton height={10} width="24%" mt={8} />
        </span>
      </div>
    ))}
  </div>
);
