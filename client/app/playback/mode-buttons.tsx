import { ActionIcon } from "@mantine/core";
import { IconArrowsShuffle, IconRepeat, IconRepeatOnce } from "@tabler/icons-react";
import { playback } from "../words/playback.ts";
import s from "./mode-buttons.module.css";
import { useControls, useModes } from "./use-player.ts";

interface SizedProps {
  readonly isLarge?: boolean;
}

export function ShuffleButton({ isLarge = false }: SizedProps) {
  const player = useControls();
  const { isShuffled } = useModes();
  return (
    <ActionIcon
      className={s.mode}
      size={isLarge ? 48 : 36}
      aria-label={playback.shuffle}
      aria-pressed={isShuffled}
      aria-keyshortcuts="S"
      onClick={player.toggleShuffle}
    >
      <IconArrowsShuffle size={isLarge ? 22 : 18} />
    </ActionIcon>
  );
}

/** One button for all three: its name says which it is. */
export function RepeatButton({ isLarge = false }: SizedProps) {
  const player = useControls();
  const { repeat } = useModes();
  const Icon = repeat === "one" ? IconRepeatOnce : IconRepeat;
  return (
    <ActionIcon
      className={s.mode}
      size={isLarge ? 48 : 36}
      data-on={repeat !== "off" || undefined}
      aria-label={playback.repeat[repeat]}
      aria-keyshortcuts="R"
      onClick={player.cycleRepeat}
    >
      <Icon size={isLarge ? 22 : 18} />
    </ActionIcon>
  );
}
