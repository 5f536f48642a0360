import { type Deck, update } from "./deck.ts";
import { armMoment, cancelMoment } from "./moments.ts";
import { seek } from "./transport.ts";

/** A part that is played over and over, to learn it. */
export interface Loop {
  readonly fromSeconds: number;
  /** `null`: its end is not set yet, and nothing turns back. */
  readonly toSeconds: number | null;
}

/** Anything shorter is a noise. */
export const SHORTEST_LOOP_SECONDS = 0.2;

/** 'A': it begins here; when it is set already, there is no loop any more. */
export function markStart(loop: Loop | null, atSeconds: number): Loop | null {
  return loop ? null : { fromSeconds: atSeconds, toSeconds: null };
}

/** 'B': it ends here, and begins with the track where no start is set; once more takes the end away. */
export function markEnd(loop: Loop | null, atSeconds: number): Loop {
  const fromSeconds = loop?.fromSeconds ?? 0;
  if (loop && loop.toSeconds !== null) return { fromSeconds, toSeconds: null };
  const [from, to] = atSeconds < fromSeconds ? [atSeconds, fromSeconds] : [fromSeconds, atSeconds];
  return { fromSeconds: from, toSeconds: Math.max(to, from + SHORTEST_LOOP_SECONDS) };
}

/** A little earlier or later, within the track and never turned round. */
export function nudge(
  { fromSeconds, toSeconds }: Loop,
  end: "from" | "to",
  bySeconds: number,
  durationSeconds: number,
): Loop {
  if (end === "from") {
    const latest = (toSeconds ?? durationSeconds) - SHORTEST_LOOP_SECONDS;
    return { fromSeconds: within(0, fromSeconds + bySeconds, latest), toSeconds };
  }
  if (toSeconds === null) return { fromSeconds, toSeconds };
  const earliest = fromSeconds + SHORTEST_LOOP_SECONDS;
  return { fromSeconds, toSeconds: within(earliest, toSeconds + bySeconds, durationSeconds) };
}

const within = (least: number, value: number, most: number): number =>
  Math.max(least, Math.min(value, most));

/** @param atSeconds - where the sound is. Whoever sets an end there hears the part from its start. */
export function setLoop(deck: Deck, loop: Loop | null, atSeconds: number): void {
  const { track, loop: before } = deck.state.get();
  if (!track) return;
  cancelMoment(deck);
  update(deck, { loop });
  const end = loop?.toSeconds ?? Infinity;
  if (loop && atSeconds >= end && atSeconds <= (before?.toSeconds ?? Infinity)) {
    seek(deck, loop.fromSeconds);
  }
}

/** @returns true while there is a loop: then nothing follows. */
export function watchLoop(deck: Deck): boolean {
  const end = deck.state.get().loop?.toSeconds ?? null;
  if (end === null) return false;
  // Whoever has gone behind it wants to be there.
  if (deck.sound.currentTime < end) armMoment(deck, end, () => turnBack(deck));
  return true;
}

/** @returns false when there is no loop. */
export function turnBack(deck: Deck): boolean {
  const { loop, isPlaying } = deck.state.get();
  if (!loop || loop.toSeconds === null) return false;
  const hasEnded = deck.sound.ended;
  seek(deck, loop.fromSeconds);
  if (hasEnded && isPlaying) deck.sound.play().catch(() => {});
  return true;
}
