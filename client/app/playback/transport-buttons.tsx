import { ActionIcon, Loader, UnstyledButton } from "@mantine/core";
import {
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlayerTrackNextFilled,
  IconPlayerTrackPrevFilled,
  IconPlaylist,
} from "@tabler/icons-react";
import { playback } from "../words/playback.ts";
import s from "./player.module.css";
import { useControls, useModes, usePlayer } from "./use-player.ts";

interface SizedProps {
  readonly isLarge?: boolean;
}

export function PlayButton({ isLarge = false }: SizedProps) {
  const player = useControls();
  const hasTrack = usePlayer((state) => state.track !== null);
  const isPlaying = usePlayer((state) => state.isPlaying);
  const isLoading = usePlayer((state) => state.isLoading);
  const Icon = isPlaying ? IconPlayerPauseFilled : IconPlayerPlayFilled;
  return (
    <UnstyledButton
      className={s.playButton}
      data-large={isLarge || undefined}
      disabled={!hasTrack}
      aria-label={isPlaying ? playback.pause : playback.play}
      aria-keyshortcuts="Space"
      onClick={player.toggle}
    >
      <Icon size={isLarge ? 28 : 18} aria-hidden />
      {isLoading ? (
        <span className={s.loading}>
          <Loader size="100%" color="var(--accent)" aria-label={playback.buffering} />
        </span>
      ) : null}
    </UnstyledButton>
  );
}

export function PreviousButton({ isLarge = false }: SizedProps) {
  const player = useControls();
  const hasTrack = usePlayer((state) => state.track !== null);
  return (
    <ActionIcon
      size={isLarge ? 48 : 36}
      disabled={!hasTrack}
      aria-label={playback.previous}
      aria-keyshortcuts="P"
      onClick={player.previous}
    >
      <IconPlayerTrackPrevFilled size={isLarge ? 24 : 16} />
    </ActionIcon>
  );
}

export function NextButton({ isLarge = false }: SizedProps) {
  const player = useControls();
  const isEndless = useModes().repeat === "all";
  const hasNext = usePlayer(
    ({ queue }) =>
      queue !== null && (isEndless || queue.next !== null || queue.index < queue.tracks.length - 1),
  );
  return (
    <ActionIcon
      size={isLarge ? 48 : 36}
      disabled={!hasNext}
      aria-label={playback.next}
      aria-keyshortcuts="N"
      onClick={player.next}
    >
      <IconPlayerTrackNextFilled size={isLarge ? 24 : 16} />
    </ActionIcon>
  );
}

export function QueueButton({ onOpen }: { readonly onOpen: () => void }) {
  const hasQueue = usePlayer((state) => state.queue !== null);
  return (
    <ActionIcon disabled={!hasQueue} aria-label={playback.queue} onClick={onOpen}>
      <IconPlaylist size={18} />
    </ActionIcon>
  );
}
