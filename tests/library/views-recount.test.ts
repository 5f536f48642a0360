import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { type DatabaseTarget, openWritingClient } from "#server/base/db.ts";
import { createTestDatabase } from "#tests/support/deps.ts";

function connectWriting(target: DatabaseTarget) {
  const sql = openWritingClient(target, { max: 2, applicationName: "views" });
  onTestFinished(() => sql.end());
  return sql;
}

/**
 * What every view must be, counted from the tracks alone: in JavaScript, by other means than those
 * that keep the rows in step.
 */
interface TrackFacts {
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

const name = fc.constantFrom("Ada", "ada", "Bo", "The Cranes", "Élan", "Various Artists");
const track = fc.record({
  at: fc.nat({ max: 2 }),
  path: fc.constantFrom("x/a", "x/CD 1/a", "x/CD 2/b", "y/a", "top", "x/deep/er/c"),
  album: fc.option(fc.constantFrom("One", "one", "Two"), { nil: null }),
  album_artist: fc.option(name, { nil: null }),
  artist: fc.option(name, { nil: null }),
  artists: fc.option(fc.uniqueArray(name, { minLength: 2, maxLength: 3 }), { nil: null }),
  genre: fc.option(fc.constantFrom("Folk", "Rock, Pop", "folk"), { nil: null }),
  genres: fc.option(fc.constant(["Folk", "Drone"]), { nil: null }),
  state: fc.constantFrom("present", "present", "missing", "failed"),
  duration_ms: fc.option(fc.nat({ max: 9_000 }), { nil: null }),
  disc_number: fc.option(fc.integer({ min: 1, max: 3 }), { nil: null }),
  year: fc.option(fc.integer({ min: 1970, max: 1975 }), { nil: null }),
  cover_hash: fc.option(fc.constantFrom("aa", "bb"), { nil: null }),
});
const deed = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("insert" as const),
      tracks: fc.array(track, { minLength: 1, maxLength: 8 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("change" as const), pick: fc.nat({ max: 3 }), track }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("delete" as const), pick: fc.nat({ max: 3 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("lose" as const), at: fc.nat({ max: 2 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("find" as const), at: fc.nat({ max: 2 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("move" as const), at: fc.nat({ max: 2 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("disconnect" as const), at: fc.nat({ max: 2 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("dissolve" as const) }) },
);

test("albums, artists, genres and folders are what the tracks make up, whatever happens", async () => {
  const sql = connectWriting(await createTestDatabase());
  const columns = [
    "album",
    "album_artist",
    "artist",
    "artists",
    "genre",
    "genres",
    "state",
    "duration_ms",
    "disc_number",
    "year",
    "cover_hash",
    "path",
  ] as const;
  await fc.assert(
    // biome-ignore lint/complexity/noExcessiveCognitiveComplexity: one deed after the other, each a line
    fc.asyncProperty(fc.array(deed, { minLength: 1, maxLength: 25 }), async (deeds) => {
      await sql`delete from bands`;
      const bands = [randomUUID(), randomUUID()];
      const connections = [randomUUID(), randomUUID(), randomUUID()];
      const bandAt = (at: number): string => bands[at === 2 ? 1 : 0] ?? "";
      for (const id of bands)
        await sql`insert into bands (id, name, is_personal) values (${id}, 'Band', false)`;
      for (const [at, id] of connections.entries()) {
        await sql`insert into connections (id, band_id, provider, name, is_primary, sealed_credential)
          values (${id}, ${bandAt(at)}, 'folder', 'Here', false, '')`;
      }
      const rowOf = ({ at, ...facts }: { at: number; path: string }) => ({
        ...facts,
        path: `${facts.path} ${randomUUID().slice(0, 4)}.mp3`,
        id: randomUUID(),
        ref: randomUUID(),
        band_id: bandAt(at),
        connection_id: connections[at],
        size_bytes: 1,
        is_read: true,
        title: "T",
        sort_title: "t",
        sort_artist: "t",
        sort_album: "t",
        sort_duration_ms: 1,
        search_text: "",
      });
      for (const each of deeds) {
        if (each.kind === "insert") {
          const rows = JSON.stringify(each.tracks.map(rowOf));
          await sql`insert into tracks (id, ref, band_id, connection_id, size_bytes, is_read, title, sort_title, sort_artist,
              sort_album, sort_duration_ms, search_text, album, album_artist, artist, artists, genre, genres, state, duration_ms,
              disc_number, year, cover_hash, path)
            select r.id, r.ref, r.band_id, r.connection_id, r.size_bytes, r.is_read, r.title, r.sort_title, r.sort_artist,
              r.sort_album, r.sort_duration_ms, r.search_text, r.album, r.album_artist, r.artist, r.artists, r.genre, r.genres,
              r.state, r.duration_ms, r.disc_number, r.year, r.cover_hash, r.path
            from json_populate_recordset(null::tracks, ${rows}::text::json) as r
            where exists (select from connections as c where c.id = r.connection_id)`;
        } else if (each.kind === "change") {
          const { id: _, ...row } = rowOf(each.track);
          const facts = Object.fromEntries(
            columns.map((column) => [column, row[column as keyof typeof row] ?? null]),
          );
          await sql`update tracks set ${sql(facts)} where id in (
            select id from tracks order by id offset ${each.pick} limit 2)`;
        } else if (each.kind === "delete") {
          await sql`delete from tracks where id in (select id from tracks order by id offset ${each.pick} limit 2)`;
        } else if (each.kind === "lose") {
          await sql`update tracks set state = 'missing' where connection_id = ${connections[each.at] ?? ""}`;
        } else if (each.kind === "find") {
          await sql`update tracks set state = 'present' where connection_id = ${connections[each.at] ?? ""}`;
        } else if (each.kind === "move") {
          // What `keepElsewhere` does: the same row, in another storage of its band.
          await sql`update tracks set connection_id = c.id from connections as c
            where c.id = ${connections[each.at] ?? ""} and c.band_id = tracks.band_id`;
        } else if (each.kind === "disconnect") {
          await sql`delete from connections where id = ${connections[each.at] ?? ""}`;
        } else {
          await sql`delete from bands where id = ${bands[1] ?? ""}`;
        }
      }
      const tracks = await sql<TrackFacts[]>`select * from tracks`;
      const expected = recount(tracks);
      expect(await seen(sql)).toEqual(expected);
    }),
    { numRuns: 60 },
  );
}, 120_000);

const foldOf = (text: string): string =>
  text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase().trim();

const VARIOUS = "various artists";

// biome-ignore lint/complexity/noExcessiveCognitiveComplexity: all that is counted, at one place
function recount(tracks: readonly TrackFacts[]) {
  const [albums, artists, genres, folders] = [tally(), tally(), tally(), tally()];
  const parts = new Map<string, TrackFacts[]>();
  for (const each of tracks) {
    const isMissing = each.state === "missing";
    const names = each.artists ?? (each.artist === null ? [] : [each.artist]);
    const by =
      each.album_artist !== null && foldOf(each.album_artist) !== VARIOUS
        ? [each.album_artist]
        : [];
    for (const of of new Set([...names, ...by].map(foldOf)))
      artists.add(`${each.band_id} ${of}`, isMissing);
    const kinds = each.genres ?? each.genre?.split(", ") ?? [];
    for (const of of new Set(kinds.map(foldOf))) genres.add(`${each.band_id} ${of}`, isMissing);
    const folder = each.path.split("/").slice(0, -1);
    for (let depth = 0; depth <= folder.length; depth += 1) {
      folders.add(`${each.connection_id} ${folder.slice(0, depth).join("/")}`, isMissing);
    }
    if (each.album === null) continue;
    const home = folder
      .filter((part, at) => at < folder.length - 1 || !/^cd \d$/i.test(part))
      .join("/");
    const whose =
      each.album_artist === null
        ? `in ${each.connection_id} ${home}`
        : `by ${foldOf(each.album_artist)}`;
    const key = `${each.band_id} ${foldOf(each.album)} ${whose}`;
    albums.add(key, isMissing);
    parts.set(key, [...(parts.get(key) ?? []), each]);
  }
  // biome-ignore lint/complexity/noExcessiveCognitiveComplexity: all that an album is, at one place
  const facts = [...parts.values()].map((all) => {
    const there = all.filter((each) => each.state !== "missing");
    const years = all.flatMap(({ year }) => year ?? []);
    const soloists = new Set(all.map(({ artist }) => artist ?? ""));
    const isOwned = all[0]?.album_artist !== null;
    return [
      all[0]?.band_id,
      foldOf(all[0]?.album ?? ""),
      there.length,
      all.length - there.length,
      there.reduce((sum, each) => sum + (each.duration_ms ?? 0), 0),
      new Set(all.map((each) => each.disc_number ?? 1)).size,
      years.length > 0 ? Math.min(...years) : null,
      all.some((each) => each.cover_hash !== null),
      isOwned
        ? foldOf(all[0]?.album_artist ?? "")
        : soloists.size === 1 && all[0]?.artist
          ? foldOf(all[0].artist)
          : null,
      isOwned ? foldOf(all[0]?.album_artist ?? "") === VARIOUS : soloists.size > 1,
    ];
  });
  return {
    albums: sorted(facts),
    artists: artists.all(),
    genres: genres.all(),
    folders: folders.all(),
  };
}

const sorted = (rows: readonly (readonly unknown[])[]): string[] =>
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

async function seen(sql: ReturnType<typeof connectWriting>) {
  const [albums, artists, genres, folders] = await Promise.all([
    sql`select * from albums`,
    sql`select * from artists`,
    sql`select * from genres`,
    sql`select * from track_folders`,
  ]);
  const named = (rows: readonly Record<string, unknown>[]) =>
    sorted(
      rows.map((row) => [
        `${row.band_id} ${foldOf(String(row.name))}`,
        row.track_count,
        row.missing_count,
      ]),
    );
  return {
    albums: sorted(
      albums.map((row) => [
        row.band_id,
        foldOf(row.title),
        row.track_count,
        row.missing_count,
        row.duration_ms,
        row.disc_count,
        row.year,
        row.cover_track_id !== null,
        row.artist === null ? null : foldOf(row.artist),
        row.is_compilation,
      ]),
    ),
    artists: named(artists),
    genres: named(genres),
    folders: sorted(
      folders.map((row) => [
        `${row.connection_id} ${row.path}`,
        row.track_count,
        row.missing_count,
      ]),
    ),
  };
}
