import { attachTrack, detach } from "./attaching.ts";
import type { Deck } from "./deck.ts";
import { findFollowing } from "./following.ts";
import { applyLevels } from "./levels.ts";
import type { Repeat } from "./modes.ts";
import { currentOf, type Queue } from "./queue.ts";
import { CAN_BEGIN } from "./sound.ts";

/** What the other voice is loaded with. */
export interface Primed {
  /** The queue, one further. */
  readonly queue: Queue;
  /** What it was worked out from: with another queue it may be another track. */
  readonly from: Queue;
  readonly repeat: Repeat;
  /** Its source failed. Whoever opens it once more finds out why. */
  readonly isBroken: boolean;
}

const FADE_STEP_MS = 40;
/** A track that is longer than it said may go on for so long under the next one. */
const TAIL_MS = 250;

/** Loads the other voice with what follows, unless that has been done. */
export function prime(deck: Deck): void {
  const { spare, primed } = deck;
  const { queue } = deck.state.get();
  const { repeat } = deck.modes.get();
  if (!spare || !queue) return;
  if (primed?.from === queue && primed.repeat === repeat) return;
  const following = findFollowing(deck);
  const track = following && currentOf(following);
  // What has to come before it is waited for when it plays.
  if (!following || !track || deck.io.prepare?.(track, true)) {
    dropPrimed(deck);
    return;
  }
  const isSame = primed !== null && currentOf(primed.queue)?.id === track.id;
  deck.primed = { queue: following, from: queue, repeat, isBroken: isSame && primed.isBroken };
  if (isSame) return;
  endFade(deck);
  deck.spareTrack = track;
  const goOnElsewhere = (): void => {
    if (deck.sound === spare) deck.reload();
    else noteBroken(deck);
  };
  attachTrack(deck.io, spare, track, { atSeconds: 0, goOnElsewhere });
  spare.load();
  applyLevels(deck);
}

/** What it was loaded with does not come: it is opened anew when it is its turn. */
export function noteBroken(deck: Deck): void {
  if (deck.primed) deck.primed = { ...deck.primed, isBroken: true };
}

export const isReady = ({ primed, spare }: Deck): boolean =>
  primed !== null && !primed.isBroken && spare !== null && spare.readyState >= CAN_BEGIN;

export function dropPrimed(deck: Deck): void {
  if (!deck.primed) return;
  deck.primed = null;
  if (deck.spare) detach(deck.spare);
}

export function swapVoices(deck: Deck): void {
  const { sound, spare } = deck;
  if (!spare) return;
  deck.sound = spare;
  deck.spare = sound;
  deck.spareTrack = deck.state.get().track;
}

/** From one voice to the other. @param seconds - 0: the one before ends by itself. */
export function startFade(deck: Deck, seconds: number): void {
  deck.cancelFade();
  if (seconds === 0) {
    deck.cancelFade = deck.io.later(TAIL_MS, () => endFade(deck));
    applyLevels(deck);
    return;
  }
  const startedAtMs = deck.io.now();
  const step = () => {
    const part = Math.min(1, (deck.io.now() - startedAtMs) / (seconds * 1000));
    if (part === 1) return endFade(deck);
    // So that both together are as loud as each alone.
    deck.shares.sound = Math.sin((part * Math.PI) / 2);
    deck.shares.spare = Math.cos((part * Math.PI) / 2);
    applyLevels(deck);
    deck.cancelFade = deck.io.later(FADE_STEP_MS, step);
  };
  step();
}

/** At once: only the voice that plays is heard. */
export function endFade(deck: Deck): void {
  deck.cancelFade();
  deck.spare?.pause();
  deck.shares.sound = 1;
  deck.shares.spare = 1;
  applyLevels(deck);
}
