import type { BandId } from "#contract/ids.ts";
import { type Matches, MOST_MATCHES } from "#contract/search.ts";
import type { Db } from "#server/base/db.ts";
import { findFolders } from "./folder-store.ts";
import { toNamePatterns } from "./search.ts";
import { toBeginnings } from "./sort-keys.ts";
import * as store from "./view-store.ts";
import { toAlbum } from "./views.ts";

type Part = store.Searching & { readonly limit: number };

/** What a search finds in the views of a library: first what is called so, then what has its words. */
export async function findMatches(
  db: Db,
  member: { readonly bandId: BandId },
  search: string,
): Promise<Pick<Matches, "artists" | "albums" | "genres" | "folders">> {
  const patterns = toNamePatterns(search);
  const prefix = toBeginnings(search).name;
  const find = <Row>(list: (part: Part) => Promise<Row[]>): Promise<Row[]> =>
    bestOf(patterns, prefix, list);
  const first = { after: null, direction: "ascending" } as const;
  const byName = { ...first, sort: "name" } as const;
  const [artists, albums, genres, folders] = await Promise.all([
    find((part) => store.listArtists(db, member, { ...byName, ...part })),
    find((part) => store.listAlbums(db, member, { ...first, sort: "title", ...part })),
    find((part) => store.listGenres(db, member, { ...byName, ...part })),
    find((part) => findFolders(db, member, part)),
  ]);
  return {
    artists: artists.map(({ key: _, ...artist }) => artist),
    albums: albums.map(({ key: _, ...album }) => toAlbum(album)),
    genres: genres.map(({ key: _, ...genre }) => genre),
    folders,
  };
}

async function bestOf<Row>(
  patterns: readonly string[],
  prefix: string,
  list: (part: Part) => Promise<Row[]>,
): Promise<Row[]> {
  if (prefix === "") return list({ patterns, limit: MOST_MATCHES });
  const best = await list({ patterns, beginning: { prefix, isOfIt: true }, limit: MOST_MATCHES });
  const limit = MOST_MATCHES - best.length;
  if (limit === 0) return best;
  return [...best, ...(await list({ patterns, beginning: { prefix, isOfIt: false }, limit }))];
}
