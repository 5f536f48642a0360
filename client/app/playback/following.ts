import type { Deck } from "./deck.ts";
import { isShuffled, type Queue, stepForward, stepToStart } from "./queue.ts";
import { shuffleAgain } from "./shuffle.ts";

/** What comes by itself when this track is over, as far as it is known. */
export function findFollowing(deck: Deck): Queue | undefined {
  const { queue } = deck.state.get();
  if (!queue) return undefined;
  if (isRepeatingOne(deck)) return queue;
  return stepForward(queue) ?? startAgain(deck);
}

/** Whoever wants to sleep at the end of the queue wants to get there. */
export const isRepeatingOne = ({ modes, state }: Deck): boolean =>
  modes.get().repeat === "one" && state.get().sleep?.kind !== "queue";

/** With 'repeat all', the first that plays after the last; a shuffled list is drawn anew. */
export function startAgain(deck: Deck): Queue | undefined {
  const { queue, sleep } = deck.state.get();
  // What could not be fetched is no end.
  if (!queue || queue.next !== null || deck.modes.get().repeat !== "all") return undefined;
  if (sleep?.kind === "queue") return undefined;
  return stepToStart(isShuffled(queue) ? shuffleAgain(queue, deck.io.random) : queue);
}
