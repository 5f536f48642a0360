import { ActionIcon } from "@mantine/core";
import { IconVolume, IconVolume2, IconVolumeOff } from "@tabler/icons-react";
import { playback } from "../words/playback.ts";
import s from "./player.module.css";
import { RangeInput } from "./range-input.tsx";
import { useControls, usePlayer } from "./use-player.ts";

export function VolumeControl() {
  const player = useControls();
  const volume = usePlayer((state) => state.volume);
  const isMuted = usePlayer((state) => state.isMuted);
  const heard = isMuted ? 0 : volume;
  const Icon = heard === 0 ? IconVolumeOff : heard < 0.5 ? IconVolume2 : IconVolume;
  return (
    <div className={s.volume}>
      <ActionIcon
        aria-label={isMuted ? playback.unmute : playback.mute}
        aria-keyshortcuts="M"
        onClick={player.toggleMute}
      >
        <Icon size={18} />
      </ActionIcon>
      <RangeInput
        min={0}
        max={100}
        step={5}
        value={Math.round(heard * 100)}
        filled={heard}
        aria-label={playback.volume}
        aria-valuetext={isMuted ? playback.muted : playback.volumeValue(Math.round(heard * 100))}
        onChange={(event) => player.setVolume(Number(event.currentTarget.value) / 100)}
      />
    </div>
  );
}
