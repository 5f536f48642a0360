import { pipeline } from "node:stream/promises";
import postgres, { type Sql } from "postgres";
import type { BandId } from "#contract/ids.ts";
import { createId } from "#server/base/ids.ts";
import { toSortKeys } from "#server/library/sort-keys.ts";
import type { findDatabase } from "./backline.ts";

const VOCABULARY = 40_000;
const COMMON = "the of love live take river night you me in demo mix café élan".split(" ");
const SYLLABLES = [..."bcdfghjklmnprstvwz"].flatMap((letter) =>
  [..."aeiou"].map((v) => letter + v),
);
/** Tracks of one COPY, and of one look at what they make of albums, artists, folders and words. */
const BATCH = 50_000;
const LINES_A_PIECE = 500;
const SEED = 42;
const TRIGGERS = ["tracks_inserted", "tracks_words_inserted"];
const TABLES = ["tracks", "albums", "artists", "genres", "track_folders", "library_words"] as const;
const TRACKS_AN_ALBUM = 12;
const ALBUMS_AN_ARTIST = 4;

/** A random number below one, the same in each run (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Words as texts have them: a few are everywhere, most are rare. */
function createWords(random: () => number) {
  const word = (): string =>
    Array.from({ length: 2 + Math.floor(random() * 3) }, () => {
      return SYLLABLES[Math.floor(random() * SYLLABLES.length)];
    }).join("");
  const vocabulary = [...COMMON, ...Array.from({ length: VOCABULARY }, word)];
  const pick = () => vocabulary[Math.floor(Math.exp(random() * Math.log(vocabulary.length)) - 1)];
  const words = (count: number): string => Array.from({ length: count }, pick).join(" ");
  return { vocabulary, words };
}

/** The library's words, the most common first. */
export const listWords = (): readonly string[] => createWords(createRandom(SEED)).vocabulary;

/**
 * Straight into the database: what a scan would leave behind. Indexes are built when all is there, and
 * what triggers do after each statement is done for many tracks at a time.
 */
export async function fillLibrary(
  target: Awaited<ReturnType<typeof findDatabase>>,
  bandId: BandId,
  connectionId: string,
  tracks: number,
): Promise<void> {
  const sql = postgres({ ...target, max: 1 });
  const toRow = createRows();
  await sql`set maintenance_work_mem = '1GB'`;
  await sql`set work_mem = '256MB'`;
  const indexes = await dropIndexes(sql);
  const build = async (isOfTracks: boolean): Promise<void> => {
    const chosen = indexes.filter(({ table }) => (table === "tracks") === isOfTracks);
    for (const { definition } of chosen) await sql.unsafe(definition);
  };
  for (const trigger of TRIGGERS) await sql`alter table tracks disable trigger ${sql(trigger)}`;
  const edges: (readonly [string, string])[] = [];
  for (let from = 0; from < tracks; from += BATCH) {
    const count = Math.min(BATCH, tracks - from);
    const rows = Array.from({ length: count }, (_, at) => toRow(from + at));
    await copy(sql, rows, bandId, connectionId);
    edges.push([rows[0]?.id ?? "", rows.at(-1)?.id ?? ""]);
  }
  await build(true);
  await sql`analyze tracks`;
  for (const [first, last] of edges) await keepStep(sql, first, last);
  await build(false);
  for (const trigger of TRIGGERS) await sql`alter table tracks enable trigger ${sql(trigger)}`;
  for (const table of TABLES) await sql`vacuum analyze ${sql(table)}`;
  await sql.end();
}

function createRows() {
  const random = createRandom(SEED);
  const { words } = createWords(random);
  const some = (most: number): string => words(1 + Math.floor(random() * most));
  let [artist, album] = ["", ""];
  return (n: number) => {
    if (n % (TRACKS_AN_ALBUM * ALBUMS_AN_ARTIST) === 0)
      artist = `${random() < 0.3 ? "The " : ""}${some(2)}`;
    if (n % TRACKS_AN_ALBUM === 0) album = some(3);
    const title = `${some(4)}${random() < 0.1 ? ` take ${n % 100}` : ""}`;
    const trackNumber = (n % TRACKS_AN_ALBUM) + 1;
    const path = `${artist}/${album}/${String(trackNumber).padStart(2, "0")} ${title} ${n}.mp3`;
    const track = { title, artist, album, path, durationMs: 60_000 + (n % 300_000) };
    const id = createId<string>(new Date());
    return { id, ...track, trackNumber, ...toSortKeys({ ...track, discNumber: 1, trackNumber }) };
  };
}

type Row = ReturnType<ReturnType<typeof createRows>>;

/** No text in it has a tab, a line's end or a backslash. */
async function copy(
  sql: Sql,
  rows: readonly Row[],
  bandId: BandId,
  connectionId: string,
): Promise<void> {
  const toLine = (row: Row): string =>
    [
      ...[row.id, bandId, connectionId, row.path, row.path, 1000, "present", true, row.title],
      ...[row.artist, row.album, row.trackNumber, row.sortTitle, row.sortArtist, row.sortAlbum],
      ...[row.searchText, row.sortDurationMs, row.durationMs],
    ].join("\t");
  const into = await sql`
    copy tracks (id, band_id, connection_id, ref, path, size_bytes, state, is_read, title, artist, album,
      track_number, sort_title, sort_artist, sort_album, search_text, sort_duration_ms, duration_ms)
    from stdin`.writable();
  const lines = function* () {
    for (let at = 0; at < rows.length; at += LINES_A_PIECE) {
      yield Buffer.from(
        `${rows
          .slice(at, at + LINES_A_PIECE)
          .map(toLine)
          .join("\n")}\n`,
      );
    }
  };
  await pipeline(lines, into);
}

/** All that no constraint needs. @returns how each is made. */
async function dropIndexes(sql: Sql) {
  const indexes = await sql<{ name: string; table: string; definition: string }[]>`
    select i.indexrelid::regclass::text as name, i.indrelid::regclass::text as table,
      pg_get_indexdef(i.indexrelid) as definition
    from pg_index as i where i.indrelid::regclass::text in ${sql([...TABLES])} and not i.indisunique`;
  for (const { name } of indexes) await sql`drop index ${sql(name)}`;
  return indexes;
}

/** What the two triggers would have done. @param first, last - of the tracks' ids. */
async function keepStep(sql: Sql, first: string, last: string): Promise<void> {
  await sql`
    select library_keep_step((
      select array_agg(library_change_of(t, 1)) from tracks as t where t.id between ${first} and ${last}))`;
  await sql`
    select library_note_words((
      select array_agg(row(t.band_id, t.search_text, t.album_artist, t.genre)::library_text)
      from tracks as t where t.id between ${first} and ${last}))`;
}
