import { expect, test } from "vitest";
import type { TrackId } from "#contract/ids.ts";
import { MOST_TAKES } from "#contract/rehearsals.ts";
import { findDay } from "#server/rehearsals/folder-day.ts";
import { join } from "#tests/comments/rehearsal-room.ts";
import { mp3 } from "#tests/library/made-audio.ts";
import { refused } from "#tests/support/refused.ts";
import { annasStorage, listTracks, type StorageWorld } from "#tests/support/world.ts";

interface Days extends StorageWorld {
  readonly ids: Readonly<Record<string, TrackId>>;
}

/** Two folders that are named after days, and one that is not. */
async function annasDays(): Promise<Days> {
  const world = await annasStorage(({ tree }) => {
    for (const title of ["Take 1", "Take 2", "Take 10"]) {
      tree.put(`Rehearsals/2026-03-14 Cellar/${title}.mp3`, mp3({ TIT2: title }, 20));
    }
    tree.put("Rehearsals/2026-03-21/Later.mp3", mp3({ TIT2: "Later" }, 20));
    tree.put("Demos/Demo.mp3", mp3({ TIT2: "Demo" }, 20));
  });
  const tracks = await listTracks(world);
  return { ...world, ids: Object.fromEntries(tracks.map(({ title, id }) => [title, id])) };
}

const api = ({ anna }: StorageWorld) => anna.api.library.rehearsals;
const idOf = ({ ids }: Days, title: string): TrackId => ids[title] as TrackId;

test("folders that are named after a day are suggested, the last day first, until they are filed", async () => {
  const world = await annasDays();
  const { bandId, connection } = world;
  const suggested = await api(world).suggest.query({ bandId });
  expect(suggested).toEqual([
    {
      ...{ connectionId: connection.id, path: "Rehearsals/2026-03-21" },
      ...{ heldOn: "2026-03-21", title: "Rehearsal", trackCount: 1 },
    },
    {
      ...{ connectionId: connection.id, path: "Rehearsals/2026-03-14 Cellar" },
      ...{ heldOn: "2026-03-14", title: "Cellar", trackCount: 3 },
    },
  ]);
  const [, { connectionId, path, heldOn, title } = expect.fail()] = suggested;
  const made = await api(world).create.mutate({
    ...{ bandId, heldOn, title, folder: { connectionId, path } },
  });
  expect(made).toMatchObject({ heldOn: "2026-03-14", title: "Cellar", takeCount: 3, notes: "" });
  expect(made.takes.map((take) => take.title)).toEqual(["Take 1", "Take 2", "Take 10"]);
  expect(await api(world).suggest.query({ bandId })).toHaveLength(1);
});

test("a rehearsal is changed and deleted, and its recordings stay in the library", async () => {
  const world = await annasDays();
  const { bandId } = world;
  const { id: rehearsalId } = await api(world).create.mutate({
    ...{ bandId, heldOn: "2026-03-14", title: "Cellar", trackIds: [idOf(world, "Demo")] },
  });
  const changed = await api(world).update.mutate({
    ...{ rehearsalId, heldOn: "2026-03-15", title: "Attic", notes: "  New <song> \n twice " },
  });
  expect(changed).toMatchObject({
    ...{ heldOn: "2026-03-15", title: "Attic", notes: "New <song> \n twice", createdBy: "Anna" },
    takes: [{ title: "Demo" }],
  });
  await api(world).remove.mutate({ rehearsalId });
  // An administrator is told that there may be one.
  expect((await refused(api(world).get.query({ rehearsalId }))).code).toBe("forbidden");
  expect(await listTracks(world)).toHaveLength(5);
});

test("a recording is a take of one rehearsal: filed under another it leaves the first", async () => {
  const world = await annasDays();
  const { bandId } = world;
  const make = (heldOn: string, titles: readonly string[]) =>
    api(world).create.mutate({
      ...{ bandId, heldOn, title: "Day", trackIds: titles.map((title) => idOf(world, title)) },
    });
  const first = await make("2026-03-14", ["Take 1", "Take 2", "Take 1"]);
  const second = await make("2026-03-15", ["Take 2"]);
  const takesOf = async (rehearsalId: typeof first.id) =>
    (await api(world).get.query({ rehearsalId })).takes.map(({ title }) => title);
  expect([await takesOf(first.id), await takesOf(second.id)]).toEqual([["Take 1"], ["Take 2"]]);
  await api(world).fileTakes.mutate({ rehearsalId: second.id, trackIds: [idOf(world, "Take 1")] });
  expect([await takesOf(first.id), await takesOf(second.id)]).toEqual([[], ["Take 1", "Take 2"]]);
  const out = { rehearsalId: second.id, trackIds: [idOf(world, "Take 2")] };
  await api(world).removeTakes.mutate(out);
  expect((await api(world).removeTakes.mutate(out)).takes).toMatchObject([{ title: "Take 1" }]);
});

test("rehearsals are listed with the newest day first, page by page", async () => {
  const world = await annasDays();
  const { bandId } = world;
  for (const heldOn of ["2026-03-14", "2026-03-21", "2025-12-01", "2026-03-21", "2026-01-01"]) {
    await api(world).create.mutate({ bandId, heldOn, title: heldOn });
  }
  const seen: string[] = [];
  for (let cursor: string | null = null; ; ) {
    const page: Awaited<ReturnType<ReturnType<typeof api>["list"]["query"]>> = await api(
      world,
    ).list.query({ bandId, cursor, limit: 2 });
    seen.push(...page.rehearsals.map(({ heldOn }) => heldOn));
    cursor = page.next;
    if (cursor === null) break;
  }
  expect(seen).toEqual(["2026-03-21", "2026-03-21", "2026-03-14", "2026-01-01", "2025-12-01"]);
});

test("who is not in the band finds no rehearsal, and files none of its recordings under theirs", async () => {
  const world = await annasDays();
  const { bandId, connection } = world;
  const { id: rehearsalId } = await api(world).create.mutate({
    ...{ bandId, heldOn: "2026-03-14", title: "Cellar", trackIds: [idOf(world, "Take 1")] },
  });
  const mallory = await join(world, "mallory", null);
  const theirs = mallory.client.api;
  const { personalBandId } = await theirs.auth.me.query();
  const trackIds = [idOf(world, "Take 2")];
  const day = { bandId: personalBandId, heldOn: "2026-03-14", title: "Mine" };
  const own = await theirs.library.rehearsals.create.mutate(day);
  const attempts = [
    theirs.library.rehearsals.get.query({ rehearsalId }),
    theirs.library.rehearsals.list.query({ bandId }),
    theirs.library.rehearsals.suggest.query({ bandId }),
    theirs.library.rehearsals.fileTakes.mutate({ rehearsalId, trackIds }),
    theirs.library.rehearsals.removeTakes.mutate({ rehearsalId, trackIds }),
    theirs.library.rehearsals.remove.mutate({ rehearsalId }),
    theirs.library.rehearsals.create.mutate({ ...day, trackIds }),
    theirs.library.rehearsals.fileTakes.mutate({ rehearsalId: own.id, trackIds }),
  ];
  const codes = await Promise.all(attempts.map(async (each) => (await refused(each)).code));
  expect(codes).toEqual(attempts.map(() => "not_found"));
  const folder = { connectionId: connection.id, path: "Rehearsals/2026-03-21" };
  const made = await theirs.library.rehearsals.create.mutate({ ...day, folder });
  expect(made.takes).toEqual([]);
  expect((await api(world).get.query({ rehearsalId })).takes).toHaveLength(1);
});

test("listeners read rehearsals and change none", async () => {
  const world = await annasDays();
  const { bandId } = world;
  const day = { bandId, heldOn: "2026-03-14", title: "Cellar" };
  const { id: rehearsalId } = await api(world).create.mutate(day);
  const lea = (await join(world, "lea", "listener")).client.api.library.rehearsals;
  expect(await lea.get.query({ rehearsalId })).toMatchObject({ title: "Cellar" });
  expect((await lea.list.query({ bandId })).rehearsals).toHaveLength(1);
  const update = { rehearsalId, heldOn: "2026-03-14", title: "Mine", notes: "" };
  const codes = await Promise.all(
    [lea.create.mutate(day), lea.update.mutate(update), lea.remove.mutate({ rehearsalId })].map(
      async (each) => (await refused(each)).code,
    ),
  );
  expect(codes).toEqual(["forbidden", "forbidden", "forbidden"]);
});

test("what no rehearsal takes is refused before anything is written", async () => {
  const world = await annasDays();
  const { bandId } = world;
  const day = { bandId, heldOn: "2026-03-14", title: "Cellar" };
  const wrong = [
    { ...day, heldOn: "2026-02-30" },
    { ...day, heldOn: "yesterday" },
    { ...day, heldOn: "0000-03-14" },
    { ...day, title: "  " },
    { ...day, title: "Cel\u0000lar" },
    { ...day, notes: "Loud\u0000" },
    { ...day, notes: "x".repeat(10_001) },
    { ...day, trackIds: Array.from({ length: MOST_TAKES + 1 }, () => idOf(world, "Demo")) },
  ];
  for (const order of wrong) {
    expect((await refused(api(world).create.mutate(order))).code).toBe("invalid_input");
  }
  for (const heldOn of ["2026-99-99", "0000-03-14"]) {
    const cursor = `${heldOn}_${crypto.randomUUID()}`;
    expect((await refused(api(world).list.query({ bandId, cursor }))).code).toBe("invalid_input");
  }
  const unknown = { ...day, trackIds: [idOf(world, "Demo"), crypto.randomUUID() as TrackId] };
  expect((await refused(api(world).create.mutate(unknown))).code).toBe("not_found");
  expect((await api(world).list.query({ bandId })).rehearsals).toEqual([]);
});

test.each([
  ["Rehearsals/2026-03-14", "2026-03-14", "Rehearsal"],
  ["20260314", "2026-03-14", "Rehearsal"],
  ["2026.03.14 - New songs", "2026-03-14", "New songs"],
  ["Cellar 2026_03_14", "2026-03-14", "Cellar"],
])("%s is named after %s", (path, heldOn, title) => {
  expect(findDay(path)).toEqual({ heldOn, title });
});

test.each(["2026-02-30", "2026", "Live 2026-13-01", "120260314", "2026-03-14/Mixes", ""])(
  "%s is named after no day",
  (path) => {
    expect(findDay(path)).toBeUndefined();
  },
);

test("of many who file the same recordings at once each time one has them all, and nobody is refused", async () => {
  const world = await annasDays();
  const { bandId } = world;
  const trackIds = ["Take 1", "Take 2", "Take 10"].map((title) => idOf(world, title));
  const days = await Promise.all(
    Array.from({ length: 10 }, (_, day) =>
      api(world).create.mutate({ bandId, heldOn: "2026-03-14", title: `Day ${day}`, trackIds }),
    ),
  );
  await Promise.all(
    [...days, ...days].map(({ id: rehearsalId }) =>
      api(world).fileTakes.mutate({ rehearsalId, trackIds }),
    ),
  );
  const { rehearsals } = await api(world).list.query({ bandId });
  expect(rehearsals.reduce((sum, { takeCount }) => sum + takeCount, 0)).toBe(3);
});
