import fc from "fast-check";
import { expect, test } from "vitest";
import type { PlaylistId, PlaylistItemId, TrackId } from "#contract/ids.ts";
import type { PlaylistItem } from "#contract/playlists.ts";
import { playlistItems } from "#drizzle/schema/index.ts";
import { write } from "#server/base/db.ts";
import { savePlaces } from "#server/playlists/order-store.ts";
import { placesBetween } from "#server/playlists/places.ts";
import { mp3 } from "#tests/library/made-audio.ts";
import { forgetTries } from "#tests/security/night-shift.ts";
import { refused } from "#tests/support/refused.ts";
import { annasStorage, listTracks, type StorageWorld } from "#tests/support/world.ts";

const NAMES = ["a", "b", "c", "d", "e", "f"];

interface ListWorld extends StorageWorld {
  /** By the names of the files. */
  readonly ids: Readonly<Record<string, TrackId>>;
}

async function annasTakes(names = NAMES): Promise<ListWorld> {
  const world = await annasStorage(({ tree }) => {
    for (const name of names) tree.put(`Live/${name}.mp3`, mp3({ TIT2: name }, 20));
  });
  const tracks = await listTracks(world);
  return { ...world, ids: Object.fromEntries(tracks.map(({ title, id }) => [title, id])) };
}

const api = ({ anna }: StorageWorld) => anna.api.playback.playlists;

const make = (world: ListWorld, names: readonly string[]) =>
  api(world).create.mutate({
    bandId: world.bandId,
    name: "Set list",
    trackIds: names.map((name) => world.ids[name] as TrackId),
  });

async function itemsOf(world: StorageWorld, playlistId: PlaylistId): Promise<PlaylistItem[]> {
  const items: PlaylistItem[] = [];
  for (let cursor: string | null = null; ; ) {
    const page: Awaited<ReturnType<ReturnType<typeof api>["items"]["query"]>> = await api(
      world,
    ).items.query({ playlistId, cursor, limit: 4 });
    items.push(...page.items);
    if (page.next === null) return items;
    cursor = page.next;
  }
}

const titlesOf = async (world: StorageWorld, id: PlaylistId): Promise<string> =>
  (await itemsOf(world, id)).map(({ track }) => track.title).join("");

test("a playlist has its recordings in the order in which they were put, twice if somebody likes", async () => {
  const world = await annasTakes();
  const made = await make(world, ["c", "a", "c"]);
  expect(made).toEqual({
    id: expect.any(String),
    bandId: world.bandId,
    name: "Set list",
    itemCount: 3,
    durationMs: expect.any(Number),
    covers: [],
    createdBy: "Anna",
    createdAt: expect.stringMatching(/Z$/),
    updatedAt: expect.stringMatching(/Z$/),
  });
  expect(made.durationMs).toBeGreaterThan(0);
  const ids = ["f", "b"].map((name) => world.ids[name] as TrackId);
  await api(world).add.mutate({ playlistId: made.id, trackIds: ids });
  expect(await titlesOf(world, made.id)).toBe("cacfb");
  expect((await api(world).list.query({ bandId: world.bandId })).map(({ id }) => id)).toEqual([
    made.id,
  ]);
  const renamed = await api(world).rename.mutate({ playlistId: made.id, name: "  Encore " });
  expect(renamed).toMatchObject({ name: "Encore", itemCount: 5 });
  await api(world).remove.mutate({ playlistId: made.id });
  expect(await api(world).list.query({ bandId: world.bandId })).toEqual([]);
  expect(await listTracks(world)).toHaveLength(NAMES.length);
});

test("moving writes what moves and nothing else", async () => {
  const world = await annasTakes();
  const { id } = await make(world, NAMES);
  const before = await world.server.deps.db.select().from(playlistItems);
  const items = await itemsOf(world, id);
  const at = (index: number) => items[index]?.id as PlaylistItemId;
  await api(world).moveItems.mutate({ playlistId: id, itemIds: [at(4), at(0)], after: at(2) });
  expect(await titlesOf(world, id)).toBe("bceadf");
  const after = await world.server.deps.db.select().from(playlistItems);
  const placeOf = (rows: typeof after, itemId: string) => rows.find((row) => row.id === itemId);
  for (const index of [1, 2, 3, 5]) {
    expect(placeOf(after, at(index))).toEqual(placeOf(before, at(index)));
  }
  await api(world).moveItems.mutate({ playlistId: id, itemIds: [at(5)], after: null });
  expect(await titlesOf(world, id)).toBe("fbcead");
});

/** What somebody does with a list, and what a list in memory makes of it. */
type Step =
  | { readonly kind: "add"; readonly names: string[] }
  | { readonly kind: "move"; readonly which: number[]; readonly after: number }
  | { readonly kind: "remove"; readonly which: number[] };

const steps = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant("add" as const),
      names: fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 4 }),
    }),
    fc.record({
      kind: fc.constant("move" as const),
      which: fc.uniqueArray(fc.nat(30), { minLength: 1, maxLength: 4 }),
      after: fc.integer({ min: -1, max: 30 }),
    }),
    fc.record({
      kind: fc.constant("remove" as const),
      which: fc.uniqueArray(fc.nat(30), { minLength: 1, maxLength: 3 }),
    }),
  ),
  { minLength: 1, maxLength: 12 },
);

async function take(world: ListWorld, playlistId: PlaylistId, model: string[], step: Step) {
  await forgetTries(world.server);
  const items = await itemsOf(world, playlistId);
  if (step.kind === "add") {
    const trackIds = step.names.map((name) => world.ids[name] as TrackId);
    await api(world).add.mutate({ playlistId, trackIds });
    return [...model, ...step.names];
  }
  if (model.length === 0) return model;
  const which = [...new Set(step.which.map((index) => index % model.length))];
  const itemIds = which.map((index) => items[index]?.id as PlaylistItemId);
  if (step.kind === "remove") {
    await api(world).removeItems.mutate({ playlistId, itemIds });
    return model.filter((_, index) => !which.includes(index));
  }
  const anchor = step.after === -1 ? null : step.after % model.length;
  if (anchor !== null && which.includes(anchor)) return model;
  const after = anchor === null ? null : (items[anchor]?.id as PlaylistItemId);
  await api(world).moveItems.mutate({ playlistId, itemIds, after });
  const staying = model.map((name, index) => ({ name, index }));
  const rest = staying.filter(({ index }) => !which.includes(index));
  const place = anchor === null ? 0 : rest.findIndex(({ index }) => index === anchor) + 1;
  const moved = which.map((index) => model[index] as string);
  const names = rest.map(({ name }) => name);
  return [...names.slice(0, place), ...moved, ...names.slice(place)];
}

test("whatever people do with it, its order is that of a list that they would write down", {
  timeout: 120_000,
}, async () => {
  const world = await annasTakes();
  const isRight = async (todo: readonly Step[]): Promise<void> => {
    await forgetTries(world.server);
    const { id } = await make(world, []);
    let model: string[] = [];
    for (const step of todo) model = await take(world, id, model, step);
    expect(await titlesOf(world, id)).toBe(model.join(""));
    await api(world).remove.mutate({ playlistId: id });
  };
  await fc.assert(fc.asyncProperty(steps, isRight), { numRuns: 25 });
});

test("where there is hardly any room left, all get room again", async () => {
  const world = await annasTakes(["a", "b", "c"]);
  const { id } = await make(world, ["a", "b", "c"]);
  const { deps } = world.server;
  let [low, high] = placesBetween(null, null, 2) as [string, string];
  for (let turn = 0; turn < 400; turn += 1) {
    const [between = ""] = placesBetween(low, high, 1);
    if (turn % 2 === 0) low = between;
    else high = between;
  }
  const [a, b, c] = (await itemsOf(world, id)).map((item) => item.id) as [
    PlaylistItemId,
    PlaylistItemId,
    PlaylistItemId,
  ];
  const last = placesBetween(high, null, 1)[0] as string;
  const narrow = new Map([[a, low] as const, [b, high] as const, [c, last] as const]);
  await write(deps, (tx) => savePlaces(tx, id, narrow));
  const lengths = async () => {
    const rows = await deps.db.select({ place: playlistItems.place }).from(playlistItems);
    return Math.max(...rows.map(({ place }) => place.length));
  };
  expect(await lengths()).toBeGreaterThan(64);
  await api(world).moveItems.mutate({ playlistId: id, itemIds: [c, c], after: a });
  expect(await titlesOf(world, id)).toBe("acb");
  expect(await lengths()).toBeLessThan(4);
});

test("many who add, move and remove at once leave a list without doubles or holes", async () => {
  const world = await annasTakes();
  const { id } = await make(world, NAMES);
  const items = await itemsOf(world, id);
  const one = (index: number) => items[index]?.id as PlaylistItemId;
  const work = Array.from({ length: 30 }, (_, index) => {
    const kinds = [
      () => api(world).add.mutate({ playlistId: id, trackIds: [world.ids.a as TrackId] }),
      () =>
        api(world).moveItems.mutate({ playlistId: id, itemIds: [one(index % 5)], after: one(5) }),
      () => api(world).moveItems.mutate({ playlistId: id, itemIds: [one(5)], after: null }),
    ];
    return kinds[index % 3]?.();
  });
  await Promise.all(work);
  const titles = await titlesOf(world, id);
  expect([...titles].toSorted().join("")).toBe(`${"a".repeat(11)}bcdef`);
});

test("what somebody else took away meanwhile is told, and nothing moves", async () => {
  const world = await annasTakes();
  const { id } = await make(world, ["a", "b", "c"]);
  const [a, b, c] = (await itemsOf(world, id)).map((item) => item.id) as [
    PlaylistItemId,
    PlaylistItemId,
    PlaylistItemId,
  ];
  await api(world).removeItems.mutate({ playlistId: id, itemIds: [b] });
  for (const order of [
    { itemIds: [b], after: null },
    { itemIds: [a], after: b },
    { itemIds: [a, b], after: c },
  ]) {
    const refusal = await refused(api(world).moveItems.mutate({ playlistId: id, ...order }));
    expect(refusal).toMatchObject({
      code: "not_found",
      message: expect.stringContaining("Nothing was changed"),
    });
  }
  const self = api(world).moveItems.mutate({ playlistId: id, itemIds: [a], after: a });
  expect((await refused(self)).code).toBe("invalid_input");
  expect(await titlesOf(world, id)).toBe("ac");
  // Once more does no harm.
  await api(world).removeItems.mutate({ playlistId: id, itemIds: [b] });
});

test("a recording of nobody's is not added, and nothing of that order is", async () => {
  const world = await annasTakes();
  const { id } = await make(world, ["a"]);
  const trackIds = [world.ids.b, crypto.randomUUID()] as TrackId[];
  const refusal = await refused(api(world).add.mutate({ playlistId: id, trackIds }));
  expect(refusal).toMatchObject({
    code: "not_found",
    message: expect.stringContaining("Nothing was added"),
  });
  expect(await titlesOf(world, id)).toBe("a");
});
