import { ActionIcon, Skeleton } from "@mantine/core";
import { IconZoomIn, IconZoomOut } from "@tabler/icons-react";
import { type ReactNode, type UIEvent, useRef, useState } from "react";
import type { Track } from "#contract/library.ts";
import { player } from "../playback/here.ts";
import type { Peaks, Span } from "../playback/peaks.ts";
import { RangeInput } from "../playback/range-input.tsx";
import { inputHandlers } from "../playback/seek-bar.tsx";
import { usePlayer, useProgress } from "../playback/use-player.ts";
import { useWaveform } from "../playback/use-waveform.ts";
import { Waveform } from "../playback/waveform.tsx";
import { speakDuration } from "../words/format.ts";
import { library } from "../words/library.ts";
import { playback } from "../words/playback.ts";
import { playTracks } from "./play.ts";
import s from "./track-waveform.module.css";

const words = library.track.waveform;
const MOST_ZOOM = 64;
const WHOLE: Span = { from: 0, to: 1 };

interface TrackWaveformProps {
  readonly track: Track;
  /** What lies on it, as wide as all of it. */
  readonly children?: ReactNode;
}

/** All of a recording, or as much of it as the zoom leaves, to begin and go on playing from anywhere. */
export function TrackWaveform({ track, children }: TrackWaveformProps) {
  const waveform = useWaveform(track.id);
  if (waveform === undefined) return <Skeleton className={s.frame ?? ""} />;
  if ("peaks" in waveform) {
    return (
      <Drawn track={track} peaks={waveform.peaks}>
        {children}
      </Drawn>
    );
  }
  const isSoon = waveform.reason === "waiting";
  return (
    <div className={s.frame} data-soon={isSoon || undefined}>
      <p className={s.absent}>{words.absent[waveform.reason]}</p>
    </div>
  );
}

interface DrawnProps {
  readonly track: Track;
  readonly peaks: Peaks;
}

function Drawn({ track, peaks, children }: DrawnProps & TrackWaveformProps) {
  const [zoom, setZoom] = useState(1);
  const [span, setSpan] = useState(WHOLE);
  const lane = useRef<HTMLDivElement>(null);
  const detail = useWaveform(track.id, zoomFor(peaks, zoom));
  const drawn = zoom > 1 && detail && "peaks" in detail ? detail.peaks : peaks;

  const look = (element: HTMLElement) => {
    const { scrollLeft, scrollWidth, clientWidth } = element;
    setSpan({ from: scrollLeft / scrollWidth, to: (scrollLeft + clientWidth) / scrollWidth });
  };
  /** What is in the middle stays there. */
  const changeZoom = (next: number) => {
    const element = lane.current;
    const middle = (span.from + span.to) / 2;
    setZoom(next);
    requestAnimationFrame(() => {
      if (!element) return;
      element.scrollLeft = middle * element.scrollWidth - element.clientWidth / 2;
      look(element);
    });
  };

  return (
    <section className={s.frame} aria-label={words.title}>
      <div
        ref={lane}
        className={s.lane}
        onScroll={(event: UIEvent<HTMLDivElement>) => look(event.currentTarget)}
      >
        <div className={s.content} style={{ width: `${zoom * 100}%` }}>
          <Played track={track} peaks={drawn} span={span} />
          {children}
        </div>
      </div>
      <div className={s.tools}>
        <ActionIcon
          aria-label={words.zoomOut}
          disabled={zoom === 1}
          onClick={() => changeZoom(zoom / 2)}
        >
          <IconZoomOut size={18} />
        </ActionIcon>
        <ActionIcon
          aria-label={words.zoomIn}
          disabled={zoom === MOST_ZOOM}
          onClick={() => changeZoom(zoom * 2)}
        >
          <IconZoomIn size={18} />
        </ActionIcon>
      </div>
    </section>
  );
}

/** Each zoom shows twice as much as the one before; the server has powers of two. */
const zoomFor = ({ samplesPerPixel }: Peaks, zoom: number): number =>
  Math.max(256, samplesPerPixel / zoom);

function Played({ track, peaks, span }: DrawnProps & { readonly span: Span }) {
  const isCurrent = usePlayer((state) => state.track?.id === track.id);
  const { positionSeconds } = useProgress();
  const [draft, setDraft] = useState<number | null>(null);
  const isDragging = useRef(false);
  const seconds = track.durationMs === null ? peaks.seconds : track.durationMs / 1000;
  const shown = Math.min(seconds, draft ?? (isCurrent ? positionSeconds : 0));
  const seek = (to: number) => {
    if (!isCurrent) playTracks([track], 0);
    player.seek(to);
  };
  const controls = { seek, seekBy: (by: number) => seek(Math.max(0, shown + by)) };
  const isPlayable = track.state !== "missing";
  return (
    <>
      <Waveform className={s.canvas} peaks={peaks} played={shown / seconds} span={span} />
      <RangeInput
        data-on-waveform=""
        min={0}
        max={seconds}
        step="any"
        value={shown}
        disabled={!isPlayable}
        filled={shown / seconds}
        aria-label={words.position(track.title)}
        aria-valuetext={playback.position(
          speakDuration(shown * 1000),
          speakDuration(seconds * 1000),
        )}
        onChange={(event) => {
          if (!isDragging.current) seek(Number(event.currentTarget.value));
        }}
        {...inputHandlers(controls, isPlayable ? seconds : 0, setDraft, isDragging)}
      />
    </>
  );
}
