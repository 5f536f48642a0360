import { type Deck, update } from "./deck.ts";
import { findFollowing } from "./following.ts";
import { applyLevels } from "./levels.ts";
import { pause } from "./pausing.ts";
import { dropPrimed } from "./voices.ts";

/** When it stops by itself. */
export type Sleep =
  | { readonly kind: "time"; readonly untilMs: number }
  | { readonly kind: "track" }
  /** Also where the queue would begin anew. */
  | { readonly kind: "queue" };

export const SLEEP_MINUTES = [5, 15, 30, 45, 60, 90] as const;

/** It gets quieter for so long. */
const FADE_SECONDS = 10;
const CALM_MS = 1000;
const FADING_MS = 100;

export function setSleep(deck: Deck, sleep: Sleep | null): void {
  deck.cancelSleep();
  dim(deck, 1);
  update(deck, { sleep });
  // What follows may be something else now.
  dropPrimed(deck);
  if (sleep) watch(deck);
}

/** Nothing follows any more. */
export function fallAsleep(deck: Deck): void {
  const { sleep } = deck.state.get();
  if (sleep && sleep.kind !== "time") setSleep(deck, null);
}

function watch(deck: Deck): void {
  const { sleep } = deck.state.get();
  if (!sleep) return;
  const leftSeconds = leftOf(deck, sleep);
  if (leftSeconds <= 0 && sleep.kind === "time") {
    if (deck.state.get().isPlaying) pause(deck);
    setSleep(deck, null);
    return;
  }
  dim(deck, Math.max(0, Math.min(1, leftSeconds / FADE_SECONDS)));
  const isFading = leftSeconds <= FADE_SECONDS + CALM_MS / 1000;
  deck.cancelSleep = deck.io.later(isFading ? FADING_MS : CALM_MS, () => watch(deck));
}

function leftOf(deck: Deck, sleep: Sleep): number {
  if (sleep.kind === "time") return (sleep.untilMs - deck.io.now()) / 1000;
  const { queue, loop } = deck.state.get();
  const { duration, currentTime, playbackRate } = deck.sound;
  if (!Number.isFinite(duration) || deck.isSwitching || loop?.toSeconds) return Infinity;
  const isLast = sleep.kind === "track" || (queue?.next === null && !findFollowing(deck));
  return isLast ? (duration - currentTime) / playbackRate : Infinity;
}

function dim(deck: Deck, share: number): void {
  if (deck.shares.both === share) return;
  deck.shares.both = share;
  applyLevels(deck);
}
