import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { AlbumId, ArtistId, BandId, GenreId } from "#contract/ids.ts";
import type { SortDirection } from "#contract/library.ts";
import type { AlbumSort } from "#contract/views.ts";
import { refusalOf } from "#sdk/index.ts";
import { trackAt } from "#tests/support/world.ts";
import {
  albumsOf,
  artistNamed,
  foldersIn,
  genreNamed,
  library,
  meetBen,
  oneAlbum,
  titles,
  viewsOf,
} from "./viewed.ts";

describe("an album", () => {
  test("of several discs is one, in the order of discs, numbers and natural titles", async () => {
    const world = await library();
    const album = await oneAlbum(world, "The Long Road");
    const { artistId, durationMs } = album;
    expect(album).toMatchObject({
      artist: "The Walkers",
      isCompilation: false,
      year: 1998,
      discCount: 2,
      trackCount: 5,
      missingCount: 0,
    });
    expect(artistId).toBe((await artistNamed(world, "The Walkers")).id);
    expect(durationMs).toBeGreaterThan(4_900);
    const { bandId } = world;
    const got = await viewsOf(world).albums.get.query({ bandId, albumId: album.id });
    expect(titles(got.tracks)).toEqual(["Mile", "Bend", "Home", "Take 2", "Take 10"]);
    expect(got).toMatchObject({ album, next: null });
  });

  test("of various artists has no one's name, whether tags or tracks say so", async () => {
    const world = await library();
    for (const [title, artist] of [
      ["Hits", "Various Artists"],
      ["Mix", null],
    ] as const) {
      const album = await oneAlbum(world, title);
      expect(album).toMatchObject({ artist, artistId: null, isCompilation: true, trackCount: 2 });
    }
  });

  test("of a title that another folder has too is another one", async () => {
    const world = await library();
    const two = await albumsOf(world, "Live");
    expect(two.map(({ year, trackCount }) => [year, trackCount])).toEqual([
      [2001, 1],
      [2002, 1],
    ]);
    expect(new Set(two.map(({ id }) => id)).size).toBe(2);
    const [first] = two;
    if (!first) throw new Error("There are two.");
    const got = await viewsOf(world).albums.get.query({ bandId: world.bandId, albumId: first.id });
    expect(titles(got.tracks)).toEqual(["In one"]);
  });

  test("has its place by how people sort, in every order", async () => {
    const world = await library();
    const by = async (sort: AlbumSort, direction: SortDirection = "ascending") =>
      (
        await viewsOf(world).albums.list.query({ bandId: world.bandId, sort, direction })
      ).albums.map(({ title }) => title);
    const byTitle = ["An Echo", "Hits", "Live", "Live", "The Long Road", "Mix"];
    expect(await by("title")).toEqual(byTitle);
    expect(await by("title", "descending")).toEqual(byTitle.toReversed());
    expect(await by("artist")).toEqual(["An Echo", "Live", "Live", "Hits", "The Long Road", "Mix"]);
    expect((await by("year")).slice(0, 3)).toEqual(["The Long Road", "Live", "Live"]);
  });
});

describe("an artist", () => {
  test("is each one that a track names, by the name that they are sorted by", async () => {
    const world = await library();
    const { bandId } = world;
    const { artists, total } = await viewsOf(world).artists.list.query({ bandId });
    expect(artists.map(({ name, trackCount }) => [name, trackCount])).toEqual([
      ["Zed", 1],
      ["Ada", 4],
      ["Bo", 2],
      ["Élan", 1],
      ["The Walkers", 5],
    ]);
    expect(total).toBe(5);
    const most = await viewsOf(world).artists.list.query({
      bandId,
      sort: "tracks",
      direction: "descending",
    });
    expect(most.artists.map(({ name }) => name).slice(0, 3)).toEqual(["The Walkers", "Ada", "Bo"]);
    const { artistIds } = await trackAt(world, "Hits/1.mp3");
    const both = [await artistNamed(world, "Ada"), await artistNamed(world, "Bo")];
    expect(artistIds.toSorted()).toEqual(both.map(({ id }) => id).toSorted());
  });

  test("has all albums with a track of theirs, by year", async () => {
    const world = await library();
    const { bandId } = world;
    const { id: artistId } = await artistNamed(world, "Ada");
    const got = await viewsOf(world).artists.get.query({ bandId, artistId });
    expect(got.artist).toMatchObject({ name: "Ada", trackCount: 4 });
    expect(got.albums.map(({ title }) => title).slice(0, 2)).toEqual(["Live", "Live"]);
    expect(got.albums.map(({ title }) => title).toSorted()).toEqual([
      "Hits",
      "Live",
      "Live",
      "Mix",
    ]);
    expect(got.nextAlbums).toBeNull();
    const listed = await viewsOf(world).albums.list.query({ bandId, artistId });
    expect(listed.total).toBe(4);
  });
});

test("genres are those of all tracks, each with its own", async () => {
  const world = await library();
  const { bandId } = world;
  const { genres } = await viewsOf(world).genres.list.query({ bandId });
  expect(genres.map(({ name, trackCount }) => [name, trackCount])).toEqual([
    ["Drone", 1],
    ["Folk", 6],
  ]);
  const drone = await genreNamed(world, "Drone");
  expect(await viewsOf(world).genres.get.query({ bandId, genreId: drone.id })).toEqual(drone);
});

test("folders count what lies in and below them", async () => {
  const world = await library();
  expect(await foldersIn(world)).toEqual([
    ["Hits", "Hits", 2, 0],
    ["Long Road", "Long Road", 5, 0],
    ["Mix", "Mix", 2, 0],
    ["one", "one", 1, 0],
    ["two", "two", 1, 0],
    ["Zed", "Zed", 1, 0],
  ]);
  expect(await foldersIn(world, "Long Road")).toEqual([
    ["Long Road/CD 1", "CD 1", 2, 0],
    ["Long Road/CD 2", "CD 2", 3, 0],
  ]);
  expect(await foldersIn(world, "Long Road/CD 1")).toEqual([]);
  expect(await foldersIn(world, "nowhere")).toEqual([]);
});

test("tracks are narrowed to an album, an artist, a genre, a folder", async () => {
  const world = await library();
  const { bandId, connection } = world;
  type Filter = NonNullable<
    Parameters<typeof world.anna.api.library.tracks.list.query>[0]["filter"]
  >;
  const found = async (filter: Filter) => {
    const page = await viewsOf(world).tracks.list.query({ bandId, filter, sort: "title" });
    expect(page.total).toBe(page.tracks.length);
    return titles(page.tracks);
  };
  const folder = (path: string) => found({ connectionId: connection.id, folder: path });
  expect(await found({ albumId: (await oneAlbum(world, "Mix")).id })).toEqual(["Tar", "Tin"]);
  const [bo, drone] = [await artistNamed(world, "Bo"), await genreNamed(world, "Drone")];
  expect(await found({ artistId: bo.id })).toEqual(["Both", "Tar"]);
  expect(await found({ genreId: drone.id })).toEqual(["Both"]);
  expect(await found({ genreId: drone.id, artistId: bo.id })).toEqual(["Both"]);
  expect(await found({ artistId: randomUUID() as ArtistId })).toEqual([]);
  expect(await folder("Long Road/CD 1")).toEqual(["Bend", "Mile"]);
  expect(await folder("Long Road")).toEqual([]);
  expect(await folder("")).toEqual(["Loose"]);
  const nowhere = found({ folder: "Hits" }).catch(refusalOf);
  expect(await nowhere).toMatchObject({ code: "invalid_input" });
});

test("nothing of another band is there, under whichever id", async () => {
  const world = await library();
  const ben = await meetBen(world);
  const { personalBandId } = await ben.api.auth.me.query();
  const album = await oneAlbum(world, "Mix");
  const [artist, genre] = [await artistNamed(world, "Bo"), await genreNamed(world, "Folk")];
  const { albums, artists, genres, folders, tracks } = ben.api.library;
  const ids = { albumId: album.id, artistId: artist.id, genreId: genre.id };
  const ask = (bandId: BandId, { albumId, artistId, genreId } = ids) => [
    albums.get.query({ bandId, albumId }),
    artists.get.query({ bandId, artistId }),
    genres.get.query({ bandId, genreId }),
  ];
  const nobodys = {
    albumId: randomUUID() as AlbumId,
    artistId: randomUUID() as ArtistId,
    genreId: randomUUID() as GenreId,
  };
  const refusals = async (asked: Promise<unknown>[]) =>
    (await Promise.all(asked.map((each) => each.catch(refusalOf)))).map((each) => {
      const { code, message } = each as { code: string; message: string };
      return [code, message];
    });
  const inOwn = await refusals(ask(personalBandId));
  expect(inOwn.map(([code]) => code)).toEqual(["not_found", "not_found", "not_found"]);
  expect(await refusals(ask(personalBandId, nobodys))).toEqual(inOwn);
  const inAnnas = await refusals(ask(world.bandId));
  expect(inAnnas.map(([code]) => code)).toEqual(["not_found", "not_found", "not_found"]);

  const bandId = personalBandId;
  expect(await albums.list.query({ bandId, artistId: artist.id })).toMatchObject({ total: 0 });
  expect(await artists.list.query({ bandId })).toMatchObject({ artists: [], total: 0 });
  expect(await genres.list.query({ bandId })).toMatchObject({ genres: [], total: 0 });
  const connectionId = world.connection.id;
  expect(await folders.list.query({ bandId, connectionId })).toMatchObject({ folders: [] });
  for (const filter of [
    ...Object.entries(ids).map(([key, id]) => ({ [key]: id })),
    { connectionId, folder: "" },
  ]) {
    expect(await tracks.list.query({ bandId, filter })).toMatchObject({ tracks: [], total: 0 });
  }
});
