import { ActionIcon, Button } from "@mantine/core";
import { IconMinus, IconPlus } from "@tabler/icons-react";
import { playback } from "../words/playback.ts";
import type { Loop } from "./looping.ts";
import s from "./player-menu.module.css";
import { useControls, usePlayer } from "./use-player.ts";

const NUDGE_SECONDS = 0.1;

/** A part of a recording, to be heard until one can play it. */
export function LoopControls() {
  const player = useControls();
  const loop = usePlayer((state) => state.loop);
  return (
    <section aria-label={playback.loop.title}>
      <div className={s.title}>{playback.loop.title}</div>
      <LoopEnd end="from" loop={loop} onMark={player.markLoopStart} />
      <LoopEnd end="to" loop={loop} onMark={player.markLoopEnd} />
      <p className={s.note}>{playback.loop.hint}</p>
    </section>
  );
}

interface LoopEndProps {
  readonly end: "from" | "to";
  readonly loop: Loop | null;
  readonly onMark: () => void;
}

function LoopEnd({ end, loop, onMark }: LoopEndProps) {
  const player = useControls();
  const at = (end === "from" ? loop?.fromSeconds : loop?.toSeconds) ?? null;
  const [letter, name] =
    end === "from"
      ? [playback.loop.start, playback.loop.setStart]
      : [playback.loop.end, playback.loop.setEnd];
  return (
    <div className={s.loop}>
      <Button
        variant="default"
        size="compact-sm"
        aria-label={name}
        aria-pressed={at !== null}
        aria-keyshortcuts={letter}
        onClick={onMark}
      >
        {letter}
      </Button>
      <span className={`${s.time} soft times`} data-loop={end}>
        {at === null ? "–" : toTenths(at)}
      </span>
      <ActionIcon
        disabled={at === null}
        aria-label={playback.loop.earlier[end]}
        onClick={() => player.nudgeLoop(end, -NUDGE_SECONDS)}
      >
        <IconMinus size={16} />
      </ActionIcon>
      <ActionIcon
        disabled={at === null}
        aria-label={playback.loop.later[end]}
        onClick={() => player.nudgeLoop(end, NUDGE_SECONDS)}
      >
        <IconPlus size={16} />
      </ActionIcon>
    </div>
  );
}

/** Minutes, seconds and tenths: what one hears a difference in. */
function toTenths(seconds: number): string {
  const tenths = Math.round(seconds * 10);
  const rest = String((tenths % 600) / 10);
  return `${Math.floor(tenths / 600)}:${(rest.includes(".") ? rest : `${rest}.0`).padStart(4, "0")}`;
}
