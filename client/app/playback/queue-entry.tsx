import { ActionIcon, Menu } from "@mantine/core";
import {
  IconArrowDown,
  IconArrowUp,
  IconArrowUpBar,
  IconDots,
  IconPlaylistX,
} from "@tabler/icons-react";
import type { DragEvent, KeyboardEvent } from "react";
import { Cover } from "../library/cover.tsx";
import { library } from "../words/library.ts";
import { playback } from "../words/playback.ts";
import type { PlayedTrack } from "./deck.ts";
import s from "./queue-panel.module.css";

interface QueueEntryProps {
  readonly track: PlayedTrack;
  readonly isCurrent: boolean;
  /** Of what comes. */
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly isDragged: boolean;
  /** Something is dragged over the list. */
  readonly isTarget: boolean;
  readonly onPlay: () => void;
  /** @param by - places; less than 0: up. */
  readonly onMove: (by: number) => void;
  readonly onNext: () => void;
  readonly onTake: () => void;
  readonly onDrag: (isBegun: boolean) => void;
  readonly onDrop: () => void;
}

/** One of the queue. Alt with the arrows moves it while it has the focus. */
export function QueueEntry(props: QueueEntryProps) {
  const { track, isCurrent } = props;
  const onKeyDown = (event: KeyboardEvent<HTMLButtonElement>) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!by || !event.altKey || isCurrent) return;
    event.preventDefault();
    props.onMove(by);
    // A browser may take the focus from what is put elsewhere.
    const entry = event.currentTarget;
    requestAnimationFrame(() => entry.focus());
  };
  return (
    <li
      className={s.line}
      data-dragged={props.isDragged || undefined}
      draggable={!isCurrent}
      onDragStart={(event) => begin(event, () => props.onDrag(true))}
      onDragEnd={() => props.onDrag(false)}
      onDragOver={(event) => props.isTarget && event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        props.onDrop();
        props.onDrag(false);
      }}
    >
      <button
        type="button"
        className={s.entry}
        aria-current={isCurrent ? "true" : undefined}
        aria-keyshortcuts={isCurrent ? undefined : "Alt+ArrowUp Alt+ArrowDown"}
        disabled={track.state === "missing"}
        onClick={props.onPlay}
        onKeyDown={onKeyDown}
      >
        <span className={s.cover}>
          <Cover track={track} size="small" />
        </span>
        <span className={s.text}>
          <span className={`${s.title} cut`}>{track.title}</span>
          <span className="soft cut">{track.artist ?? library.unknownArtist}</span>
        </span>
      </button>
      {isCurrent ? null : <EntryMenu {...props} />}
    </li>
  );
}

function begin(event: DragEvent, onBegin: () => void): void {
  event.dataTransfer.effectAllowed = "move";
  // Firefox drags nothing that has no data.
  event.dataTransfer.setData("text/plain", "");
  onBegin();
}

const EntryMenu = ({ track, isFirst, isLast, onMove, onNext, onTake }: QueueEntryProps) => (
  <Menu position="bottom-end" width={208}>
    <Menu.Target>
      <ActionIcon aria-label={playback.queueMoreFor(track.title)}>
        <IconDots size={18} />
      </ActionIcon>
    </Menu.Target>
    <Menu.Dropdown>
      <Menu.Item
        leftSection={<IconArrowUpBar size={16} aria-hidden />}
        disabled={isFirst}
        onClick={onNext}
      >
        {playback.queueNext}
      </Menu.Item>
      <Menu.Item
        leftSection={<IconArrowUp size={16} aria-hidden />}
        disabled={isFirst}
        onClick={() => onMove(-1)}
      >
        {playback.queueUp}
      </Menu.Item>
      <Menu.Item
        leftSection={<IconArrowDown size={16} aria-hidden />}
        disabled={isLast}
        onClick={() => onMove(1)}
      >
        {playback.queueDown}
      </Menu.Item>
      <Menu.Item leftSection={<IconPlaylistX size={16} aria-hidden />} onClick={onTake}>
        {playback.queueTake}
      </Menu.Item>
    </Menu.Dropdown>
  </Menu>
);
