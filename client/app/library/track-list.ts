import type { Track, TrackPage } from "#contract/library.ts";
import { createStore, type Store } from "../playback/store.ts";

/** What is known of a list that is longer than anyone wants to wait for. */
export interface TrackListState {
  /**
   * The tracks loaded so far, from the top. The same array grows from state to state, because
   * copying 100,000 entries with every page would be felt.
   */
  readonly rows: readonly Track[];
  readonly loaded: number;
  /** How long the whole list is; `null` until the first page has come. */
  readonly total: number | null;
  readonly next: string | null;
  /** Nothing has what was searched for as it was typed: the list is of this. */
  readonly correctedSearch: string | null;
  readonly isLoading: boolean;
  readonly error: unknown;
}

export interface TrackList {
  readonly state: Pick<Store<TrackListState>, "get" | "subscribe">;
  /** Makes sure that row `index` gets loaded, page after page. Safe to call with every scroll. */
  want(index: number): void;
  /** Loads again from the top and shows it when it is there. */
  reload(): Promise<void>;
  retry(): void;
}

type FetchPage = (cursor: string | null) => Promise<TrackPage>;

const nothing = (): TrackListState => ({
  rows: [],
  loaded: 0,
  total: null,
  next: null,
  correctedSearch: null,
  isLoading: false,
  error: null,
});

export function createTrackList(fetchPage: FetchPage): TrackList {
  const store = createStore<TrackListState>(nothing());
  let wanted = 0;
  /** Goes up with each reload, so that pages of an older list are dropped. */
  let edition = 0;

  async function load(): Promise<void> {
    const began = edition;
    store.set({ ...store.get(), isLoading: true, error: null });
    try {
      while (isShort(store.get(), wanted)) {
        const page = await fetchPage(store.get().next);
        if (edition !== began) return;
        store.set(withPage(store.get(), page));
      }
      store.set({ ...store.get(), isLoading: false });
    } catch (error) {
      if (edition === began) store.set({ ...store.get(), isLoading: false, error });
    }
  }

  return {
    state: store,
    want(index) {
      wanted = Math.max(wanted, index);
      const state = store.get();
      if (!state.isLoading && state.error === null && isShort(state, wanted)) void load();
    },
    async reload() {
      edition += 1;
      const began = edition;
      const page = await fetchPage(null);
      if (edition !== began) return;
      wanted = 0;
      store.set(withPage(nothing(), page));
    },
    retry() {
      if (!store.get().isLoading) void load();
    },
  };
}

function isShort({ total, loaded, next }: TrackListState, wanted: number): boolean {
  return total === null || (next !== null && loaded <= wanted);
}

function withPage(state: TrackListState, page: TrackPage): TrackListState {
  const rows = state.rows as Track[];
  rows.push(...page.tracks);
  const total = state.total ?? page.total ?? rows.length;
  return {
    rows,
    loaded: rows.length,
    // What was counted at first may have grown or shrunk; the end is the truth.
    total: page.next === null ? rows.length : Math.max(total, rows.length + 1),
    next: page.next,
    correctedSearch: state.correctedSearch ?? page.correctedSearch,
    isLoading: state.isLoading,
    error: null,
  };
}
