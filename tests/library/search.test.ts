import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TrackSort } from "#contract/library.ts";
import { distancesOf } from "#server/library/spelling.ts";
import { annasServer, annasStorage, type StorageWorld } from "#tests/support/world.ts";
import { flac } from "./made-audio.ts";
import { rescan } from "./scanning.ts";
import { meetBen } from "./viewed.ts";

type Tags = Readonly<Record<string, string>>;

const RECORDINGS: Readonly<Record<string, Tags>> = {
  "a/1.flac": { TITLE: "The last river", ARTIST: "Oda", ALBUM: "Lantern" },
  "a/2.flac": { TITLE: "River", ARTIST: "Oda", ALBUM: "Lantern" },
  "a/3.flac": { TITLE: "River 12", ARTIST: "Oda", ALBUM: "Lantern" },
  "a/4.flac": { TITLE: "River 2", ARTIST: "Oda", ALBUM: "Lantern" },
  "a/5.flac": { TITLE: "River 12", ARTIST: "Oda", ALBUM: "Lantern" },
  "b/1.flac": { TITLE: "Ebb", ARTIST: "The Rivers", ALBUM: "Tide" },
  "b/2.flac": { TITLE: "Flow", ARTIST: "Ben", ALBUM: "River songs", GENRE: "Riverside" },
  "Up the river/1.flac": { TITLE: "Källa", ARTIST: "Ana", ALBUM: "Source" },
  "c/1.flac": { TITLE: "Stone", ARTIST: "Ana", ALBUM: "Source" },
};

const library = (recordings = RECORDINGS): Promise<StorageWorld> =>
  annasStorage((cloud) => {
    for (const [path, tags] of Object.entries(recordings)) cloud.tree.put(path, flac(tags));
  });

async function find({ anna, bandId }: StorageWorld, search: string, limit = 200) {
  const [titles, correctedSearches, totals]: [string[], (string | null)[], (number | null)[]] = [
    [],
    [],
    [],
  ];
  const sort: TrackSort = "relevance";
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof anna.api.library.tracks.list.query>> =
      await anna.api.library.tracks.list.query({ bandId, search, sort, cursor, limit });
    titles.push(...page.tracks.map(({ title }) => title));
    correctedSearches.push(page.correctedSearch);
    totals.push(page.total);
    cursor = page.next;
  } while (cursor !== null);
  return { titles, corrected: correctedSearches[0], correctedSearches, totals };
}

describe("a search for recordings", () => {
  test("has what is called so first, then artists, then albums, then the rest, in pages of any size", async () => {
    const world = await library();
    const rivers = ["River", "River 2", "River 12", "River 12"];
    const ranked = [...rivers, "Ebb", "Flow", "Källa", "The last river"];
    expect(await find(world, "river")).toMatchObject({ titles: ranked, corrected: null });
    for (const limit of [1, 2, 3, 4]) {
      const paged = await find(world, "river", limit);
      expect(paged.titles, `pages of ${limit}`).toEqual(ranked);
      expect(paged.totals.filter((total) => total !== null)).toEqual([ranked.length]);
    }
    // The beginning of a number is one of a word.
    expect((await find(world, "River 1")).titles[0]).toBe("River 12");
    expect((await find(world, "river 2")).titles.slice(0, 2)).toEqual(["River 2", "River"]);
    expect((await find(world, "ri")).titles.slice(0, 3)).toEqual(["River", "River 2", "River 12"]);
    expect((await find(world, "the rivers")).titles).toEqual(["Ebb"]);
    expect((await find(world, "")).titles).toHaveLength(9);
  }, 60_000);

  test("finds what was meant where nothing has the words, and goes on with it", async () => {
    const world = await library();
    for (const [typed, meant] of [
      ["rvier", "river"],
      ["rivver", "river"],
      ["rizer", "river"],
      ["rver", "river"],
      ["sotne", "stone"],
      ["tade", "tide"],
      ["riveer oda", "river oda"],
      ["lantren", "lantern"],
      ["lantrn river", "lantern river"],
      ["RÏVRE", "river"],
      ["kalla suorce", "kalla source"],
    ] as const) {
      const { corrected, titles } = await find(world, typed);
      expect(corrected, typed).toBe(meant);
      expect(titles.length, typed).toBeGreaterThan(0);
      expect(titles, typed).toEqual((await find(world, meant)).titles);
      const paged = await find(world, typed, 1);
      expect(paged.titles, typed).toEqual(titles);
      expect(paged.correctedSearches.slice(1).every((each) => each === null)).toBe(true);
    }
  }, 60_000);

  test("leaves alone what is found, what is like nothing, and what has no mistake to make", async () => {
    const world = await library();
    expect(await find(world, "river")).toMatchObject({ corrected: null });
    for (const search of ["xylophone", "river xylophone", "ebx", "99999", "%%%%", "stone ebb"]) {
      expect(await find(world, search), search).toMatchObject({ titles: [], corrected: null });
    }
  });

  test("knows the words of what has just come, and none of another band's", async () => {
    const world = await library();
    const ben = await meetBen(world);
    const { personalBandId } = await ben.api.auth.me.query();
    world.cloud.tree.put("d/1.flac", flac({ TITLE: "Harbour", ARTIST: "Ana" }));
    expect((await find(world, "harbuor")).titles).toEqual([]);
    await rescan(world);
    expect(await find(world, "harbuor")).toMatchObject({
      titles: ["Harbour"],
      corrected: "harbour",
    });
    const elsewhere = await find({ ...world, anna: ben, bandId: personalBandId }, "harbuor");
    expect(elsewhere).toMatchObject({ titles: [], corrected: null });
  });
});

test("a search finds artists, albums, genres, folders, playlists and rehearsals, those that begin so first", async () => {
  const world = await library({
    ...RECORDINGS,
    "d/1.flac": { TITLE: "A", ARTIST: "Blue River", ALBUM: "Blue River" },
    "Söder/1.flac": { TITLE: "B", ARTIST: "Åke Öst", ALBUM: "Éclat", GENRE: "Fado ibérico" },
  });
  const { anna, bandId } = world;
  for (const name of ["Slow river", "Fast"]) {
    await anna.api.playback.playlists.create.mutate({ bandId, name });
  }
  for (const [heldOn, title] of [
    ["2026-03-14", "Rívër day"],
    ["2026-04-02", "At the river"],
    ["2025-12-31", "Closing"],
  ] as const) {
    await anna.api.library.rehearsals.create.mutate({ bandId, heldOn, title });
  }
  const search = async (words: string) => {
    const found = await anna.api.library.search.query({ bandId, search: words });
    return {
      artists: found.artists.map(({ name }) => name),
      albums: found.albums.map(({ title }) => title),
      genres: found.genres.map(({ name }) => name),
      folders: found.folders.map(({ path }) => path),
      playlists: found.playlists.map(({ name }) => name),
      rehearsals: found.rehearsals.map(({ heldOn, title }) => `${title} ${heldOn}`),
      correctedSearch: found.correctedSearch,
    };
  };
  const all = {
    artists: ["The Rivers", "Blue River"],
    albums: ["River songs", "Blue River", "Tide"],
    genres: ["Riverside"],
    folders: ["Up the river"],
    playlists: ["Slow river"],
    rehearsals: ["At the river 2026-04-02", "Rívër day 2026-03-14"],
  };
  expect(await search("river")).toEqual({ ...all, correctedSearch: null });
  expect(await search(" RIVER ")).toEqual({ ...all, correctedSearch: null });
  expect(await search("rvier")).toEqual({ ...all, correctedSearch: "river" });
  expect(await search("riversiede")).toMatchObject({
    ...{ genres: ["Riverside"], correctedSearch: "riverside" },
  });
  expect(await search("blue ri")).toMatchObject({
    artists: ["Blue River"],
    albums: ["Blue River"],
  });
  for (const [typed, found] of [
    ["ake ost", { artists: ["Åke Öst"] }],
    ["ECLAT", { albums: ["Éclat"] }],
    ["fado iberico", { genres: ["Fado ibérico"] }],
    ["soder", { folders: ["Söder"] }],
  ] as const) {
    expect(await search(typed), typed).toMatchObject({ ...found, correctedSearch: null });
  }
  for (const words of ["2026-03", "march river", "14 mar", "14 march 2026"]) {
    expect(await search(words), words).toMatchObject({ rehearsals: ["Rívër day 2026-03-14"] });
  }
  const lists = { playlists: [], rehearsals: [] };
  const nothing = { artists: [], albums: [], genres: [], folders: [], ...lists };
  expect(await search("%")).toEqual({ ...nothing, correctedSearch: null });
  expect(await search("xylophone")).toEqual({ ...nothing, correctedSearch: null });
}, 60_000);

test("what is only known by its name is found with a slip of the hand as well", async () => {
  const world = await annasStorage((cloud) => {
    cloud.tree.put("Xylograph.flac", flac({ TITLE: "Something else" }));
    // Nothing is read of it that would be written down.
    cloud.tree.put("Quarterdeck.flac", Buffer.from("no music"));
  });
  expect(await find(world, "quraterdeck")).toMatchObject({ corrected: "quarterdeck" });
  expect(await find(world, "xylogarph")).toMatchObject({ corrected: "xylograph" });
});

test("a search shows six of each kind", async () => {
  const world = await annasServer();
  const { anna, bandId } = world;
  for (let number = 1; number <= 8; number += 1) {
    await anna.api.playback.playlists.create.mutate({ bandId, name: `Set ${number}` });
  }
  for (let day = 10; day <= 18; day += 1) {
    const heldOn = `2026-03-${day}`;
    await anna.api.library.rehearsals.create.mutate({ bandId, heldOn, title: "Before the set" });
  }
  const found = await anna.api.library.search.query({ bandId, search: "set" });
  const { playlists, rehearsals } = found;
  const days = rehearsals.map(({ heldOn }) => heldOn.slice(-2));
  expect(days).toEqual(["18", "17", "16", "15", "14", "13"]);
  const ben = await meetBen(world);
  const { personalBandId } = await ben.api.auth.me.query();
  const theirs = await ben.api.library.search.query({ bandId: personalBandId, search: "set" });
  expect([theirs.playlists, theirs.rehearsals]).toEqual([[], []]);
  expect(playlists.map(({ name }) => name)).toEqual(
    [1, 2, 3, 4, 5, 6].map((each) => `Set ${each}`),
  );
});

describe("how far a word is from the beginning of another", () => {
  const word = fc.array(fc.constantFrom("a", "b", "c", "å"), { minLength: 1, maxLength: 9 });

  test("is nothing for its own beginning", () => {
    fc.assert(
      fc.property(word, word, (begin, rest) => {
        expect(distancesOf(begin.join(""), [...begin, ...rest].join("")).toBeginning).toBe(0);
      }),
    );
  });

  test("is at most one for each mistake", () => {
    const mistakes = [
      (letters: string[], at: number) => letters.toSpliced(at, 1),
      (letters: string[], at: number) => letters.toSpliced(at, 0, "x"),
      (letters: string[], at: number) => letters.toSpliced(at, 1, "x"),
      (letters: string[], at: number) =>
        letters.toSpliced(at, 2, ...letters.slice(at, at + 2).toReversed()),
    ];
    fc.assert(
      fc.property(word, fc.nat(8), fc.constantFrom(...mistakes), (letters, at, mistake) => {
        const made = mistake(letters, at % letters.length);
        expect(distancesOf(made.join(""), letters.join("")).toAll).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("is counted", () => {
    expect(distancesOf("rvier", "river")).toEqual({ toAll: 1, toBeginning: 1 });
    expect(distancesOf("lantr", "lantern")).toEqual({ toAll: 2, toBeginning: 1 });
    expect(distancesOf("stone", "river")).toEqual({ toAll: 5, toBeginning: 4 });
    expect(distancesOf("kitten", "sitting")).toEqual({ toAll: 3, toBeginning: 2 });
    expect(distancesOf("abcd", "")).toEqual({ toAll: 4, toBeginning: 4 });
  });
});
