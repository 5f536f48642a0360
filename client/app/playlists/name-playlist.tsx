import { Button, Modal, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { TrackId } from "#contract/ids.ts";
import type { Playlist } from "#contract/playlists.ts";
import { sentenceOf, trpc } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { useBandId } from "../frame/band.ts";
import s from "../lists/lists.module.css";
import { playlists } from "../words/playlists.ts";
import { notePlaylist } from "./playlists.ts";

interface NamePlaylistProps {
  /** The one that gets another name; a new one when left out. */
  readonly playlist?: Playlist;
  readonly trackIds?: readonly TrackId[];
  readonly onClose: () => void;
  /** Left out: its page opens. */
  readonly onMade?: (playlist: Playlist) => void;
}

/** Asks for a playlist's name, and makes or renames it. */
export function NamePlaylist({ playlist, trackIds = [], onClose, onMade }: NamePlaylistProps) {
  const bandId = useBandId();
  const navigate = useNavigate();
  const [name, setName] = useState(playlist?.name ?? "");
  const onSuccess = async (made: Playlist) => {
    onClose();
    await notePlaylist(made);
    if (onMade) onMade(made);
    else if (!playlist) {
      const params = { bandId, playlistId: made.id };
      void navigate({ to: "/b/$bandId/playlists/$playlistId", params });
    }
  };
  const create = useMutation(trpc.playback.playlists.create.mutationOptions({ onSuccess }));
  const rename = useMutation(trpc.playback.playlists.rename.mutationOptions({ onSuccess }));
  const { error, isPending } = playlist ? rename : create;
  return (
    <Modal opened onClose={onClose} title={playlist ? playlists.renameTitle : playlists.create}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() === "") return;
          if (playlist) rename.mutate({ playlistId: playlist.id, name });
          else create.mutate({ bandId, name, trackIds: [...trackIds] });
        }}
      >
        <TextInput
          label={playlists.name}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          maxLength={200}
          data-autofocus
          required
        />
        <FormFailure>{error ? sentenceOf(error) : null}</FormFailure>
        <div className={s.foot}>
          <Button type="submit" loading={isPending} disabled={name.trim() === ""}>
            {playlist ? playlists.save : playlists.submit}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
