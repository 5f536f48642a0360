import type { PlayedTrack } from "./deck.ts";
import type { Queue, QueuePage } from "./queue.ts";

/** @returns a number from 0 up to, but not including, 1. */
export type Random = () => number;

/** An entry of the queue, and its place in the list that it came from. */
type Entry = readonly [track: PlayedTrack, rank: number];

const entriesOf = ({ tracks, ranks }: Queue): Entry[] =>
  tracks.map((track, at) => [track, ranks?.[at] ?? at]);

function withEntries(queue: Queue, entries: readonly Entry[], index: number): Queue {
  const tracks = entries.map(([track]) => track);
  return { ...queue, tracks, ranks: entries.map(([, rank]) => rank), index };
}

/** A fair draw (Fisher and Yates). */
function draw<Item>(items: readonly Item[], random: Random): Item[] {
  const drawn = items.slice();
  for (let last = drawn.length - 1; last > 0; last -= 1) {
    const at = Math.floor(random() * (last + 1));
    const [left, right] = [drawn[at] as Item, drawn[last] as Item];
    [drawn[at], drawn[last]] = [right, left];
  }
  return drawn;
}

/** What plays comes first, all others after it in an order that is drawn: each of them once. */
export function shuffle(queue: Queue, random: Random): Queue {
  const entries = entriesOf(queue);
  const [current] = entries.splice(queue.index, 1);
  if (!current) return queue;
  return withEntries(queue, [current, ...draw(entries, random)], 0);
}

/** The order of the list again; what plays goes on playing. */
export function unshuffle(queue: Queue): Queue {
  const { ranks, ...plain } = queue;
  if (!ranks) return queue;
  const entries = entriesOf(queue);
  const here = ranks[queue.index];
  const sorted = entries.toSorted(([, left], [, right]) => left - right);
  const index = sorted.findIndex(([, rank]) => rank === here);
  return { ...plain, tracks: sorted.map(([track]) => track), index: Math.max(0, index) };
}

/** Another round: all of them, and what was heard last does not come first. */
export function shuffleAgain(queue: Queue, random: Random): Queue {
  const entries = entriesOf(queue);
  const last = entries[queue.index];
  const drawn = draw(entries, random);
  if (drawn[0] === last && drawn.length > 1) {
    const at = 1 + Math.floor(random() * (drawn.length - 1));
    [drawn[0], drawn[at]] = [drawn[at] as Entry, drawn[0] as Entry];
  }
  return withEntries(queue, drawn, 0);
}

/** Each track of the page gets a place of its own among what is still to come, all equally likely. */
export function mixIn(queue: Queue, page: QueuePage, random: Random): Queue {
  const entries = entriesOf(queue);
  const isFirst = queue.index + 1;
  let rank = entries.length;
  for (const track of page.tracks) {
    const places = entries.length - isFirst + 1;
    entries.splice(isFirst + Math.floor(random() * places), 0, [track, rank]);
    rank += 1;
  }
  return { ...withEntries(queue, entries, queue.index), next: page.next };
}

/** The chosen one comes right after what plays, so that nothing in between is passed over. */
export function bringForward(queue: Queue, index: number): Queue {
  const entries = entriesOf(queue);
  if (index <= queue.index + 1) return { ...queue, index };
  const [chosen] = entries.splice(index, 1);
  if (!chosen) return queue;
  entries.splice(queue.index + 1, 0, chosen);
  return withEntries(queue, entries, queue.index + 1);
}
