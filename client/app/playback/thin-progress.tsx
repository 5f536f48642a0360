import s from "./player.module.css";
import { useProgress } from "./use-player.ts";

/** On a phone's folded player: how far it is, to look at only. */
export function ThinProgress() {
  const { positionSeconds, durationSeconds } = useProgress();
  const part = durationSeconds > 0 ? Math.min(1, positionSeconds / durationSeconds) : 0;
  return (
    <span className={s.thin} aria-hidden="true">
      <span style={{ transform: `scaleX(${part})` }} />
    </span>
  );
}
