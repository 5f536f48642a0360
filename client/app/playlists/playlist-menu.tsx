import { Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconDownload, IconPencil, IconShare, IconTrash } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Playlist } from "#contract/playlists.ts";
import { backline, queryClient, sentenceOf, trpc } from "../api.ts";
import { useIsEditor } from "../frame/band.ts";
import { Confirm } from "../frame/confirm.tsx";
import { MoreMenu } from "../frame/more-menu.tsx";
import { openListShareDialog, type Shareable } from "../shares/dialog.ts";
import { playlists } from "../words/playlists.ts";
import { shares } from "../words/shares.ts";
import { NamePlaylist } from "./name-playlist.tsx";

export function PlaylistMenu({ playlist }: { readonly playlist: Playlist }) {
  const isEditor = useIsEditor();
  const [opened, setOpened] = useState<"rename" | "remove" | null>(null);
  const close = () => setOpened(null);
  return (
    <>
      <MoreMenu label={playlists.more(playlist.name)}>
        <Menu.Item
          leftSection={<IconDownload size={16} aria-hidden />}
          disabled={playlist.itemCount === 0}
          onClick={() => void save(playlist)}
        >
          {playlists.export}
        </Menu.Item>
        {isEditor ? (
          <>
            <Menu.Item
              leftSection={<IconShare size={16} aria-hidden />}
              onClick={() => openListShareDialog(toShareable(playlist))}
            >
              {shares.share}
            </Menu.Item>
            <Menu.Item
              leftSection={<IconPencil size={16} aria-hidden />}
              onClick={() => setOpened("rename")}
            >
              {playlists.rename}
            </Menu.Item>
            <Menu.Item
              color="red"
              leftSection={<IconTrash size={16} aria-hidden />}
              onClick={() => setOpened("remove")}
            >
              {playlists.remove}
            </Menu.Item>
          </>
        ) : null}
      </MoreMenu>
      {opened === "rename" ? <NamePlaylist playlist={playlist} onClose={close} /> : null}
      <RemovePlaylist playlist={playlist} isOpen={opened === "remove"} onClose={close} />
    </>
  );
}

const toShareable = ({ id, bandId, name }: Playlist): Shareable => ({
  bandId,
  title: name,
  target: { playlistId: id },
});

/** As the browser saves any file. */
async function save({ id }: Playlist): Promise<void> {
  try {
    const file = await backline.api.playback.playlists.export.query({ playlistId: id });
    const url = URL.createObjectURL(new Blob([file.text], { type: "audio/x-mpegurl" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = file.filename;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  } catch (error) {
    notifications.show({ message: sentenceOf(error) });
  }
}

interface RemovePlaylistProps {
  readonly playlist: Playlist;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

function RemovePlaylist({ playlist, isOpen, onClose }: RemovePlaylistProps) {
  const navigate = useNavigate();
  const remove = useMutation(
    trpc.playback.playlists.remove.mutationOptions({
      async onSuccess() {
        notifications.show({ message: playlists.removed(playlist.name) });
        const params = { bandId: playlist.bandId };
        await navigate({ to: "/b/$bandId/playlists", params, replace: true });
        await queryClient.invalidateQueries({ queryKey: trpc.playback.playlists.list.pathKey() });
      },
    }),
  );
  return (
    <Confirm
      title={playlists.removeTitle(playlist.name)}
      texts={playlists.removeTexts}
      confirm={playlists.removeConfirm}
      isHarmful
      isOpen={isOpen}
      onClose={onClose}
      onConfirm={() => remove.mutate({ playlistId: playlist.id })}
      isPending={remove.isPending}
      error={remove.error}
    />
  );
}
