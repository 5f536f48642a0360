import type { ConnectionId } from "#contract/ids.ts";
import type { SortDirection, TrackSort, TrackState } from "#contract/library.ts";

/** What the address of the library says; what is as usual is left out of it. */
export interface LibrarySearch {
  readonly q?: string;
  readonly sort?: TrackSort;
  readonly dir?: "desc";
  readonly state?: TrackState;
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
const STATES: readonly TrackState[] = ["present", "missing", "failed"];
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
const LONGEST_SEARCH = 200;

/** Anything may stand in an address: what makes no sense counts as not given. */
export function parseLibrarySearch(given: Readonly<Record<string, unknown>>): LibrarySearch {
  const q = toText(given.q);
  const sort = SORTS.find((each) => each === given.sort);
  const state = STATES.find((each) => each === given.state);
  const connection = toText(given.connection);
  return {
    ...(q ? { q } : {}),
    ...(sort && sort !== usualSortOf({ q }) ? { sort } : {}),
    ...(given.dir === "desc" ? { dir: "desc" as const } : {}),
    ...(state ? { state } : {}),
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

export const isFiltered = ({ q, state, connection }: LibrarySearch): boolean =>
  q !== undefined || state !== undefined || connection !== undefined;

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
