import type { ComponentProps } from "react";
import s from "./range-input.module.css";

interface RangeInputProps extends Omit<ComponentProps<"input">, "type"> {
  /** 0 to 1: how far the track is filled. */
  readonly filled: number;
  /** 0 to 1: a second, quieter fill. */
  readonly loaded?: number;
  /** What lies under it shows how far: it has no bar of its own. */
  readonly "data-on-waveform"?: "" | undefined;
}

/** Half of the thumb, in pixels: its middle goes no nearer to an end. */
const HALF_THUMB = 6;

/** 0 to 1: which part of a slider lies at a place on the screen. */
export function partAt(slider: Element, clientX: number): number {
  const { left, width } = slider.getBoundingClientRect();
  const part = (clientX - left - HALF_THUMB) / (width - 2 * HALF_THUMB);
  return Math.max(0, Math.min(1, part));
}

/** The browser's own slider, which every keyboard and screen reader knows, in our colours. */
export const RangeInput = ({ filled, loaded = 0, style, ...props }: RangeInputProps) => (
  <input
    {...props}
    type="range"
    className={s.range}
    style={
      {
        ...style,
        "--filled": filled.toFixed(4),
        "--loaded": loaded.toFixed(4),
      } as ComponentProps<"input">["style"]
    }
  />
);
