import { Menu } from "@mantine/core";
import {
  IconCalendarPlus,
  IconCheckbox,
  IconDownload,
  IconHeart,
  IconInfoCircle,
  IconPencil,
  IconPlayerTrackNext,
  IconPlaylistAdd,
  IconShare,
  IconTrash,
} from "@tabler/icons-react";
import { backline } from "../api.ts";
import { useBandId, useIsEditor } from "../frame/band.ts";
import { MenuLink } from "../frame/menu-link.tsx";
import { setFavourite, useIsFavourite } from "../listening/favourites.ts";
import { openPlaylistDialog } from "../playlists/dialog.ts";
import { openFilingDialog } from "../rehearsals/dialog.ts";
import { openShareDialog } from "../shares/dialog.ts";
import { edits } from "../words/edits.ts";
import { library } from "../words/library.ts";
import { listening } from "../words/listening.ts";
import { playlists } from "../words/playlists.ts";
import { rehearsals } from "../words/rehearsals.ts";
import { shares } from "../words/shares.ts";
import { openDeleteDialog } from "./delete-dialog.ts";
import { openEditDialog } from "./edit-dialog.ts";
import { playAfterCurrent } from "./play.ts";
import s from "./row-menu.module.css";
import type { Selection } from "./selection.ts";
import { useDeletable } from "./use-deletable.ts";
import type { OpenMenu } from "./use-table-input.ts";

interface RowMenuProps {
  readonly menu: OpenMenu | null;
  readonly selection: Selection;
  readonly onClose: () => void;
}

/** One menu for all rows, where it was asked for. */
export function RowMenu({ menu, selection, onClose }: RowMenuProps) {
  const bandId = useBandId();
  const isEditor = useIsEditor();
  if (!menu) return null;
  const { track, index, x, y } = menu;
  const isMissing = track.state === "missing";
  return (
    <Menu opened onClose={onClose} position="bottom-start" offset={0} width={200}>
      <Menu.Target>
        <button
          type="button"
          tabIndex={-1}
          className={s.anchor}
          style={{ left: x, top: y }}
          aria-label={library.moreFor(track.title)}
        />
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<IconPlayerTrackNext size={16} aria-hidden />}
          disabled={isMissing}
          onClick={() => playAfterCurrent(track)}
        >
          {library.playNext}
        </Menu.Item>
        <MenuLink
          to="/b/$bandId/tracks/$trackId"
          params={{ bandId, trackId: track.id }}
          leftSection={<IconInfoCircle size={16} aria-hidden />}
        >
          {library.details}
        </MenuLink>
        <Menu.Item
          component="a"
          href={backline.downloadUrl(track.id)}
          download
          leftSection={<IconDownload size={16} aria-hidden />}
          disabled={isMissing}
        >
          {library.download}
        </Menu.Item>
        {isEditor ? (
          <Menu.Item
            leftSection={<IconShare size={16} aria-hidden />}
            disabled={isMissing}
            onClick={() => openShareDialog(track)}
          >
            {shares.share}
          </Menu.Item>
        ) : null}
        {isEditor ? (
          <Menu.Item
            leftSection={<IconPlaylistAdd size={16} aria-hidden />}
            onClick={() => openPlaylistDialog([track])}
          >
            {playlists.add}
          </Menu.Item>
        ) : null}
        {isEditor ? (
          <>
            <Menu.Item
              leftSection={<IconCalendarPlus size={16} aria-hidden />}
              onClick={() => openFilingDialog([track])}
            >
              {rehearsals.file}
            </Menu.Item>
            <Menu.Item
              leftSection={<IconPencil size={16} aria-hidden />}
              onClick={() => openEditDialog([track])}
            >
              {edits.edit}
            </Menu.Item>
          </>
        ) : null}
        <Menu.Item
          leftSection={<IconCheckbox size={16} aria-hidden />}
          onClick={() => selection.toggle(index)}
        >
          {selection.picked.get().has(track.id)
            ? library.selection.unselect
            : library.selection.select}
        </Menu.Item>
        <FavouriteItem track={track} />
        <DeleteItem track={track} />
      </Menu.Dropdown>
    </Menu>
  );
}

function DeleteItem({ track }: Pick<OpenMenu, "track">) {
  const called = useDeletable(track);
  return called === null ? null : (
    <Menu.Item
      color="red"
      leftSection={<IconTrash size={16} aria-hidden />}
      onClick={() => openDeleteDialog(track)}
    >
      {called}
    </Menu.Item>
  );
}

function FavouriteItem({ track }: Pick<OpenMenu, "track">) {
  const isFavourite = useIsFavourite(track) ?? false;
  return (
    <Menu.Item
      leftSection={<IconHeart size={16} aria-hidden />}
      onClick={() => void setFavourite(track, !isFavourite)}
    >
      {isFavourite ? listening.unmark : listening.mark}
    </Menu.Item>
  );
}
