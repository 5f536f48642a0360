import type { TrackId } from "#contract/ids.ts";
import type { PlayedTrack } from "./deck.ts";
import { bringForward, mixIn, moved, type Random } from "./shuffle.ts";

/** What follows in the list that was played from. */
export interface QueuePage {
  readonly tracks: readonly PlayedTrack[];
  /** Pass it to `fetchPage` for what follows; `null` at the end of the list. */
  readonly next: string | null;
}

/**
 * What plays and what follows: the list as it was sorted and filtered when playing began. It is a
 * value; each step makes another.
 */
export interface Queue {
  readonly tracks: readonly PlayedTrack[];
  readonly index: number;
  /** While it is shuffled: the place of each of them in the list it came from, from 0, each once. */
  readonly ranks?: readonly number[];
  readonly next: string | null;
  /** While its order is drawn by the server: the list that it is drawn from, where shuffling began. */
  readonly list?: Queue;
  /** How often somebody has put it in another order by hand, which is worth keeping. */
  readonly arranged?: number;
  /** Fetches further pages of the same list. */
  readonly fetchPage: (cursor: string) => Promise<QueuePage>;
  /** Where the server can: the same list in an order of its own for each seed, a whole number below 2³¹. */
  readonly fetchDrawn?: (seed: number, cursor: string | null) => Promise<QueuePage>;
}

export const isShuffled = ({ ranks, list }: Queue): boolean =>
  ranks !== undefined || list !== undefined;

/** Further tracks are fetched when fewer than this many are left. */
const NEARLY_OVER = 5;

export const currentOf = (queue: Queue): PlayedTrack | undefined => queue.tracks[queue.index];

export const isNearlyOver = (queue: Queue): boolean =>
  queue.next !== null && queue.tracks.length - queue.index <= NEARLY_OVER;

/** @returns the queue at the nearest later track that can play, `undefined` when none is known yet. */
export function stepForward(queue: Queue): Queue | undefined {
  const index = queue.tracks.findIndex(
    (track, at) => at > queue.index && track.state === "present",
  );
  return index < 0 ? undefined : { ...queue, index };
}

/** @returns the queue at the nearest earlier track that can play, `undefined` when there is none. */
export function stepBack(queue: Queue): Queue | undefined {
  const index = queue.tracks.findLastIndex(
    (track, at) => at < queue.index && track.state === "present",
  );
  return index < 0 ? undefined : { ...queue, index };
}

/** The first that can play, from the start of the list; `undefined` when none can. */
export function stepToStart(queue: Queue): Queue | undefined {
  return stepForward({ ...queue, index: -1 });
}

/** Adds the page that belongs at the end, unless somebody has added it already. */
export function appendPage(queue: Queue, cursor: string, page: QueuePage, random: Random): Queue {
  if (queue.next !== cursor) return queue;
  if (queue.ranks) return mixIn(queue, page, random);
  return { ...queue, tracks: [...queue.tracks, ...page.tracks], next: page.next };
}

/** Puts a track right after the one that plays. */
export function insertNext(queue: Queue, track: PlayedTrack): Queue {
  const at = queue.index + 1;
  const tracks = queue.tracks.toSpliced(at, 0, track);
  const longer = { ...queue, tracks, arranged: arrangedOnce(queue) };
  const { ranks } = queue;
  if (!ranks) return longer;
  const here = ranks[queue.index] ?? -1;
  const later = ranks.map((rank) => (rank > here ? rank + 1 : rank));
  return { ...longer, ranks: later.toSpliced(at, 0, here + 1) };
}

const arrangedOnce = ({ arranged = 0 }: Queue): number => arranged + 1;

/** Puts the one at `from` at `to`; what plays goes on playing, wherever it is then. */
export function moveTrack(queue: Queue, from: number, to: number): Queue {
  const count = queue.tracks.length;
  const isWithin = (at: number) => Number.isInteger(at) && at >= 0 && at < count;
  if (!isWithin(from) || !isWithin(to) || from === to) return queue;
  const places = moved([...queue.tracks.keys()], from, to);
  return {
    ...queue,
    tracks: moved(queue.tracks, from, to),
    ...(queue.ranks ? { ranks: moved(queue.ranks, from, to) } : {}),
    index: places.indexOf(queue.index),
    arranged: arrangedOnce(queue),
  };
}

/** Takes one out of it, but never what plays. */
export function removeTrack(queue: Queue, at: number): Queue {
  if (at === queue.index || !(at in queue.tracks)) return queue;
  const { ranks } = queue;
  const gone = ranks?.[at] ?? 0;
  const closed = ranks?.toSpliced(at, 1).map((rank) => (rank > gone ? rank - 1 : rank));
  return {
    ...queue,
    tracks: queue.tracks.toSpliced(at, 1),
    ...(closed ? { ranks: closed } : {}),
    index: at < queue.index ? queue.index - 1 : queue.index,
    arranged: arrangedOnce(queue),
  };
}

/** The same queue with newer knowledge of its tracks. */
export function refreshTracks(queue: Queue, newer: ReadonlyMap<TrackId, PlayedTrack>): Queue {
  if (!queue.tracks.some((track) => newer.has(track.id))) return queue;
  return { ...queue, tracks: queue.tracks.map((track) => newer.get(track.id) ?? track) };
}

export function jumpTo(queue: Queue, index: number): Queue {
  const within = Math.max(0, Math.min(index, queue.tracks.length - 1));
  return isShuffled(queue) ? bringForward(queue, within) : { ...queue, index: within };
}
