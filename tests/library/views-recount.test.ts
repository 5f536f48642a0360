import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { type DatabaseTarget, openWritingClient } from "#server/base/db.ts";
import { createTestDatabase } from "#tests/support/deps.ts";
import { foldOf, recount, sorted, type TrackFacts } from "./recount.ts";

function connectWriting(target: DatabaseTarget) {
  const sql = openWritingClient(target, { max: 2, applicationName: "views" });
  onTestFinished(() => sql.end());
  return sql;
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

type Deed = typeof deed extends fc.Arbitrary<infer Each> ? Each : never;
type Sql = ReturnType<typeof connectWriting>;

/** Of a track that a deed changes: all but what makes it the one that it is. */
const COLUMNS = [
  ...(["album", "album_artist", "artist", "artists", "genre", "genres", "state"] as const),
  ...(["duration_ms", "disc_number", "year", "cover_hash", "path"] as const),
];

/** Two bands: the first with two storages, the other with one. */
async function startWorld(sql: Sql) {
  const bands = [randomUUID(), randomUUID()];
  const connections = [randomUUID(), randomUUID(), randomUUID()];
  const bandAt = (at: number): string => bands[at === 2 ? 1 : 0] ?? "";
  await sql`delete from bands`;
  for (const id of bands) {
    await sql`insert into bands (id, name, is_personal) values (${id}, 'Band', false)`;
  }
  for (const [at, id] of connections.entries()) {
    await sql`insert into connections (id, band_id, provider, name, is_primary, sealed_credential)
      values (${id}, ${bandAt(at)}, 'folder', 'Here', false, '')`;
  }
  return {
    dissolved: bands[1] ?? "",
    connectionAt: (at: number): string => connections[at] ?? "",
    rowOf: ({ at, ...facts }: { at: number; path: string }) => ({
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
    }),
  };
}

async function insertTracks(sql: Sql, rows: readonly object[]): Promise<void> {
  await sql`insert into tracks (id, ref, band_id, connection_id, size_bytes, is_read, title, sort_title, sort_artist,
      sort_album, sort_duration_ms, search_text, album, album_artist, artist, artists, genre, genres, state, duration_ms,
      disc_number, year, cover_hash, path)
    select r.id, r.ref, r.band_id, r.connection_id, r.size_bytes, r.is_read, r.title, r.sort_title, r.sort_artist,
      r.sort_album, r.sort_duration_ms, r.search_text, r.album, r.album_artist, r.artist, r.artists, r.genre, r.genres,
      r.state, r.duration_ms, r.disc_number, r.year, r.cover_hash, r.path
    from json_populate_recordset(null::tracks, ${JSON.stringify(rows)}::text::json) as r
    where exists (select from connections as c where c.id = r.connection_id)`;
}

async function act(sql: Sql, world: Awaited<ReturnType<typeof startWorld>>, each: Deed) {
  switch (each.kind) {
    case "insert":
      return insertTracks(sql, each.tracks.map(world.rowOf));
    case "change": {
      const row: Record<string, unknown> = world.rowOf(each.track);
      const facts = Object.fromEntries(COLUMNS.map((column) => [column, row[column] ?? null]));
      return sql`update tracks set ${sql(facts)} where id in (
        select id from tracks order by id offset ${each.pick} limit 2)`;
    }
    case "delete":
      return sql`delete from tracks where id in (select id from tracks order by id offset ${each.pick} limit 2)`;
    case "lose":
      return sql`update tracks set state = 'missing' where connection_id = ${world.connectionAt(each.at)}`;
    case "find":
      return sql`update tracks set state = 'present' where connection_id = ${world.connectionAt(each.at)}`;
    case "move":
      // What `keepElsewhere` does: the same row, in another storage of its band.
      return sql`update tracks set connection_id = c.id from connections as c
        where c.id = ${world.connectionAt(each.at)} and c.band_id = tracks.band_id`;
    case "disconnect":
      return sql`delete from connections where id = ${world.connectionAt(each.at)}`;
    case "dissolve":
      return sql`delete from bands where id = ${world.dissolved}`;
  }
}

test("albums, artists, genres and folders are what the tracks make up, whatever happens", async () => {
  const sql = connectWriting(await createTestDatabase());
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { minLength: 1, maxLength: 25 }), async (deeds) => {
      const world = await startWorld(sql);
      for (const each of deeds) await act(sql, world, each);
      const tracks = await sql<TrackFacts[]>`select * from tracks`;
      expect(await seen(sql)).toEqual(recount(tracks));
    }),
    { numRuns: 60 },
  );
}, 120_000);

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
