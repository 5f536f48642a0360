import { speakDuration } from "../words/format.ts";
import { playback } from "../words/playback.ts";
import s from "./loop-marks.module.css";
import type { Loop } from "./looping.ts";
import { usePlayer } from "./use-player.ts";

/** Where the part lies that is played over and over: to see, and to hear of when it was set by a key. */
export function LoopMarks({ durationSeconds }: { readonly durationSeconds: number }) {
  const loop = usePlayer((state) => state.loop);
  return (
    <>
      <span role="status" className="out-of-sight">
        {loop ? toSentence(loop) : ""}
      </span>
      {loop && durationSeconds > 0 ? <Marks loop={loop} durationSeconds={durationSeconds} /> : null}
    </>
  );
}

function toSentence({ fromSeconds, toSeconds }: Loop): string {
  const speak = (seconds: number) => speakDuration(seconds * 1000);
  return playback.loop.now(speak(fromSeconds), toSeconds === null ? null : speak(toSeconds));
}

interface MarksProps {
  readonly loop: Loop;
  readonly durationSeconds: number;
}

function Marks({ loop: { fromSeconds, toSeconds }, durationSeconds }: MarksProps) {
  const percent = (seconds: number) => Math.min(100, (seconds / durationSeconds) * 100);
  const from = percent(fromSeconds);
  const to = toSeconds === null ? null : percent(toSeconds);
  return (
    <span className={s.marks} aria-hidden="true" data-loop-marks="">
      {to === null ? null : (
        <span className={s.part} style={{ left: `${from}%`, width: `${to - from}%` }} />
      )}
      <span className={s.mark} style={{ left: `${from}%` }}>
        {playback.loop.start}
      </span>
      {to === null ? null : (
        <span className={s.mark} data-end="" style={{ left: `${to}%` }}>
          {playback.loop.end}
        </span>
      )}
    </span>
  );
}
