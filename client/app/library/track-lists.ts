import { useEffect, useSyncExternalStore } from "react";
import type { BandId } from "#contract/ids.ts";
import type { Track, TrackPage } from "#contract/library.ts";
import { backline } from "../api.ts";
import { onSessionEnd } from "../auth/session.ts";
import type { Queue } from "../playback/queue.ts";
import { directionOf, type LibrarySearch, sortOf } from "./list-query.ts";
import { createSelection, type Selection } from "./selection.ts";
import { createTrackList, type TrackList, type TrackListState } from "./track-list.ts";

const PAGE_SIZE = 200;

/** Lists that are kept, so that going back finds them as they were. */
const KEPT = 6;

export interface KeptList {
  /** Band, search, order and filter in one text. */
  readonly id: string;
  readonly list: TrackList;
  readonly fetchPage: (cursor: string | null) => Promise<TrackPage>;
  readonly fetchDrawn: (seed: number, cursor: string | null) => Promise<TrackPage>;
  readonly selection: Selection;
  /** Where the person had scrolled to, in pixels. */
  scrollTop: number;
  /** The row with the keyboard's attention. */
  activeIndex: number;
}

const kept = new Map<string, KeptList>();
const shown = new Set<TrackList>();

onSessionEnd(() => kept.clear());

export function openTrackList(bandId: BandId, search: LibrarySearch): KeptList {
  const key = JSON.stringify([
    bandId,
    search.q,
    sortOf(search),
    search.dir,
    search.state,
    search.listened,
    search.connection,
  ]);
  const found = kept.get(key) ?? createKeptList(key, bandId, search);
  // Last used comes last; the first to go is the one that nobody came back to.
  kept.delete(key);
  kept.set(key, found);
  for (const [oldest] of kept) {
    if (kept.size <= KEPT) break;
    kept.delete(oldest);
  }
  return found;
}

/** After a scan: what is not on screen is loaded anew when it is visited. */
export function forgetOtherLists(): void {
  for (const [key, { list }] of kept) if (!shown.has(list)) kept.delete(key);
}

/** After a change: what is picked is what it is now, whoever edits it next. */
export function refreshSelections(newer: readonly Track[]): void {
  for (const { selection } of kept.values()) selection.refresh(newer);
}

function createKeptList(id: string, bandId: BandId, search: LibrarySearch): KeptList {
  const fetchOrdered = (seed: number | null, cursor: string | null) =>
    backline.api.library.tracks.list.query({
      bandId,
      seed,
      search: search.q ?? "",
      sort: sortOf(search),
      direction: directionOf(search),
      filter: {
        ...(search.state ? { state: search.state } : {}),
        ...(search.listened ? { listened: search.listened } : {}),
        ...(search.connection ? { connectionId: search.connection } : {}),
      },
      cursor,
      limit: PAGE_SIZE,
    });
  const fetchPage = (cursor: string | null) => fetchOrdered(null, cursor);
  const list = createTrackList(fetchPage);
  const selection = createSelection(() => list.state.get().rows);
  return {
    ...{ id, list, selection, fetchPage, fetchDrawn: fetchOrdered },
    ...{ scrollTop: 0, activeIndex: 0 },
  };
}

export function useTrackList(list: TrackList): TrackListState {
  useEffect(() => {
    shown.add(list);
    return () => void shown.delete(list);
  }, [list]);
  return useSyncExternalStore(list.state.subscribe, list.state.get);
}

/** The list as it is now, playing from `index`. */
export function toQueue({ list, fetchPage, fetchDrawn }: KeptList, index: number): Queue {
  const { rows, next } = list.state.get();
  return { tracks: rows.slice(), index, next, fetchPage, fetchDrawn };
}
