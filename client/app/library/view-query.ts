import type { ConnectionId } from "#contract/ids.ts";
import type { AlbumSort } from "#contract/views.ts";

/** What the address of a view says; what is as usual is left out of it. */
export interface ViewSearch {
  readonly q?: string;
  readonly sort?: AlbumSort;
}

export interface FolderSearch {
  readonly connection?: ConnectionId;
  readonly path?: string;
}

export const ALBUM_SORTS: readonly AlbumSort[] = ["artist", "title", "year", "added"];
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
const LONGEST_SEARCH = 200;
const LONGEST_PATH = 4_000;

/** Anything may stand in an address: what makes no sense counts as not given. */
export function parseViewSearch(given: Readonly<Record<string, unknown>>): ViewSearch {
  const q = toText(given.q, LONGEST_SEARCH);
  const sort = ALBUM_SORTS.find((each) => each === given.sort && each !== "artist");
  return { ...(q ? { q } : {}), ...(sort ? { sort } : {}) };
}

export function parseFolderSearch(given: Readonly<Record<string, unknown>>): FolderSearch {
  const connection = toText(given.connection, LONGEST_SEARCH);
  const path = toText(given.path, LONGEST_PATH);
  if (!UUID.test(connection)) return {};
  return { connection: connection as ConnectionId, ...(path ? { path } : {}) };
}

/** The router reads `?q=1975` as a number. */
const toText = (value: unknown, longest: number): string =>
  typeof value === "string" || typeof value === "number" ? String(value).slice(0, longest) : "";
