import { randomUUID } from "node:crypto";
import { drizzle } from "drizzle-orm/postgres-js";
import { expect, onTestFinished, test } from "vitest";
import type { AlbumId, ArtistId, BandId, ConnectionId, GenreId, UserId } from "#contract/ids.ts";
import { SortDirection, TrackSort } from "#contract/library.ts";
import { AlbumSort, NameSort } from "#contract/views.ts";
import { openWritingClient } from "#server/base/db.ts";
import { listFolders } from "#server/library/folder-store.ts";
import { listByRelevance } from "#server/library/relevance.ts";
import { toSearchPatterns } from "#server/library/search.ts";
import { countTracks, drawTracks, listTracks } from "#server/library/store.ts";
import * as views from "#server/library/view-store.ts";
import { createTestDatabase } from "#tests/support/deps.ts";

const TRACKS = 20_000;

/** A large band and a small one; ten tracks an album, twenty an artist, a folder an album. */
async function largeLibrary() {
  const sql = openWritingClient(await createTestDatabase(), { max: 2, applicationName: "plans" });
  onTestFinished(() => sql.end());
  await sql`set statement_timeout = 0`;
  const [bandId, otherId, userId] = [randomUUID(), randomUUID(), randomUUID()];
  const [connectionId, otherConnectionId] = [randomUUID(), randomUUID()];
  for (const [band, connection, count] of [
    [bandId, connectionId, TRACKS],
    [otherId, otherConnectionId, 2_000],
  ] as const) {
    await sql`insert into bands (id, name, is_personal) values (${band}, 'Band', false)`;
    await sql`insert into connections (id, band_id, provider, name, is_primary, sealed_credential)
      values (${connection}, ${band}, 'folder', 'Here', false, '')`;
    await sql`insert into tracks (id, ref, band_id, connection_id, size_bytes, is_read, state, title,
        sort_title, sort_artist, sort_album, sort_duration_ms, search_text, album, album_artist, artist,
        genre, path)
      select gen_random_uuid(), n::text, ${band}, ${connection}, 1, true, 'present', 'T ' || n,
        't' || n, 'artist ' || n / 20, 'album ' || n / 10, n, ' t' || n, 'Album ' || n / 10,
        'Artist ' || n / 20, 'Artist ' || n / 20, 'Genre ' || n / 40,
        'Artist ' || n / 20 || '/Album ' || n / 10 || '/' || n || '.mp3'
      from generate_series(0, ${count - 1}::int) as n`;
  }
  await sql`insert into users (id, name, role) values (${userId}, 'Anna', 'user')`;
  await sql`insert into favourites (user_id, track_id)
    select ${userId}, id from tracks where band_id = ${bandId} and sort_duration_ms % 400 = 0`;
  await sql`insert into listens (user_id, track_id, play_count, last_played_at)
    select ${userId}, id, 1, now() from tracks where band_id = ${bandId} and sort_duration_ms % 40 = 0`;
  await sql`vacuum analyze`;
  const asked: { query: string; params: unknown[] }[] = [];
  const logQuery = (query: string, params: unknown[]) => void asked.push({ query, params });
  const db = drizzle(sql, { casing: "snake_case", logger: { logQuery } });
  /** How the statements that something asks are carried out. */
  const plansOf = async (ask: Promise<unknown>): Promise<string[]> => {
    await ask;
    const plans: string[] = [];
    for (const { query, params } of asked.splice(0)) {
      const lines = await sql.unsafe(`explain ${query}`, params as string[]);
      plans.push(lines.map((line) => line["QUERY PLAN"]).join("\n"));
    }
    return plans;
  };
  const planOf = async (ask: Promise<unknown>): Promise<string> => {
    const plan = (await plansOf(ask)).at(-1);
    if (plan === undefined) throw new Error("Nothing was asked.");
    return plan;
  };
  const idOf = async (table: string, name: string): Promise<string> => {
    const column = table === "albums" ? "title" : "name";
    const [row] = await sql`select id from ${sql(table)}
      where band_id = ${bandId} and ${sql(column)} = ${name}`;
    return row?.id;
  };
  return {
    db,
    planOf,
    plansOf,
    member: { bandId: bandId as BandId, userId: userId as UserId },
    connectionId: connectionId as ConnectionId,
    albumId: (await idOf("albums", "Album 700")) as AlbumId,
    artistId: (await idOf("artists", "Artist 350")) as ArtistId,
    genreId: (await idOf("genres", "Genre 175")) as GenreId,
  };
}

const SCAN = /Seq Scan on (?:tracks|albums|artists|genres|track_folders|library_words)\b/;

test("a page of a large library, however it is asked for, is found by an index", async () => {
  const library = await largeLibrary();
  const { db, planOf, member, connectionId, albumId, artistId, genreId } = library;
  const after = { key: "artist 5", id: randomUUID() };
  const page = { patterns: [], after: null, limit: 101 };
  for (const direction of SortDirection.options) {
    for (const sort of AlbumSort.options) {
      const plan = await planOf(views.listAlbums(db, member, { ...page, sort, direction }));
      expect(plan).toContain(`albums_sort_${sort}_index`);
    }
    for (const sort of NameSort.options) {
      const how = { ...page, sort, direction };
      expect(await planOf(views.listArtists(db, member, how))).toContain(
        `artists_sort_${sort}_index`,
      );
      expect(await planOf(views.listGenres(db, member, how))).toContain(
        `genres_sort_${sort}_index`,
      );
    }
    const folders = await planOf(
      listFolders(db, member, { ...page, connectionId, path: "Artist 350", direction }),
    );
    expect(folders).toContain("track_folders_sort_name_index");
  }
  const later = { ...page, after, direction: "ascending" } as const;
  const deep = [
    views.listAlbums(db, member, { ...later, sort: "artist" }),
    views.listArtists(db, member, { ...later, sort: "name" }),
    views.listGenres(db, member, { ...later, sort: "name" }),
  ];
  for (const ask of deep) expect(await planOf(ask)).toMatch(/Index Cond: .*ROW\(/);

  const filters = [
    [{ albumId }, "tracks_album_index"],
    [{ artistId }, "tracks_artists_index"],
    [{ genreId }, "tracks_genres_index"],
    [{ connectionId, folder: "Artist 350/Album 700" }, "tracks_folder_index"],
  ] as const;
  for (const [filter, index] of filters) {
    expect(await planOf(countTracks(db, member, { patterns: [], filter }))).toContain(index);
    for (const sort of TrackSort.exclude(["relevance"]).options) {
      const how = { ...page, filter, sort, direction: "ascending" } as const;
      const plan = await planOf(listTracks(db, member, how));
      expect(plan, sort).toContain(index);
      expect(plan).not.toMatch(SCAN);
    }
  }
  for (const listened of ["favourite", "unplayed"] as const) {
    for (const sort of TrackSort.exclude(["relevance"]).options) {
      const how = { ...page, filter: { listened }, sort, direction: "ascending" } as const;
      expect(await planOf(listTracks(db, member, how)), sort).not.toMatch(SCAN);
    }
  }
  await expectDrawnByIndex(library);
  const ofArtist = { ...page, artistId, sort: "year", direction: "ascending" } as const;
  expect(await planOf(views.listAlbums(db, member, ofArtist))).toContain("albums_artists_index");
  const words = { patterns: ["%album 1234%"] };
  expect(await planOf(views.countAlbums(db, member, words))).toContain("albums_search_index");
}, 120_000);

/** Also all of it is gone through in an index, and only the tracks of the page are read. */
async function expectDrawnByIndex(library: Awaited<ReturnType<typeof largeLibrary>>) {
  const { db, planOf, member, albumId, artistId, genreId } = library;
  for (const filter of [{}, { albumId }, { artistId }, { genreId }]) {
    const how = {
      ...{ patterns: [], limit: 101, seed: 7 },
      filter,
      direction: "ascending",
    } as const;
    for (const after of [null, { key: "-1234567890123456789", id: randomUUID() }]) {
      const plan = await planOf(drawTracks(db, member, { ...how, after }));
      expect(plan, `drawn of ${Object.keys(filter)}`).not.toMatch(SCAN);
    }
  }
}

test("a search of a large library is answered by indexes, each tier of it and its count", async () => {
  const { db, plansOf, planOf, member } = await largeLibrary();
  for (const [search, tiers] of [
    ["t 12345", 5],
    ["12345", 2],
    ["word12", 5],
    ["xylophone", 4],
  ] as const) {
    const page = { search, filter: {}, direction: "ascending", limit: 101 } as const;
    const plans = await plansOf(listByRelevance(db, member, page, null));
    expect(plans, search).toHaveLength(tiers);
    for (const plan of plans) {
      expect(plan, search).toMatch(/tracks_(?:search|sort_\w+)_index/);
      expect(plan, search).not.toMatch(SCAN);
    }
    const count = countTracks(db, member, { patterns: toSearchPatterns(search), filter: {} });
    expect(await planOf(count), search).toContain("tracks_search_index");
  }
}, 120_000);
