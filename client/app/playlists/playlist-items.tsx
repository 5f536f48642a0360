import { Menu, Skeleton } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconArrowDown, IconArrowUp, IconArrowUpBar, IconPlaylistX } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { type DragEvent, useState } from "react";
import type { PlaylistItemId } from "#contract/ids.ts";
import type { Track } from "#contract/library.ts";
import type { Playlist, PlaylistItem } from "#contract/playlists.ts";
import { sentenceOf, trpc } from "../api.ts";
import { useIsEditor } from "../frame/band.ts";
import { MoreMenu } from "../frame/more-menu.tsx";
import { MorePages } from "../frame/more-pages.tsx";
import { ListedTrack } from "../lists/listed-track.tsx";
import s from "../lists/lists.module.css";
import { library } from "../words/library.ts";
import { playlists } from "../words/playlists.ts";
import { anchorFor } from "./moving.ts";
import { notePlaylist, useItems } from "./playlists.ts";

interface PlaylistItemsProps {
  readonly playlist: Playlist;
  readonly onPlay: (index: number) => void;
}

const sayFailure = (error: unknown) => notifications.show({ message: sentenceOf(error) });

function useChanges({ id: playlistId }: Playlist, items: readonly PlaylistItem[]) {
  const options = { onSuccess: notePlaylist, onError: sayFailure };
  const move = useMutation(trpc.playback.playlists.moveItems.mutationOptions(options));
  const remove = useMutation(trpc.playback.playlists.removeItems.mutationOptions(options));
  return {
    isPending: move.isPending || remove.isPending,
    move(from: number, to: number): void {
      const item = items[from];
      const ids = items.map(({ id }) => id);
      if (!item || from === to || to < 0 || to >= items.length) return;
      const after = anchorFor(ids, from, to);
      const done = () => notifications.show({ message: playlists.moved(item.track.title, to + 1) });
      move.mutate({ playlistId, itemIds: [item.id], after }, { onSuccess: done });
    },
    remove(item: PlaylistItem): void {
      const done = () => notifications.show({ message: playlists.taken(item.track.title) });
      remove.mutate({ playlistId, itemIds: [item.id] }, { onSuccess: done });
    },
  };
}

/** Its recordings in their order, which is changed by dragging or by each one's menu. */
export function PlaylistItems({ playlist, onPlay }: PlaylistItemsProps) {
  const isEditor = useIsEditor();
  const list = useItems(playlist.id);
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const changes = useChanges(playlist, items);
  const [dragged, setDragged] = useState<PlaylistItemId | null>(null);
  if (!list.data) {
    return list.error ? (
      <p className="soft">{sentenceOf(list.error)}</p>
    ) : (
      <Skeleton height={240} />
    );
  }
  if (items.length === 0) return <p className="soft">{playlists.nothing}</p>;
  const drop = (to: number) => {
    const from = items.findIndex(({ id }) => id === dragged);
    setDragged(null);
    if (from >= 0) changes.move(from, to);
  };
  return (
    <>
      <ol className={s.items} aria-label={playlists.items} aria-busy={changes.isPending}>
        {items.map((item, index) => (
          <li
            key={item.id}
            className={s.item}
            data-dragged={dragged === item.id || undefined}
            draggable={isEditor}
            onDragStart={(event) => begin(event, () => setDragged(item.id))}
            onDragEnd={() => setDragged(null)}
            onDragOver={(event) => dragged && event.preventDefault()}
            onDrop={(event) => {
              event.preventDefault();
              drop(index);
            }}
          >
            <ListedTrack
              track={item.track}
              index={index}
              by={byOf(item.track)}
              onPlay={() => onPlay(index)}
            />
            {isEditor ? (
              <ItemMenu
                item={item}
                index={index}
                count={items.length}
                onMove={(to) => changes.move(index, to)}
                onTake={() => changes.remove(item)}
              />
            ) : null}
          </li>
        ))}
      </ol>
      <MorePages list={list} />
    </>
  );
}

const byOf = ({ artist, album }: Track): string =>
  [artist ?? library.unknownArtist, album].filter(Boolean).join(" · ");

function begin(event: DragEvent, onBegin: () => void): void {
  event.dataTransfer.effectAllowed = "move";
  // Firefox drags nothing that has no data.
  event.dataTransfer.setData("text/plain", "");
  onBegin();
}

interface ItemMenuProps {
  readonly item: PlaylistItem;
  readonly index: number;
  readonly count: number;
  readonly onMove: (to: number) => void;
  readonly onTake: () => void;
}

const ItemMenu = ({ item, index, count, onMove, onTake }: ItemMenuProps) => (
  <MoreMenu label={playlists.moreForItem(item.track.title)}>
    <Menu.Item
      leftSection={<IconArrowUpBar size={16} aria-hidden />}
      disabled={index === 0}
      onClick={() => onMove(0)}
    >
      {playlists.top}
    </Menu.Item>
    <Menu.Item
      leftSection={<IconArrowUp size={16} aria-hidden />}
      disabled={index === 0}
      onClick={() => onMove(index - 1)}
    >
      {playlists.up}
    </Menu.Item>
    <Menu.Item
      leftSection={<IconArrowDown size={16} aria-hidden />}
      disabled={index === count - 1}
      onClick={() => onMove(index + 1)}
    >
      {playlists.down}
    </Menu.Item>
    <Menu.Item leftSection={<IconPlaylistX size={16} aria-hidden />} onClick={onTake}>
      {playlists.take}
    </Menu.Item>
  </MoreMenu>
);
