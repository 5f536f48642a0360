import { upload } from "../words/upload.ts";
import s from "./uploads.module.css";

interface UploadBarProps {
  readonly name: string;
  /** 0 to 1. */
  readonly done: number;
  /** What a screen reader says of it. */
  readonly text: string;
  readonly isStill?: boolean;
}

export const UploadBar = ({ name, done, text, isStill = false }: UploadBarProps) => (
  <div
    className={s.bar}
    role="progressbar"
    aria-label={upload.progress(name)}
    aria-valuemin={0}
    aria-valuemax={100}
    aria-valuenow={Math.floor(done * 100)}
    aria-valuetext={text}
    data-still={isStill || undefined}
  >
    <span className={s.done} style={{ transform: `scaleX(${done})` }} />
  </div>
);
