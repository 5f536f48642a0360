import {
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  type RefObject,
  Suspense,
  useRef,
  useState,
} from "react";
import { formatDuration, speakDuration } from "../words/format.ts";
import { playback } from "../words/playback.ts";
import { LoopMarks } from "./loop-marks.tsx";
import type { Player } from "./player.ts";
import { partAt, RangeInput } from "./range-input.tsx";
import s from "./seek-bar.module.css";
import { useControls, usePlayer, useProgress } from "./use-player.ts";
import { useWaveform } from "./use-waveform.ts";
import { Waveform } from "./waveform.tsx";

const STEP_SECONDS = 5;

interface SeekBarProps {
  readonly isStacked?: boolean;
  /** What else is to be seen and reached on it. */
  readonly marks?: ReactNode;
}

/** Where it plays, of how long. Dragging shows the time and seeks when it is let go. */
export function SeekBar({ isStacked = false, marks = null }: SeekBarProps) {
  const player = useControls();
  const { positionSeconds, durationSeconds, loadedSeconds } = useProgress();
  const [draft, setDraft] = useState<number | null>(null);
  const isDragging = useRef(false);
  const [hover, setHover] = useState<number | null>(null);
  const waveform = useWaveform(usePlayer((state) => state.track?.id));
  const peaks = waveform && "peaks" in waveform ? waveform.peaks : null;
  const shown = Math.min(draft ?? positionSeconds, durationSeconds || positionSeconds);
  const part = (seconds: number) =>
    durationSeconds > 0 ? Math.min(1, seconds / durationSeconds) : 0;

  const onPointerMove = (event: PointerEvent<HTMLElement>) => {
    if (event.pointerType === "touch") return;
    setHover(partAt(event.currentTarget, event.clientX));
  };

  return (
    <div className={s.seek} data-stacked={isStacked || undefined}>
      <span className={`${s.time} times`} aria-hidden="true">
        {formatDuration(shown * 1000)}
      </span>
      <div className={s.lane} onPointerMove={onPointerMove} onPointerLeave={() => setHover(null)}>
        {peaks ? <Waveform className={s.waveform} peaks={peaks} played={part(shown)} /> : null}
        <RangeInput
          data-on-waveform={peaks ? "" : undefined}
          min={0}
          max={durationSeconds || 1}
          step="any"
          value={shown}
          disabled={durationSeconds === 0}
          filled={part(shown)}
          loaded={part(loadedSeconds)}
          aria-label={playback.seek}
          aria-valuetext={playback.position(
            speakDuration(shown * 1000),
            speakDuration(durationSeconds * 1000),
          )}
          // The pointer has its own handlers; this is a screen reader that moves it.
          onChange={(event) => {
            if (!isDragging.current) player.seek(Number(event.currentTarget.value));
          }}
          {...inputHandlers(player, durationSeconds, setDraft, isDragging)}
        />
        <LoopMarks durationSeconds={durationSeconds} />
        {durationSeconds > 0 ? <Suspense>{marks}</Suspense> : null}
        {hover !== null && durationSeconds > 0 ? (
          <span
            className={`${s.hover} times`}
            style={{ left: `${hover * 100}%` }}
            aria-hidden="true"
          >
            {formatDuration(hover * durationSeconds * 1000)}
          </span>
        ) : null}
      </div>
      <span className={`${s.time} times`} aria-hidden="true">
        {formatDuration(durationSeconds * 1000)}
      </span>
    </div>
  );
}

/** The pointer says where exactly, and seeks when it is let go; keys move by steps, at once. */
export function inputHandlers(
  player: Pick<Player, "seek" | "seekBy">,
  durationSeconds: number,
  setDraft: (seconds: number | null) => void,
  isDragging: RefObject<boolean>,
) {
  const letGo = () => {
    setDraft(null);
    // The slider's own `change` comes right after, with the value of before.
    setTimeout(() => {
      isDragging.current = false;
    });
  };
  const secondsAt = (event: PointerEvent<HTMLInputElement>) =>
    partAt(event.currentTarget, event.clientX) * durationSeconds;
  return {
    onPointerDown(event: PointerEvent<HTMLInputElement>) {
      if (event.button !== 0 || durationSeconds === 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      isDragging.current = true;
      setDraft(secondsAt(event));
    },
    onPointerMove(event: PointerEvent<HTMLInputElement>) {
      if (isDragging.current) setDraft(secondsAt(event));
    },
    onPointerUp(event: PointerEvent<HTMLInputElement>) {
      if (isDragging.current) player.seek(secondsAt(event));
      letGo();
    },
    onPointerCancel: letGo,
    onKeyDown(event: KeyboardEvent<HTMLInputElement>) {
      const seconds = stepOf(event.key, durationSeconds);
      if (seconds === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      if (event.key === "Home" || event.key === "End") player.seek(seconds);
      else player.seekBy(seconds);
    },
  };
}

function stepOf(key: string, durationSeconds: number): number | undefined {
  switch (key) {
    case "ArrowRight":
    case "ArrowUp":
      return STEP_SECONDS;
    case "ArrowLeft":
    case "ArrowDown":
      return -STEP_SECONDS;
    case "PageUp":
      return durationSeconds / 10;
    case "PageDown":
      return -durationSeconds / 10;
    case "Home":
      return 0;
    case "End":
      return durationSeconds;
    default:
      return undefined;
  }
}
