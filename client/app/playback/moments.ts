import type { Deck } from "./deck.ts";

/** Something to be done at a place in the track that plays. */
export interface Moment {
  readonly atSeconds: number;
  readonly run: () => void;
  readonly cancel: () => void;
}

/** The sound says four times a second where it is; a timer is for what comes before the next time. */
const SOON_MS = 800;
const SHORTEST_MS = 4;

/** Does it there, to a few milliseconds, while the sound moves. There is one such place at a time. */
export function armMoment(deck: Deck, atSeconds: number, run: () => void): void {
  cancelMoment(deck);
  const { currentTime, playbackRate } = deck.sound;
  const leftMs = ((atSeconds - currentTime) / playbackRate) * 1000;
  if (leftMs > SOON_MS) return;
  if (leftMs <= SHORTEST_MS / 2) {
    run();
    return;
  }
  // It is looked at again before anything is done: the sound may have waited for bytes.
  const cancel = deck.io.later(Math.max(SHORTEST_MS, leftMs), () =>
    armMoment(deck, atSeconds, run),
  );
  deck.moment = { atSeconds, run, cancel };
}

export function cancelMoment(deck: Deck): void {
  deck.moment?.cancel();
  deck.moment = null;
}

/** @returns true when a timer was late and what it was for is done now. */
export function catchUp(deck: Deck): boolean {
  const { moment } = deck;
  if (!moment || deck.sound.currentTime < moment.atSeconds) return false;
  cancelMoment(deck);
  moment.run();
  return true;
}
