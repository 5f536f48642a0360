import { Button, Modal } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconPlus } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { Playlist } from "#contract/playlists.ts";
import { sentenceOf, trpc } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { useBandId } from "../frame/band.ts";
import { nameTracks } from "../words/library.ts";
import { playlists } from "../words/playlists.ts";
import type { Listable } from "./dialog.ts";
import { NamePlaylist } from "./name-playlist.tsx";
import { PlaylistCover } from "./playlist-cover.tsx";
import s from "./playlists.module.css";
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
  const failure = add.error ?? error;
  return (
    <Modal opened onClose={onClose} title={playlists.addTitle(nameTracks(tracks))}>
      <ul className={s.choices} aria-label={playlists.list}>
        {data.map((playlist) => (
          <li key={playlist.id}>
            <button
              type="button"
              className={s.line}
              disabled={add.isPending}
              onClick={() => add.mutate({ playlistId: playlist.id, trackIds })}
            >
              <PlaylistCover covers={playlist.covers} />
              <span className={s.text}>
                <span className={`${s.name} cut`}>{playlist.name}</span>
                <span className="soft times">
                  {playlists.facts(playlist.itemCount, playlist.durationMs)}
                </span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      <FormFailure>{failure ? sentenceOf(failure) : null}</FormFailure>
      <div className={s.foot}>
        <Button
          variant="default"
          leftSection={<IconPlus size={16} aria-hidden />}
          onClick={() => setIsNew(true)}
        >
          {playlists.create}
        </Button>
      </div>
    </Modal>
  );
}
