import { library } from "../words/library.ts";
import s from "./level-bars.module.css";

/** Marks the row that plays. The bars also move under reduced motion, only far less. */
export const LevelBars = ({ isPlaying }: { readonly isPlaying: boolean }) => (
  <span
    className={s.bars}
    data-still={!isPlaying || undefined}
    role="img"
    aria-label={isPlaying ? library.plays : library.pausedHere}
  >
    <span />
    <span />
    <span />
    <span />
  </span>
);
