import { ActionIcon, Button, Menu, Skeleton } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import {
  IconArrowDown,
  IconArrowUp,
  IconArrowUpBar,
  IconDots,
  IconPlaylistX,
} from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { type DragEvent, useState } from "react";
import type { PlaylistItemId } from "#contract/ids.ts";
import type { Playlist, PlaylistItem } from "#contract/playlists.ts";
import { sentenceOf, trpc } from "../api.ts";
import { useIsEditor } from "../frame/band.ts";
import { Cover } from "../library/cover.tsx";
import { LevelBars } from "../library/level-bars.tsx";
import { usePlayer } from "../playback/use-player.ts";
import { formatDuration } from "../words/format.ts";
import { library } from "../words/library.ts";
import { playlists } from "../words/playlists.ts";
import { anchorFor } from "./moving.ts";
import s from "./playlists.module.css";
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
            <ItemLine item={item} index={index} onPlay={() => onPlay(index)} />
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
      {list.hasNextPage ? (
        <Button
          variant="default"
          loading={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          {playlists.showMore}
        </Button>
      ) : null}
    </>
  );
}

function begin(event: DragEvent, onBegin: () => void): void {
  event.dataTransfer.effectAllowed = "move";
  // Firefox drags nothing that has no data.
  event.dataTransfer.setData("text/plain", "");
  onBegin();
}

interface ItemLineProps {
  readonly item: PlaylistItem;
  readonly index: number;
  readonly onPlay: () => void;
}

function ItemLine({ item: { track }, index, onPlay }: ItemLineProps) {
  const isCurrent = usePlayer((state) => state.track?.id === track.id);
  const isPlaying = usePlayer((state) => state.isPlaying);
  const isMissing = track.state === "missing";
  return (
    <button
      type="button"
      className={s.itemPlay}
      aria-current={isCurrent ? "true" : undefined}
      disabled={isMissing}
      onClick={onPlay}
    >
      <span className="out-of-sight">{playlists.play}</span>
      <span className={`${s.number} times`}>
        {isCurrent ? <LevelBars isPlaying={isPlaying} /> : index + 1}
      </span>
      <span className={s.itemCover}>
        <Cover track={track} size="small" />
      </span>
      <span className={s.text}>
        <span className={`${s.itemTitle} cut`}>{track.title}</span>
        <span className="soft cut">
          {isMissing && track.missingSince
            ? library.missingSince(track.missingSince)
            : [track.artist ?? library.unknownArtist, track.album].filter(Boolean).join(" · ")}
        </span>
      </span>
      <span className="soft times">
        {track.durationMs === null ? "" : formatDuration(track.durationMs)}
      </span>
    </button>
  );
}

interface ItemMenuProps {
  readonly item: PlaylistItem;
  readonly index: number;
  readonly count: number;
  readonly onMove: (to: number) => void;
  readonly onTake: () => void;
}

const ItemMenu = ({ item, index, count, onMove, onTake }: ItemMenuProps) => (
  <Menu position="bottom-end" width={208}>
    <Menu.Target>
      <ActionIcon aria-label={playlists.moreForItem(item.track.title)}>
        <IconDots size={18} />
      </ActionIcon>
    </Menu.Target>
    <Menu.Dropdown>
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
    </Menu.Dropdown>
  </Menu>
);
