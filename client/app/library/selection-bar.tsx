import { ActionIcon, Button } from "@mantine/core";
import {
  IconCalendarPlus,
  IconHeart,
  IconPencil,
  IconPlayerPlayFilled,
  IconPlayerTrackNext,
  IconPlaylistAdd,
  IconX,
} from "@tabler/icons-react";
import { useSyncExternalStore } from "react";
import type { Track } from "#contract/library.ts";
import { useBandId, useIsEditor } from "../frame/band.ts";
import { setFavourites, useAreFavourites } from "../listening/favourites.ts";
import { openPlaylistDialog } from "../playlists/dialog.ts";
import { openFilingDialog } from "../rehearsals/dialog.ts";
import { edits } from "../words/edits.ts";
import { library } from "../words/library.ts";
import { listening } from "../words/listening.ts";
import { playlists } from "../words/playlists.ts";
import { rehearsals } from "../words/rehearsals.ts";
import { openEditDialog } from "./edit-dialog.ts";
import s from "./library.module.css";
import { playAllAfterCurrent, playTracks } from "./play.ts";
import type { Selection } from "./selection.ts";

/** What can be done with all that is picked; nothing while nothing is. */
export function SelectionBar({ selection }: { readonly selection: Selection }) {
  const picked = useSyncExternalStore(selection.picked.subscribe, selection.picked.get);
  const isEditor = useIsEditor();
  const tracks = [...picked.values()];
  const playable = tracks.filter(({ state }) => state === "present");
  const isSilent = playable.length === 0;
  if (tracks.length === 0) return null;
  return (
    <div className={s.news} role="toolbar" aria-label={library.selection.title}>
      <output className="times">{library.selection.count(tracks.length)}</output>
      <Button
        size="compact-sm"
        disabled={isSilent}
        leftSection={<IconPlayerPlayFilled size={14} aria-hidden />}
        onClick={() => playTracks(playable, 0)}
      >
        {library.track.play}
      </Button>
      <Button
        variant="default"
        size="compact-sm"
        disabled={isSilent}
        leftSection={<IconPlayerTrackNext size={14} aria-hidden />}
        onClick={() => playAllAfterCurrent(playable)}
      >
        {library.playNext}
      </Button>
      {isEditor ? <ForEditors tracks={tracks} /> : null}
      <Favourites tracks={tracks} />
      <ActionIcon aria-label={library.selection.clear} onClick={selection.clear}>
        <IconX size={16} />
      </ActionIcon>
    </div>
  );
}

const ForEditors = ({ tracks }: { readonly tracks: readonly Track[] }) => (
  <>
    <Button
      variant="default"
      size="compact-sm"
      leftSection={<IconPlaylistAdd size={14} aria-hidden />}
      onClick={() => openPlaylistDialog(tracks)}
    >
      {playlists.add}
    </Button>
    <Button
      variant="default"
      size="compact-sm"
      leftSection={<IconCalendarPlus size={14} aria-hidden />}
      onClick={() => openFilingDialog(tracks)}
    >
      {rehearsals.file}
    </Button>
    <Button
      variant="default"
      size="compact-sm"
      leftSection={<IconPencil size={14} aria-hidden />}
      onClick={() => openEditDialog(tracks)}
    >
      {edits.editSeveral}
    </Button>
  </>
);

/** Takes them away again where all of them are favourites. */
function Favourites({ tracks }: { readonly tracks: readonly Track[] }) {
  const areFavourites = useAreFavourites(
    useBandId(),
    tracks.map(({ id }) => id),
  );
  return (
    <Button
      variant="default"
      size="compact-sm"
      leftSection={<IconHeart size={14} aria-hidden />}
      onClick={() => void setFavourites(tracks, !areFavourites)}
    >
      {areFavourites ? listening.unmark : listening.mark}
    </Button>
  );
}
