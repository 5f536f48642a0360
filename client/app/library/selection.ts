import type { TrackId } from "#contract/ids.ts";
import type { Track } from "#contract/library.ts";
import { createStore, type Store } from "../playback/store.ts";

/** As many as go into a playlist, or under a rehearsal, at a time. */
export const MOST_SELECTED = 500;

/** Rows of a list that somebody has picked, to do one thing with all of them. */
export interface Selection {
  /** In the order in which they were picked. */
  readonly picked: Pick<Store<ReadonlyMap<TrackId, Track>>, "get" | "subscribe">;
  /** Takes a row in, or out again. */
  toggle(index: number): void;
  /** All from the row that was picked last to this one, in place of what was picked. */
  extendTo(index: number): void;
  /** All that have been loaded, up to `MOST_SELECTED`. */
  pickAll(): void;
  /** Whoever goes on from a row goes on from here. */
  startAt(index: number): void;
  /** Takes tracks as they are now in place of those that were picked. */
  refresh(newer: readonly Track[]): void;
  /** @returns false when nothing was picked. */
  clear(): boolean;
}

/** @param rows - those that are loaded, from the top. */
export function createSelection(rows: () => readonly Track[]): Selection {
  const picked = createStore<ReadonlyMap<TrackId, Track>>(new Map());
  let anchor = 0;

  const pick = (tracks: readonly (Track | undefined)[]): void => {
    const known = tracks.filter((track) => track !== undefined);
    picked.set(new Map(known.slice(0, MOST_SELECTED).map((track) => [track.id, track])));
  };

  return {
    picked,
    toggle(index) {
      const track = rows()[index];
      if (!track) return;
      anchor = index;
      const next = new Map(picked.get());
      if (!next.delete(track.id) && next.size < MOST_SELECTED) next.set(track.id, track);
      picked.set(next);
    },
    extendTo(index) {
      const span = rows().slice(Math.min(anchor, index), Math.max(anchor, index) + 1);
      pick(index < anchor ? span.toReversed() : span);
    },
    pickAll: () => pick(rows()),
    startAt(index) {
      anchor = index;
    },
    refresh(newer) {
      const known = picked.get();
      const changed = newer.filter(({ id }) => known.has(id));
      if (changed.length === 0) return;
      picked.set(new Map([...known, ...changed.map((track) => [track.id, track] as const)]));
    },
    clear() {
      const isAny = picked.get().size > 0;
      if (isAny) picked.set(new Map());
      return isAny;
    },
  };
}
