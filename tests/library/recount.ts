export interface TrackFacts {
  readonly album: string | null;
  readonly album_artist: string | null;
  readonly artist: string | null;
  readonly artists: string[] | null;
  readonly genre: string | null;
  readonly genres: string[] | null;
  readonly path: string;
  readonly connection_id: string;
  readonly band_id: string;
  readonly state: string;
  readonly duration_ms: number | null;
  readonly disc_number: number | null;
  readonly year: number | null;
  readonly cover_hash: string | null;
}

export const foldOf = (text: string): string =>
  text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase().trim();

const VARIOUS = "various artists";

const isVarious = (artist: string | null): boolean => foldOf(artist ?? "") === VARIOUS;

function artistsOf({ artists, artist, album_artist: owner }: TrackFacts): Set<string> {
  const names = artists ?? (artist === null ? [] : [artist]);
  return new Set([...names, ...(owner === null || isVarious(owner) ? [] : [owner])].map(foldOf));
}

const genresOf = ({ genres, genre }: TrackFacts): Set<string> =>
  new Set((genres ?? genre?.split(", ") ?? []).map(foldOf));

const partsOf = ({ path }: TrackFacts): string[] => path.split("/").slice(0, -1);

/** Its folder and all above. */
function foldersOf(track: TrackFacts): string[] {
  const parts = partsOf(track);
  return [...parts, ""].map((_, depth) => parts.slice(0, depth).join("/"));
}

/** One of a band, by its title and by whom it is; by where it lies when no tag says that. */
function albumOf(track: TrackFacts, title: string): string {
  const parts = partsOf(track);
  const home = parts.filter((part, at) => at < parts.length - 1 || !/^cd \d$/i.test(part));
  const whose =
    track.album_artist === null
      ? `in ${track.connection_id} ${home.join("/")}`
      : `by ${foldOf(track.album_artist)}`;
  return `${track.band_id} ${foldOf(title)} ${whose}`;
}

/**
 * What every view must be, counted from the tracks alone: in JavaScript, by other means than those
 * that keep the rows in step.
 */
export function recount(tracks: readonly TrackFacts[]) {
  const [artists, genres, folders] = [tally(), tally(), tally()];
  const albums = new Map<string, TrackFacts[]>();
  for (const each of tracks) {
    const isMissing = each.state === "missing";
    for (const of of artistsOf(each)) artists.add(`${each.band_id} ${of}`, isMissing);
    for (const of of genresOf(each)) genres.add(`${each.band_id} ${of}`, isMissing);
    for (const of of foldersOf(each)) folders.add(`${each.connection_id} ${of}`, isMissing);
    if (each.album === null) continue;
    const key = albumOf(each, each.album);
    albums.set(key, [...(albums.get(key) ?? []), each]);
  }
  return {
    albums: sorted([...albums.values()].map(factsOf)),
    artists: artists.all(),
    genres: genres.all(),
    folders: folders.all(),
  };
}

/** All that an album is. */
function factsOf(all: readonly TrackFacts[]): unknown[] {
  const [first] = all;
  const there = all.filter((each) => each.state !== "missing");
  const years = all.flatMap(({ year }) => year ?? []);
  return [
    first?.band_id,
    foldOf(first?.album ?? ""),
    there.length,
    all.length - there.length,
    there.reduce((sum, each) => sum + (each.duration_ms ?? 0), 0),
    new Set(all.map((each) => each.disc_number ?? 1)).size,
    years.length > 0 ? Math.min(...years) : null,
    all.some((each) => each.cover_hash !== null),
    ...byWhom(all, first?.album_artist ?? null),
  ];
}

/** Its artist, and whether it is by several. */
function byWhom(all: readonly TrackFacts[], owner: string | null): [string | null, boolean] {
  if (owner !== null) return [foldOf(owner), isVarious(owner)];
  const soloists = new Set(all.map(({ artist }) => artist ?? ""));
  const [soloist] = soloists;
  return [soloists.size === 1 && soloist ? foldOf(soloist) : null, soloists.size > 1];
}

export const sorted = (rows: readonly (readonly unknown[])[]): string[] =>
  rows.map((row) => JSON.stringify(row)).sort();

function tally() {
  const counts = new Map<string, [number, number]>();
  return {
    add(key: string, isMissing: boolean): void {
      const [there, missing] = counts.get(key) ?? [0, 0];
      counts.set(key, isMissing ? [there, missing + 1] : [there + 1, missing]);
    },
    all: (): string[] => sorted([...counts].map(([key, figures]) => [key, ...figures])),
  };
}
