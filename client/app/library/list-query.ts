import type { ConnectionId } from "#contract/ids.ts";
import type { ListenedFilter, SortDirection, TrackSort, TrackState } from "#contract/library.ts";

/** What the address of the library says; what is as usual is left out of it. */
export interface LibrarySearch {
  readonly q?: string;
  readonly sort?: TrackSort;
  readonly dir?: "desc";
  readonly state?: TrackState;
  readonly listened?: ListenedFilter;
  readonly connection?: ConnectionId;
}

/** Of what is found the best comes first. */
export const usualSortOf = ({ q }: Pick<LibrarySearch, "q">): TrackSort =>
  q ? "relevance" : "artist";

/** What people may choose to sort by. */
export const SORTS = [
  "title",
  "artist",
  "album",
  "added",
  "duration",
] as const satisfies TrackSort[];
const LISTENED: readonly ListenedFilter[] = ["favourite", "unplayed"];
const STATES: readonly TrackState[] = ["present", "missing", "failed"];
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
const LONGEST_SEARCH = 200;

/** Anything may stand in an address: what makes no sense counts as not given. */
export function parseLibrarySearch(given: Readonly<Record<string, unknown>>): LibrarySearch {
  const q = toText(given.q);
  const sort = SORTS.find((each) => each === given.sort);
  const state = STATES.find((each) => each === given.state);
  const listened = LISTENED.find((each) => each === given.listened);
  const connection = toText(given.connection);
  return {
    ...(q ? { q } : {}),
    ...(sort && sort !== usualSortOf({ q }) ? { sort } : {}),
    ...(given.dir === "desc" ? { dir: "desc" as const } : {}),
    ...(state ? { state } : {}),
    ...(listened ? { listened } : {}),
    ...(UUID.test(connection) ? { connection: connection as ConnectionId } : {}),
  };
}

/** The router reads `?q=1975` as a number. */
const toText = (value: unknown): string =>
  typeof value === "string" || typeof value === "number"
    ? String(value).slice(0, LONGEST_SEARCH)
    : "";

export const sortOf = (search: LibrarySearch): TrackSort => search.sort ?? usualSortOf(search);

export const directionOf = (search: LibrarySearch): SortDirection =>
  search.dir === "desc" ? "descending" : "ascending";

export const isFiltered = ({ q, state, listened, connection }: LibrarySearch): boolean =>
  [q, state, listened, connection].some((part) => part !== undefined);

/** Lists that people ask for by name. */
export const PRESETS = {
  added: { sort: "added", dir: "desc" },
  favourite: { listened: "favourite" },
  unplayed: { listened: "unplayed" },
} as const satisfies Record<string, LibrarySearch>;
export type Preset = keyof typeof PRESETS;

/** Which of them the list is, whatever else it is narrowed to. */
export function presetOf(search: LibrarySearch): Preset | null {
  if (search.listened) return search.listened;
  return search.sort === "added" && search.dir === "desc" ? "added" : null;
}

/** The next order when a column's header is clicked: turn it round, or sort by it. */
export function sortBy(search: LibrarySearch, sort: TrackSort): LibrarySearch {
  const { dir, sort: _, ...rest } = search;
  const isSame = sortOf(search) === sort;
  // New ones and long ones are what people look for first.
  const isDescending = isSame ? dir !== "desc" : sort === "added" || sort === "duration";
  return {
    ...rest,
    ...(sort === usualSortOf(search) ? {} : { sort }),
    ...(isDescending ? { dir: "desc" as const } : {}),
  };
}
