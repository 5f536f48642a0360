import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SessionId, TrackId, UserId } from "#contract/ids.ts";
import { type ListTracks, SortDirection, TrackSort } from "#contract/library.ts";
import { users } from "#drizzle/schema/index.ts";
import { refusalOf } from "#sdk/index.ts";
import { createPersonalBand } from "#server/bands/service.ts";
import type { Actor } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import { createId } from "#server/base/ids.ts";
import type { Deps } from "#server/deps.ts";
import {
  getTrack,
  listTracks as listAs,
  noteTrackChanged,
  openCover,
} from "#server/library/service.ts";
import { annasStorage, type listTracks, type StorageWorld, trackAt } from "#tests/support/world.ts";
import { flac, mp3 } from "./made-audio.ts";
import { deedsOf, NOTHING, rescan } from "./scanning.ts";

const TITLES = [
  "Take 10",
  "Take 2",
  "Ebb",
  "Älv",
  "ebb",
  "100% Tide",
  "a_b",
  "夜汽車",
  "Take 2",
  "Żar",
];

const library = (): Promise<StorageWorld> =>
  annasStorage((cloud) => {
    for (const [index, TITLE] of TITLES.entries()) {
      const artist = index % 3 === 0 ? {} : { ARTIST: `Artist ${index % 4}` };
      cloud.tree.put(
        `${index % 2}/${index}.flac`,
        flac({ TITLE, ALBUM: `Album ${index % 2}`, ...artist }, 1 + (index % 5)),
      );
    }
  });

async function listAll(world: StorageWorld, how: Partial<ListTracks>, limit: number) {
  const { bandId, anna } = world;
  const [all, totals]: [Awaited<ReturnType<typeof listTracks>>, (number | null)[]] = [[], []];
  for (let cursor: string | null = null, pages = 0; pages < 100; pages += 1) {
    const page = await anna.api.library.tracks.list.query({ ...how, bandId, cursor, limit });
    all.push(...page.tracks);
    totals.push(page.total);
    cursor = page.next;
    if (cursor === null) break;
  }
  return { all, totals };
}

describe("a list of tracks", () => {
  test("is the same in pages of any size, in every order, both ways", async () => {
    const world = await library();
    for (const sort of TrackSort.options) {
      const orders = SortDirection.options.map(async (direction) => {
        const { all, totals } = await listAll(world, { sort, direction }, 200);
        expect(totals).toEqual([TITLES.length]);
        for (const limit of [1, 3, 10]) {
          const paged = await listAll(world, { sort, direction }, limit);
          expect(paged.all).toEqual(all);
          expect(paged.totals.slice(1).every((total) => total === null)).toBe(true);
        }
        return all.map((track) => track.id);
      });
      const [ascending, descending] = await Promise.all(orders);
      expect(ascending).toHaveLength(TITLES.length);
      expect(descending).toEqual(ascending?.toReversed());
    }
  }, 60_000);

  test("is in the order that people expect", async () => {
    const world = await library();
    const titlesBy = async (sort: TrackSort) =>
      (await listAll(world, { sort }, 200)).all.map((track) => track.title);
    const byTitle = await titlesBy("title");
    expect(byTitle.slice(0, 3)).toEqual(["100% Tide", "a_b", "Älv"]);
    expect(byTitle.slice(5, 8)).toEqual(["Take 2", "Take 2", "Take 10"]);
    const { all } = await listAll(world, { sort: "artist" }, 200);
    expect(all.slice(-4).map((track) => track.artist)).toEqual([null, null, null, null]);
    const durations = (await listAll(world, { sort: "duration" }, 200)).all.map(
      (each) => each.durationMs ?? 0,
    );
    expect(durations).toEqual(durations.toSorted((left, right) => left - right));
  });

  test("can be searched, with every sign standing for itself", async () => {
    const world = await library();
    const titlesOf = async (search: string) =>
      (await listAll(world, { search, sort: "title" }, 2)).all.map((track) => track.title);
    expect(await titlesOf("alv")).toEqual(["Älv"]);
    expect(await titlesOf("ZAR")).toEqual(["Żar"]);
    expect(await titlesOf("%")).toEqual(["100% Tide"]);
    expect(await titlesOf("_")).toEqual(["a_b"]);
    expect(await titlesOf("汽")).toEqual(["夜汽車"]);
    expect(await titlesOf("take album")).toHaveLength(3);
    expect(await titlesOf("album take 10")).toEqual(["Take 10"]);
    expect(await titlesOf("\\")).toEqual([]);
    expect(await titlesOf("nothing like that")).toEqual([]);
    const { totals } = await listAll(world, { search: "take" }, 2);
    expect(totals[0]).toBe(3);
  });

  test("can be narrowed to a storage and to a state", async () => {
    const world = await library();
    world.cloud.tree.remove("0/0.flac");
    world.cloud.tree.put("0/2.flac", "nothing");
    await rescan(world);
    const pathsOf = async (filter: ListTracks["filter"]) =>
      (await listAll(world, { filter }, 3)).all.map((track) => track.path);
    expect(await pathsOf({ state: "missing" })).toEqual(["0/0.flac"]);
    expect(await pathsOf({ state: "failed" })).toEqual(["0/2.flac"]);
    expect(await pathsOf({ state: "present", connectionId: world.connection.id })).toHaveLength(8);
    expect(await pathsOf({ connectionId: randomUUID() as typeof world.connection.id })).toEqual([]);
  });
});

describe("a cursor", () => {
  test("that was changed, made up, or of another order is refused", async () => {
    const world = await library();
    const { bandId, anna } = world;
    const { next } = await anna.api.library.tracks.list.query({ bandId, limit: 2 });
    if (next === null) throw new Error("There is another page.");
    const [content = "", ...signature] = next.split(".");
    const other = Buffer.from(
      Buffer.from(content, "base64url").toString().replace("artist", "title"),
    );
    const forged = [
      "",
      "x",
      "a.b.c",
      content,
      `${other.toString("base64url")}.${signature.join(".")}`,
      `${next}x`,
      next.replace(/.$/, (last) => (last === "A" ? "B" : "A")),
    ];
    for (const cursor of forged) {
      const refused = await anna.api.library.tracks.list.query({ bandId, cursor }).catch(refusalOf);
      expect(refused, cursor).toMatchObject({ code: "invalid_input" });
    }
    const wrongWay = anna.api.library.tracks.list.query({
      bandId,
      cursor: next,
      direction: "descending",
    });
    expect(await wrongWay.catch(refusalOf)).toMatchObject({ code: "invalid_input" });
  });
});

test("nobody sorts by anything else, whatever they write", async () => {
  const world = await library();
  const { bandId, anna } = world;
  const hostile = fc.oneof(
    fc.constantFrom(
      'id";drop table tracks',
      "case when 1=1 then title end",
      "sortTitle",
      "__proto__",
      "constructor",
      "",
    ),
    fc.string(),
  );
  await fc.assert(
    fc.asyncProperty(hostile, async (sort) => {
      fc.pre(!TrackSort.options.some((option) => option === sort));
      const answer = await anna.api.library.tracks.list
        .query({ bandId, sort: sort as TrackSort })
        .catch(refusalOf);
      expect(answer).toMatchObject({ code: "invalid_input" });
    }),
    { numRuns: 50 },
  );
});

test("any search comes to an answer", async () => {
  const world = await library();
  const { bandId, anna } = world;
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary", maxLength: 60 }), async (search) => {
      const page = await anna.api.library.tracks.list.query({ bandId, search });
      expect(page.tracks.length).toBe(page.total);
    }),
    { numRuns: 60 },
  );
});

/** Somebody with a band of their own, who is not in Anna's. */
async function meetBen(deps: Deps): Promise<Actor> {
  const userId = createId<UserId>(deps.now());
  await write(deps, async (tx) => {
    const [email, name] = ["ben@band.example", "Ben"];
    await tx.insert(users).values({ id: userId, email, emailKey: email, name, role: "user" });
    await createPersonalBand(tx, { userId, name }, deps.now());
  });
  return { userId, sessionId: randomUUID() as SessionId, role: "user" };
}

test("somebody else's tracks do not exist", async () => {
  const world = await library();
  const { deps } = world.server;
  const ben = await meetBen(deps);
  const { id } = await trackAt(world, "0/0.flac");
  const nobodys = randomUUID() as TrackId;
  const list = {
    bandId: world.bandId,
    search: "",
    sort: "artist",
    seed: null,
    direction: "ascending",
    filter: {},
    cursor: null,
    limit: 10,
  } as const;
  await expect(listAs(deps, ben, list)).rejects.toMatchObject({ code: "not_found" });

  const asks = [
    (trackId: TrackId) => getTrack(deps, ben, trackId),
    (trackId: TrackId) => openCover(deps, ben, trackId, "small"),
  ];
  for (const ask of asks) {
    const [theirs, none] = await Promise.all(
      [id, nobodys].map((each) => ask(each).catch((error) => error)),
    );
    expect(theirs).toMatchObject({ code: "not_found" });
    expect(none.message).toBe(theirs.message);
  }
});

test("a track that has changed is known by its new length, and read again", async () => {
  const world = await library();
  const { deps } = world.server;
  const { user } = await world.anna.api.auth.me.query();
  const anna: Actor = { userId: user.id, sessionId: randomUUID() as SessionId, role: "admin" };
  const { id } = await trackAt(world, "0/0.flac");
  const bytes = mp3({ TIT2: "Another" }, 2);
  world.cloud.tree.put("0/0.flac", bytes);
  const file = world.cloud.tree.find("0/0.flac");
  if (file?.kind !== "file") throw new Error("It is a file.");
  await noteTrackChanged(deps, id, file);
  expect((await getTrack(deps, anna, id)).sizeBytes).toBe(bytes.length);
  expect(deedsOf(await rescan(world))).toEqual({ ...NOTHING, toRead: 1 });
  expect(await trackAt(world, "0/0.flac")).toMatchObject({ id, title: "Another" });
});
