import { Menu } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { trpc } from "../api.ts";
import { playback } from "../words/playback.ts";
import { QUALITIES } from "./attaching.ts";
import { quality } from "./hls-here.ts";
import type { Player } from "./player.ts";
import { useControls } from "./use-player.ts";

/** Where the server has a choice. */
export function QualityChoice() {
  const controls = useControls();
  const { data: info } = useQuery(trpc.system.info.queryOptions());
  const chosen = useSyncExternalStore(quality.subscribe, quality.get);
  if (!info?.hls) return null;
  const choose = (value: string): void => {
    quality.set(QUALITIES.find((each) => each === value) ?? "original");
    openAgain(controls);
  };
  return (
    <>
      <Menu.Divider />
      <Menu.Label>{playback.quality}</Menu.Label>
      <Menu.RadioGroup value={chosen} onChange={choose}>
        {QUALITIES.map((each) => (
          <Menu.RadioItem key={each} value={each}>
            {playback.qualities[each]}
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    </>
  );
}

/** From where it is, playing or not. */
function openAgain(controls: Player): void {
  const { queue, isPlaying } = controls.state.get();
  const { positionSeconds } = controls.progress.get();
  if (!queue) return;
  if (isPlaying) {
    controls.jump(queue.index);
    controls.seek(positionSeconds);
  } else controls.cueQueue(queue, positionSeconds);
}
