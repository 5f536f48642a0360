import { describe, expect, test } from "vitest";
import { SortDirection } from "#contract/library.ts";
import { AlbumSort, NameSort } from "#contract/views.ts";
import { refusalOf } from "#sdk/index.ts";
import type { StorageWorld } from "#tests/support/world.ts";
import { library, meetBen, viewsOf } from "./viewed.ts";

interface Page<Row> {
  readonly rows: readonly Row[];
  readonly next: string | null;
}

/** All pages of a list, one after the other. */
async function allPages<Row>(ask: (cursor: string | null) => Promise<Page<Row>>): Promise<Row[]> {
  const all: Row[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < 100; pages += 1) {
    const page: Page<Row> = await ask(cursor);
    all.push(...page.rows);
    cursor = page.next;
    if (cursor === null) return all;
  }
  throw new Error("The pages have no end.");
}

/** Every list of a world, a page of it. */
function listsOf({ anna, bandId, connection }: StorageWorld) {
  const { albums, artists, genres, folders, tracks } = anna.api.library;
  return {
    albums: async (page: { limit: number; cursor: string | null }) => {
      const answer = await albums.list.query({ bandId, ...page });
      return { rows: answer.albums.map(({ id }) => id as string), next: answer.next };
    },
    artists: async (page: { limit: number; cursor: string | null }) => {
      const answer = await artists.list.query({ bandId, ...page });
      return { rows: answer.artists.map(({ id }) => id as string), next: answer.next };
    },
    genres: async (page: { limit: number; cursor: string | null }) => {
      const answer = await genres.list.query({ bandId, ...page });
      return { rows: answer.genres.map(({ id }) => id as string), next: answer.next };
    },
    folders: async (page: { limit: number; cursor: string | null }) => {
      const answer = await folders.list.query({ bandId, connectionId: connection.id, ...page });
      return { rows: answer.folders.map(({ path }) => path), next: answer.next };
    },
    tracks: async (page: { limit: number; cursor: string | null }) => {
      const answer = await tracks.list.query({ bandId, ...page });
      return { rows: answer.tracks.map(({ id }) => id as string), next: answer.next };
    },
  };
}

test("albums, artists and genres are found by words, folded, each sign standing for itself", async () => {
  const world = await library();
  const { bandId } = world;
  const { albums, artists, genres } = viewsOf(world);
  const search = async (words: string) => {
    const query = { bandId, search: words };
    const [inAlbums, inArtists, inGenres] = await Promise.all([
      albums.list.query(query),
      artists.list.query(query),
      genres.list.query(query),
    ]);
    expect(inAlbums.total).toBe(inAlbums.albums.length);
    return [
      inAlbums.albums.map(({ title }) => title),
      inArtists.artists.map(({ name }) => name),
      inGenres.genres.map(({ name }) => name),
    ];
  };
  expect(await search("WALKERS road")).toEqual([["The Long Road"], [], []]);
  expect(await search("elan")).toEqual([[], ["Élan"], []]);
  expect(await search("fol")).toEqual([[], [], ["Folk"]]);
  expect(await search("various")).toEqual([["Hits", "Mix"], [], []]);
  expect(await search("%")).toEqual([[], [], []]);
  expect(await search("_")).toEqual([[], [], []]);
});

describe("pages", () => {
  test("of any size make up each whole list", async () => {
    const world = await library();
    for (const [name, list] of Object.entries(listsOf(world))) {
      const whole = (await list({ limit: 200, cursor: null })).rows;
      expect(whole.length, name).toBeGreaterThan(1);
      for (const limit of [1, 2]) {
        expect(await allPages((cursor) => list({ limit, cursor })), name).toEqual(whole);
      }
    }
  });

  test("are the same in every order of albums, artists and genres, both ways", async () => {
    const world = await library();
    const { bandId } = world;
    const { albums, artists, genres } = viewsOf(world);
    for (const direction of SortDirection.options) {
      for (const sort of AlbumSort.options) {
        const list = async (limit: number, cursor: string | null) => {
          const page = await albums.list.query({ bandId, sort, direction, limit, cursor });
          return { rows: page.albums, next: page.next };
        };
        const whole = (await list(200, null)).rows;
        expect(whole).toHaveLength(6);
        expect(await allPages((cursor) => list(1, cursor)), sort).toEqual(whole);
      }
      for (const sort of NameSort.options) {
        const some = { bandId, sort, direction };
        const whole = await artists.list.query(some);
        const paged = await allPages(async (cursor) => {
          const page = await artists.list.query({ ...some, cursor, limit: 2 });
          return { rows: page.artists, next: page.next };
        });
        expect(paged, sort).toEqual(whole.artists);
        const ofGenres = await allPages(async (cursor) => {
          const page = await genres.list.query({ ...some, cursor, limit: 1 });
          return { rows: page.genres, next: page.next };
        });
        expect(ofGenres, sort).toEqual((await genres.list.query(some)).genres);
      }
    }
  });

  test("say how many there are in all on the first alone", async () => {
    const world = await library();
    const { bandId } = world;
    const { albums, artists, genres } = viewsOf(world);
    for (const [list, total] of [
      [albums.list, 6],
      [artists.list, 5],
      [genres.list, 2],
    ] as const) {
      const first = await list.query({ bandId, limit: 1 });
      expect(first.total).toBe(total);
      const second = await list.query({ bandId, limit: 1, cursor: first.next });
      expect(second.total).toBeNull();
    }
  });

  test("do not go on from another list, or from another band's", async () => {
    const world = await library();
    const lists = Object.entries(listsOf(world));
    const ben = await meetBen(world);
    const { personalBandId } = await ben.api.auth.me.query();
    const bens = listsOf({ ...world, anna: ben, bandId: personalBandId });
    for (const [name, list] of lists) {
      const { next } = await list({ limit: 1, cursor: null });
      expect(next, name).not.toBeNull();
      for (const [other, ask] of lists) {
        if (other === name) continue;
        const refused = await ask({ limit: 1, cursor: next }).catch(refusalOf);
        expect(refused, `${name} in ${other}`).toMatchObject({ code: "invalid_input" });
      }
      const theirs = bens[name as keyof typeof bens]({ limit: 1, cursor: next });
      expect(await theirs.catch(refusalOf), name).toMatchObject({ code: "invalid_input" });
    }
  });
});
