import { MOST_QUEUED } from "#contract/enough.ts";
import type { BandId, TrackId } from "#contract/ids.ts";
import type { Player } from "../playback/player.ts";
import type { Queue } from "../playback/queue.ts";

/** Of what was played already, so much comes along. */
const BEHIND = 50;
/** Not more often than this while nothing but time goes by. */
const EVERY_MS = 15_000;
/** Not more often than this whatever happens: whoever skips through a list is nowhere yet. */
const APART_MS = 5_000;

export interface QueueToSave {
  readonly bandId: BandId;
  readonly trackIds: TrackId[];
  readonly index: number;
  readonly positionMs: number;
}

/** What of a queue is kept; `null` for one of nobody's band. */
export function toSaved(queue: Queue, positionSeconds: number): QueueToSave | null {
  const bandId = queue.tracks[queue.index]?.bandId;
  if (!bandId) return null;
  const first = Math.max(0, queue.index - BEHIND);
  const kept = queue.tracks.slice(first, first + MOST_QUEUED);
  return {
    bandId,
    trackIds: kept.map(({ id }) => id),
    index: queue.index - first,
    positionMs: Math.round(positionSeconds * 1000),
  };
}

/** The order of the list behind a shuffled queue. The server keeps what follows; this stays here. */
export interface SavedOrder {
  readonly trackIds: readonly string[];
  readonly ranks: readonly number[];
}

export function toSavedOrder(queue: Queue, { trackIds }: QueueToSave): SavedOrder | null {
  if (!queue.ranks) return null;
  const first = Math.max(0, queue.index - BEHIND);
  return { trackIds, ranks: queue.ranks.slice(first, first + trackIds.length) };
}

/** @returns the queue with the order of its list, when it is the one that was saved in this browser. */
export function withSavedOrder(queue: Queue, saved: SavedOrder | null): Queue {
  const isSame =
    saved?.trackIds.length === queue.tracks.length &&
    queue.tracks.every(({ id }, at) => saved.trackIds[at] === id);
  if (!saved || !isSame) return queue;
  // Only a part of the queue is kept, so its places are counted anew.
  const places = saved.ranks.toSorted((left, right) => left - right);
  return { ...queue, ranks: saved.ranks.map((rank) => places.indexOf(rank)) };
}

export function parseSavedOrder(stored: unknown): SavedOrder | null | undefined {
  const { trackIds, ranks } = (stored ?? {}) as Record<string, unknown>;
  if (!Array.isArray(trackIds) || !Array.isArray(ranks)) return undefined;
  const isWhole = ranks.length === trackIds.length && ranks.every(Number.isSafeInteger);
  return isWhole ? { trackIds, ranks } : undefined;
}

/** Somebody has put it in order, which is no other queue. */
const isOtherOrder = (before: Queue | null, after: Queue | null): boolean =>
  before !== null && after !== null && (after.arranged ?? 0) > (before.arranged ?? 0);

interface Clock {
  readonly now: () => number;
  /** @returns what calls it off. */
  readonly later: (delayMs: number, run: () => void) => () => void;
}

/**
 * Saves where the listener is: soon after each track begins or is paused, or the queue is put in order, and now and then.
 *
 * @returns `flush` for when the page goes out of sight, and what ends it.
 */
export function watchQueue(
  { state, progress }: Pick<Player, "state" | "progress">,
  { now, later }: Clock,
  save: (queue: QueueToSave) => void,
): { flush(): void; stop(): void } {
  let savedAt = now();
  let before = state.get();
  let isNew = false;
  let callOff: (() => void) | null = null;
  const flush = (): void => {
    callOff?.();
    callOff = null;
    const { queue } = state.get();
    const saved = isNew && queue ? toSaved(queue, progress.get().positionSeconds) : null;
    if (!saved) return;
    isNew = false;
    savedAt = now();
    save(saved);
  };
  const flushSoon = (): void => {
    callOff ??= later(Math.max(0, savedAt + APART_MS - now()), flush);
  };
  const stops = [
    state.subscribe(() => {
      const after = state.get();
      const isOther = after.track?.id !== before.track?.id;
      const isPaused = before.isPlaying && !after.isPlaying;
      const isArranged = isOtherOrder(before.queue, after.queue);
      before = after;
      if (after.isPlaying || isArranged) isNew = true;
      if (isOther || isPaused || isArranged) flushSoon();
    }),
    progress.subscribe(() => {
      if (!state.get().isPlaying) return;
      isNew = true;
      if (now() - savedAt >= EVERY_MS) flush();
    }),
  ];
  return {
    flush,
    stop() {
      callOff?.();
      for (const stop of stops) stop();
    },
  };
}
