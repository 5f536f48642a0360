import s from "./loop-marks.module.css";
import { usePlayer } from "./use-player.ts";

/** Where the part lies that is played over and over. The buttons and keys say it in words. */
export function LoopMarks({ durationSeconds }: { readonly durationSeconds: number }) {
  const loop = usePlayer((state) => state.loop);
  if (!loop || durationSeconds <= 0) return null;
  const percent = (seconds: number) => Math.min(100, (seconds / durationSeconds) * 100);
  const from = percent(loop.fromSeconds);
  const to = loop.toSeconds === null ? null : percent(loop.toSeconds);
  return (
    <span className={s.marks} aria-hidden="true" data-loop-marks="">
      {to === null ? null : (
        <span className={s.part} style={{ left: `${from}%`, width: `${to - from}%` }} />
      )}
      <span className={s.mark} style={{ left: `${from}%` }}>
        A
      </span>
      {to === null ? null : (
        <span className={s.mark} data-end="" style={{ left: `${to}%` }}>
          B
        </span>
      )}
    </span>
  );
}
