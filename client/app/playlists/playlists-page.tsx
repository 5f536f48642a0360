import { Button } from "@mantine/core";
import { IconPlaylistAdd, IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Playlist } from "#contract/playlists.ts";
import { useBandId, useIsEditor } from "../frame/band.ts";
import { Screen } from "../frame/screen.tsx";
import { AllLists } from "../lists/all-lists.tsx";
import { ListLine } from "../lists/list-line.tsx";
import s from "../lists/lists.module.css";
import { playlists } from "../words/playlists.ts";
import { ImportButton } from "./import-button.tsx";
import { NamePlaylist } from "./name-playlist.tsx";
import { PlaylistCover } from "./playlist-cover.tsx";
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
      <PlaylistList />
      {isNaming ? <NamePlaylist onClose={() => setIsNaming(false)} /> : null}
    </Screen>
  );
}

function PlaylistList() {
  const { data, error, refetch } = usePlaylists(useBandId());
  return (
    <AllLists
      all={data}
      error={error}
      onRetry={refetch}
      icon={<IconPlaylistAdd size={24} />}
      words={playlists}
    >
      {(playlist) => <PlaylistLink playlist={playlist} />}
    </AllLists>
  );
}

const PlaylistLink = ({ playlist }: { readonly playlist: Playlist }) => (
  <Link
    className={s.line}
    to="/b/$bandId/playlists/$playlistId"
    params={{ bandId: playlist.bandId, playlistId: playlist.id }}
  >
    <ListLine
      cover={<PlaylistCover covers={playlist.covers} />}
      name={playlist.name}
      facts={[
        playlists.facts(playlist.itemCount, playlist.durationMs),
        ...(playlist.createdBy ? [playlists.by(playlist.createdBy)] : []),
      ].join(" · ")}
    />
  </Link>
);
