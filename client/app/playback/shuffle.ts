import type { PlayedTrack } from "./deck.ts";
import type { Queue, QueuePage } from "./queue.ts";

/** @returns a number from 0 up to, but not including, 1. */
export type Random = () => number;

/** One of 2³¹, each with an order of its own. */
export const drawSeed = (random: Random): number => Math.floor(random() * 2 ** 31);

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

/** What was heard so far, and from there on the order that the server has drawn: each of them once. */
export function goOnDrawn(queue: Queue, page: QueuePage, fetchPage: Queue["fetchPage"]): Queue {
  const { ranks: _, ...plain } = queue;
  const heard = queue.tracks.slice(0, queue.index + 1);
  const ids = new Set(heard.map(({ id }) => id));
  const without = ({ tracks, next }: QueuePage): QueuePage => ({
    tracks: tracks.filter(({ id }) => !ids.has(id)),
    next,
  });
  const { tracks, next } = without(page);
  return {
    ...plain,
    tracks: [...heard, ...tracks],
    next,
    fetchPage: async (cursor) => without(await fetchPage(cursor)),
    list: unshuffle(queue),
  };
}

/** What plays may lie further on in the list than it is known: then it is heard before that goes on. */
function backInList(list: Queue, queue: Queue): Queue {
  const current = queue.tracks[queue.index];
  if (!current) return list;
  const index = list.tracks.findIndex(({ id }) => id === current.id);
  if (index >= 0) return { ...list, index };
  const at = list.index + 1;
  return { ...list, tracks: list.tracks.toSpliced(at, 0, current), index: at };
}

/** The order of the list again; what plays goes on playing. */
export function unshuffle(queue: Queue): Queue {
  if (queue.list) return backInList(queue.list, queue);
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
  if (index <= queue.index + 1) return { ...queue, index };
  if (!queue.ranks) {
    const tracks = moved(queue.tracks, index, queue.index + 1);
    return { ...queue, tracks, index: queue.index + 1 };
  }
  const entries = entriesOf(queue);
  const [chosen] = entries.splice(index, 1);
  if (!chosen) return queue;
  entries.splice(queue.index + 1, 0, chosen);
  return withEntries(queue, entries, queue.index + 1);
}

export const moved = <Item>(items: readonly Item[], from: number, to: number): Item[] =>
  items.toSpliced(from, 1).toSpliced(to, 0, items[from] as Item);
