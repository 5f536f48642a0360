import postgres from "postgres";
import type { BandId } from "#contract/ids.ts";
import { createId } from "#server/base/ids.ts";
import { toSortKeys } from "#server/library/sort-keys.ts";
import type { findDatabase } from "./backline.ts";

const VOCABULARY = 40_000;
const COMMON = "the of love live take river night you me in demo mix".split(" ");
const SYLLABLES = [..."bcdfghjklmnprstvwz"].flatMap((letter) =>
  [..."aeiou"].map((v) => letter + v),
);
const BATCH = 5_000;
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
function createWords(random: () => number): (count: number) => string {
  const word = (): string =>
    Array.from({ length: 2 + Math.floor(random() * 3) }, () => {
      return SYLLABLES[Math.floor(random() * SYLLABLES.length)];
    }).join("");
  const vocabulary = [...COMMON, ...Array.from({ length: VOCABULARY }, word)];
  const pick = () => vocabulary[Math.floor(Math.exp(random() * Math.log(vocabulary.length)) - 1)];
  return (count) => Array.from({ length: count }, pick).join(" ");
}

/** Straight into the database: what a scan would leave behind. */
export async function fillLibrary(
  target: Awaited<ReturnType<typeof findDatabase>>,
  bandId: BandId,
  connectionId: string,
  tracks: number,
): Promise<void> {
  const sql = postgres({ ...target, max: 1 });
  const random = createRandom(42);
  const words = createWords(random);
  const some = (most: number): string => words(1 + Math.floor(random() * most));
  let [artist, album] = ["", ""];
  const toRow = (n: number) => {
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
  for (let from = 0; from < tracks; from += BATCH) {
    const rows = Array.from({ length: Math.min(BATCH, tracks - from) }, (_, at) =>
      toRow(from + at),
    );
    await sql`
      insert into tracks (id, band_id, connection_id, ref, path, size_bytes, state, is_read, title,
        artist, album, track_number, sort_title, sort_artist, sort_album, search_text, sort_duration_ms,
        duration_ms)
      select r.id, ${bandId}, ${connectionId}, r.path, r.path, 1000, 'present', true, r.title,
        r.artist, r.album, r."trackNumber", r."sortTitle", r."sortArtist", r."sortAlbum",
        r."searchText", r."sortDurationMs", r."durationMs"
      from json_to_recordset(${JSON.stringify(rows)}::text::json) as r(id uuid, path text, title text,
        artist text, album text, "trackNumber" int, "sortTitle" text, "sortArtist" text,
        "sortAlbum" text, "searchText" text, "sortDurationMs" int, "durationMs" int)`;
  }
  await sql`vacuum analyze tracks`;
  await sql`vacuum analyze library_words`;
  await sql.end();
}
