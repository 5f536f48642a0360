import { memo, useState } from "react";
import type { Track } from "#contract/library.ts";
import { backline } from "../api.ts";
import s from "./cover.module.css";

interface CoverProps {
  readonly track: Pick<Track, "id" | "coverHash" | "album" | "title">;
  /** For whom it lies elsewhere than for members; `null`: there is none. */
  readonly url?: string | null;
  readonly size: "small" | "large";
  /** For screen readers where the cover stands alone; else it is decoration. */
  readonly label?: string;
}

/** A cover, or bars in its place. The parent decides how large the square is. */
export const Cover = memo(function Cover({ track, size, label = "", ...at }: CoverProps) {
  const url = at.url === undefined ? backline.coverUrl(track, size) : at.url;
  const [failedUrl, setFailedUrl] = useState<string | null>(null);
  if (url === null || url === failedUrl) {
    return (
      <span className={s.cover} {...(label ? { role: "img", "aria-label": label } : {})}>
        <svg viewBox="0 0 40 40" aria-hidden="true" focusable="false">
          <path d={barsOf(track.album ?? track.title)} />
        </svg>
      </span>
    );
  }
  return (
    <span className={s.cover}>
      <img
        // Another element for another picture: the old one would be shown until the new one is here.
        key={url}
        src={url}
        alt={label}
        loading="lazy"
        decoding="async"
        draggable={false}
        onError={() => setFailedUrl(url)}
      />
    </span>
  );
});

const BARS = 5;

/** Five bars, always the same for the same album, so that rows can be told apart at a glance. */
function barsOf(text: string): string {
  let seed = 2166136261;
  for (const character of text) {
    seed = Math.imul(seed ^ (character.codePointAt(0) ?? 0), 16777619) >>> 0;
  }
  return Array.from({ length: BARS }, (_, bar) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    const half = 2 + (seed >>> 24) / 32;
    return `M${10 + bar * 5} ${(20 - half).toFixed(1)}v${(half * 2).toFixed(1)}`;
  }).join("");
}
