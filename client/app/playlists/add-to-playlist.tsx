import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { Playlist } from "#contract/playlists.ts";
import { trpc } from "../api.ts";
import { useBandId } from "../frame/band.ts";
import { Choice, ChooseList } from "../lists/choose-list.tsx";
import { ListLine } from "../lists/list-line.tsx";
import type { Listable } from "../lists/listable.ts";
import { nameTracks } from "../words/library.ts";
import { playlists } from "../words/playlists.ts";
import { NamePlaylist } from "./name-playlist.tsx";
import { PlaylistCover } from "./playlist-cover.tsx";
import { notePlaylist, usePlaylists } from "./playlists.ts";

interface AddToPlaylistProps {
  readonly tracks: readonly Listable[];
  readonly onClose: () => void;
}

/** Puts recordings at the end of a playlist, or into a new one. */
export function AddToPlaylist({ tracks, onClose }: AddToPlaylistProps) {
  const { data = [], error } = usePlaylists(useBandId());
  const trackIds = tracks.map(({ id }) => id);
  const [isNew, setIsNew] = useState(false);
  const say = ({ name }: Playlist) =>
    notifications.show({ message: playlists.added(nameTracks(tracks), name) });
  const add = useMutation(
    trpc.playback.playlists.add.mutationOptions({
      async onSuccess(playlist) {
        onClose();
        say(playlist);
        await notePlaylist(playlist);
      },
    }),
  );
  if (isNew) return <NamePlaylist trackIds={trackIds} onClose={onClose} onMade={say} />;
  return (
    <ChooseList
      title={playlists.addTitle(nameTracks(tracks))}
      label={playlists.list}
      error={add.error ?? error}
      create={playlists.create}
      onCreate={() => setIsNew(true)}
      onClose={onClose}
    >
      {data.map((playlist) => (
        <Choice
          key={playlist.id}
          isPending={add.isPending}
          onChoose={() => add.mutate({ playlistId: playlist.id, trackIds })}
        >
          <ListLine
            cover={<PlaylistCover covers={playlist.covers} />}
            name={playlist.name}
            facts={playlists.facts(playlist.itemCount, playlist.durationMs)}
          />
        </Choice>
      ))}
    </ChooseList>
  );
}
