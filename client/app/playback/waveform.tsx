import { useComputedColorScheme } from "@mantine/core";
import { useLayoutEffect, useRef, useState } from "react";
import { type Peaks, type Span, toBars } from "./peaks.ts";

interface WaveformProps {
  readonly peaks: Peaks;
  /** 0 to 1: up to where it is shown as played. */
  readonly played: number;
  readonly span?: Span;
  readonly className?: string | undefined;
}

const WHOLE: Span = { from: 0, to: 1 };
const BAR_PIXELS = 2;
const GAP_PIXELS = 1;
/** Silence is a line, too. */
const LEAST_PIXELS = 1;

/**
 * Bars on a canvas, as large as its parent has it. For eyes alone: a slider over it is what is used.
 * Our own, because a library of 30 kB would draw the same and bring another slider and player along.
 */
export function Waveform({ peaks, played, span = WHOLE, className }: WaveformProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scheme = useComputedColorScheme();
  const [size, setSize] = useState({ width: 0, height: 0 });

  useLayoutEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const measure = () => setSize({ width: element.clientWidth, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);

  // The colours stand in the page's styles, which are others with each scheme.
  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew when the scheme is another.
  useLayoutEffect(() => {
    if (canvas.current) draw(canvas.current, size, peaks, span, played);
  }, [size, peaks, span, played, scheme]);

  return <canvas ref={canvas} className={className} data-waveform="" />;
}

function draw(
  canvas: HTMLCanvasElement,
  { width, height }: { width: number; height: number },
  peaks: Peaks,
  span: Span,
  played: number,
): void {
  const context = canvas.getContext("2d");
  if (!context || width === 0 || height === 0) return;
  const density = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * density);
  canvas.height = Math.round(height * density);
  context.scale(density, density);
  const style = getComputedStyle(canvas);
  const step = BAR_PIXELS + GAP_PIXELS;
  const bars = toBars(peaks, Math.max(1, Math.floor(width / step)), span);
  const playedUpTo = ((played - span.from) / (span.to - span.from)) * width;
  const fill = (colour: string, from: number, to: number) => {
    if (to <= from) return;
    context.save();
    context.beginPath();
    context.rect(from, 0, to - from, height);
    context.clip();
    context.fillStyle = style.getPropertyValue(colour);
    for (const [index, loudness] of bars.entries()) {
      const tall = Math.max(LEAST_PIXELS, loudness * height);
      context.fillRect(index * step, (height - tall) / 2, BAR_PIXELS, tall);
    }
    context.restore();
  };
  const border = Math.max(0, Math.min(width, playedUpTo));
  fill("--accent", 0, border);
  fill("--text-faint", border, width);
}
