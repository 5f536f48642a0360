import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import type { EditField, Edits, SaveEdits } from "#contract/edits.ts";
import type { EditId, SessionId, TrackId, UserId } from "#contract/ids.ts";
import type { Track } from "#contract/library.ts";
import type { Backline } from "#sdk/index.ts";
import { write } from "#server/base/db.ts";
import { editsTopic, watchEdits } from "#server/library/edit-news.ts";
import { join } from "#tests/comments/rehearsal-room.ts";
import { refused } from "#tests/support/refused.ts";
import {
  annasStorage,
  listTracks,
  runJobs,
  type StorageWorld,
  trackAt,
} from "#tests/support/world.ts";
import { flac, mp3 } from "./made-audio.ts";
import { rescan } from "./scanning.ts";
import { artistNamed, genreNamed, oneAlbum, viewsOf } from "./viewed.ts";

const TAGS = { TITLE: "Foam", ARTIST: "Herons", ALBUM: "Tides", GENRE: "Folk", DATE: "1998" };

const annasTracks = (): Promise<StorageWorld> =>
  annasStorage(({ tree }) => {
    tree.put("Tides/1.flac", flac({ ...TAGS, ARTISTSORT: "Aaa", TRACKNUMBER: "2" }));
    tree.put("Tides/2.flac", flac({ ...TAGS, TITLE: "Salt", TRACKNUMBER: "1" }));
    tree.put("Ann/Demos/03 - Sea.mp3", mp3({}));
  });

const save = (
  client: Backline,
  tracks: readonly Track[],
  fields: Edits,
  blank: readonly EditField[] = [],
): Promise<Track[]> => {
  const [first] = tracks;
  if (!first) throw new Error("There is nothing to edit.");
  const seen = tracks.map(({ id, editId }) => ({ trackId: id, version: editId }));
  const order = { bandId: first.bandId, tracks: seen, fields, blank: [...blank] };
  return client.api.library.edits.save.mutate(order);
};

const editsOf = (client: Backline, trackId: TrackId) =>
  client.api.library.edits.list.query({ trackId });

const found = async (world: StorageWorld, search: string): Promise<string[]> =>
  (await listTracks(world, search)).map(({ path }) => path);

const rowOf = async ({ server }: StorageWorld, id: TrackId) => {
  const [row] = await server.deps.db.execute(sql`
    select title, artist, album, album_artist, track_number, disc_number, year, genre, artists, genres,
      artist_sort, album_sort, recorded_on::text, sort_title, sort_artist, sort_album, search_text,
      is_named_by_path, album_id, artist_ids, genre_ids
    from tracks where id = ${id}`);
  return row;
};

describe("an edit", () => {
  test("is what lists, views and the search show at once, and the file stays as it is", async () => {
    const world = await annasTracks();
    const before = { ...world.cloud.tree.find("Tides/1.flac") };
    const foam = await trackAt(world, "Tides/1.flac");
    const [edited] = await save(world.anna, [foam], {
      ...{ title: "Zebra crossing", artist: "Walrus", album: "Ice", genre: "Noise", year: 2024 },
      ...{ trackNumber: 7, discNumber: 2, recordedOn: "2024-05-01", albumArtist: "Seals" },
    });
    expect(edited).toMatchObject({
      ...{ id: foam.id, title: "Zebra crossing", artist: "Walrus", album: "Ice", genre: "Noise" },
      ...{ year: 2024, trackNumber: 7, discNumber: 2, recordedOn: "2024-05-01" },
      ...{ albumArtist: "Seals", editId: expect.any(String) },
    });
    expect(await trackAt(world, "Tides/1.flac")).toEqual(edited);
    expect(await found(world, "zebra walrus ice")).toEqual(["Tides/1.flac"]);
    expect(await found(world, "foam")).toEqual([]);
    expect(await oneAlbum(world, "Ice")).toMatchObject({ trackCount: 1, artist: "Seals" });
    expect(await oneAlbum(world, "Tides")).toMatchObject({ trackCount: 1 });
    expect(await artistNamed(world, "Walrus")).toMatchObject({ trackCount: 1 });
    expect(await genreNamed(world, "Noise")).toMatchObject({ trackCount: 1 });
    expect(await genreNamed(world, "Folk")).toMatchObject({ trackCount: 1 });
    const byTitle = await viewsOf(world).tracks.list.query({
      ...{ bandId: world.bandId, sort: "title" },
    });
    expect(byTitle.tracks.map(({ title }) => title)).toEqual(["Salt", "Sea", "Zebra crossing"]);
    // A word of the edit is a word that a slip of the finger is corrected to.
    const slipped = await viewsOf(world).tracks.list.query({
      ...{ bandId: world.bandId, search: "zebar" },
    });
    expect(slipped.correctedSearch).toBe("zebra");
    expect(world.cloud.tree.find("Tides/1.flac")).toEqual(before);
  });

  test("outlasts every scan, whether the file was moved, changed or read again", async () => {
    const world = await annasTracks();
    const foam = await trackAt(world, "Tides/1.flac");
    await save(world.anna, [foam], { title: "Zebra", genre: "Noise" });
    world.cloud.tree.mkdir("Moved");
    world.cloud.tree.move("Tides/1.flac", "Moved/one.flac");
    await rescan(world);
    expect(await trackAt(world, "Moved/one.flac")).toMatchObject({ id: foam.id, title: "Zebra" });

    world.cloud.tree.put("Moved/one.flac", flac({ ...TAGS, TITLE: "New", ARTIST: "Others" }));
    await rescan(world);
    const read = await trackAt(world, "Moved/one.flac");
    expect(read).toMatchObject({
      ...{ id: foam.id, title: "Zebra", artist: "Others", genre: "Noise" },
    });
    expect(await found(world, "zebra others")).toEqual(["Moved/one.flac"]);
    // What is taken back shows what the file says now, not what it said when it was edited.
    const [cleared] = await save(world.anna, [read], { title: null, genre: "  " });
    expect(cleared).toMatchObject({ title: "New", genre: "Folk" });
  });

  test("of what a name says goes back to the name, also to another one", async () => {
    const world = await annasTracks();
    const sea = await trackAt(world, "Ann/Demos/03 - Sea.mp3");
    expect(sea).toMatchObject({ title: "Sea", artist: "Ann", album: "Demos", trackNumber: 3 });
    const [edited] = await save(world.anna, [sea], { artist: "Bo" });
    expect(edited).toMatchObject({ title: "Sea", artist: "Bo", album: "Demos" });
    world.cloud.tree.mkdir("Cy/Tapes");
    world.cloud.tree.move("Ann/Demos/03 - Sea.mp3", "Cy/Tapes/04 - Lake.mp3");
    await rescan(world);
    const moved = await trackAt(world, "Cy/Tapes/04 - Lake.mp3");
    expect(moved).toMatchObject({ id: sea.id, title: "Lake", artist: "Bo", album: "Tapes" });
    const [cleared] = await save(world.anna, [moved], { artist: "" });
    expect(cleared).toMatchObject({ title: "Lake", artist: "Cy", trackNumber: 4 });
  });

  test("of several is made to all of them or to none", async () => {
    const world = await annasTracks();
    const all = await listTracks(world);
    const edited = await save(world.anna, all, { album: "Together" });
    expect(edited.map(({ album }) => album)).toEqual(["Together", "Together", "Together"]);
    const [first] = edited;
    if (!first) throw new Error("Nothing was edited.");
    await save(world.anna, [first], { album: "Alone" });
    const { code, message } = await refused(save(world.anna, edited, { album: "Never" }));
    expect([code, message]).toEqual(["conflict", expect.stringMatching(/try again/)]);
    const albums = (await listTracks(world)).map(({ album }) => album);
    expect(albums.toSorted()).toEqual(["Alone", "Together", "Together"]);
  });

  test("can leave a field empty, which is not the same as what the file says", async () => {
    const world = await annasTracks();
    world.cloud.tree.put("Tides/Low water.flac", flac({ ...TAGS, TITLE: "Ebb" }));
    await rescan(world);
    const ebb = await trackAt(world, "Tides/Low water.flac");
    const sea = await trackAt(world, "Ann/Demos/03 - Sea.mp3");
    const empty = ["title", "artist", "album", "genre", "year", "trackNumber"] as const;
    const none = { artist: null, album: null, genre: null, year: null, trackNumber: null };
    const edited = await save(world.anna, [ebb, sea], { discNumber: 3 }, empty);
    expect(edited).toHaveLength(2);
    expect(await trackAt(world, ebb.path)).toMatchObject({ ...none, title: "Low water" });
    expect(await trackAt(world, sea.path)).toMatchObject({ ...none, title: "Sea", discNumber: 3 });
    expect(await found(world, "ebb")).toEqual([]);
    expect(await found(world, "low water")).toEqual([ebb.path]);
    expect(await artistNamed(world, "Herons")).toMatchObject({ trackCount: 2 });
    const page = await editsOf(world.anna, ebb.id);
    expect(page).toMatchObject({ unedited: { title: "Ebb", artist: "Herons" } });
    expect(page.blank.toSorted()).toEqual(empty.toSorted());
    expect(page.edited).toHaveLength(empty.length + 1);

    // Neither a scan nor a rule brings back what was left empty, but the name's title is the rule's.
    world.cloud.tree.put(ebb.path, flac({ ...TAGS, TITLE: "Flood", ARTIST: "Others" }));
    await rescan(world);
    expect(await trackAt(world, ebb.path)).toMatchObject({ ...none, title: "Low water" });
    const rule = { names: ["Low {title}"], folders: [] };
    const { bandId } = world;
    await world.anna.api.library.naming.save.mutate({ bandId, rule, version: 0 });
    await runJobs(world.server);
    const named = await trackAt(world, ebb.path);
    expect(named).toMatchObject({ ...none, title: "water" });
    // Once more: nothing was changed by that.
    const [same] = await save(world.anna, [named], {}, ["title", "artist"]);
    expect(same?.editId).toBe(named.editId);

    const back = { title: null, artist: "", genre: "Noise" };
    const [own] = await save(world.anna, [named], back, ["discNumber"]);
    expect(own).toMatchObject({ title: "Flood", artist: "Others", genre: "Noise", album: null });
    const order = { trackId: ebb.id, editId: named.editId, version: own?.editId ?? null };
    expect(await world.anna.api.library.edits.restore.mutate(order)).toMatchObject({
      ...{ ...none, title: "water", discNumber: 3 },
    });
  });

  test("that changes nothing is not written down", async () => {
    const world = await annasTracks();
    const foam = await trackAt(world, "Tides/1.flac");
    const [same] = await save(world.anna, [foam], { title: null });
    expect(same?.editId).toBeNull();
    expect((await editsOf(world.anna, foam.id)).versions).toEqual([]);
  });

  test.each<[string, unknown]>([
    ["nothing", { fields: {} }],
    ["what is no field", { fields: { path: "x" } }],
    ["what is no field, to be empty", { blank: ["path"] }],
    ["a field that is changed and empty at once", { blank: ["title"] }],
    ["text where a number is", { fields: { year: "1998" } }],
    ["a number that is none", { fields: { trackNumber: 0 } }],
    ["a day that there is not", { fields: { recordedOn: "2023-02-29" } }],
    ["too long a title", { fields: { title: "x".repeat(501) } }],
    ["no recording", { tracks: [] }],
  ])("of %s is refused", async (_, wrong) => {
    const world = await annasTracks();
    const { id, bandId } = await trackAt(world, "Tides/1.flac");
    const right = { bandId, tracks: [{ trackId: id, version: null }], fields: { title: "A" } };
    const order = { ...right, ...(wrong as Partial<SaveEdits>) };
    const { code } = await refused(world.anna.api.library.edits.save.mutate(order));
    expect(code).toBe("invalid_input");
  });
});

describe("the versions of a track", () => {
  test("say who changed what when, and each can be brought back", async () => {
    const world = await annasTracks();
    const ben = await join(world, "ben", "editor");
    const foam = await trackAt(world, "Tides/1.flac");
    const [first] = await save(world.anna, [foam], { title: "One", artist: "A" });
    const [second] = await save(ben.client, [first ?? foam], { title: "Two", artist: null });
    const page = await editsOf(ben.client, foam.id);
    expect(page).toMatchObject({
      ...{ version: second?.editId, edited: ["title"], next: null },
      unedited: { title: "Foam", artist: "Herons", year: 1998, recordedOn: null },
    });
    expect(page.versions).toEqual([
      {
        ...{ id: second?.editId, editedBy: "ben", editedAt: expect.stringMatching(/Z$/) },
        isRestored: false,
        changes: [
          { field: "title", before: "One", after: "Two" },
          { field: "artist", before: "A", after: "Herons" },
        ],
      },
      expect.objectContaining({ id: first?.editId, editedBy: "Anna" }),
    ]);

    const restore = (editId: EditId | null, version: EditId | null) =>
      world.anna.api.library.edits.restore.mutate({ trackId: foam.id, editId, version });
    const back = await restore(first?.editId ?? null, second?.editId ?? null);
    expect(back).toMatchObject({ title: "One", artist: "A" });
    expect(await found(world, "one")).toEqual(["Tides/1.flac"]);
    const original = await restore(null, back.editId);
    expect(original).toMatchObject({ title: "Foam", artist: "Herons" });
    const { versions, edited } = await editsOf(world.anna, foam.id);
    expect(versions.map(({ isRestored }) => isRestored)).toEqual([true, true, false, false]);
    expect(edited).toEqual([]);
    // As if nobody had ever edited it, sort names and all.
    const world2 = await annasTracks();
    const untouched = await rowOf(world2, (await trackAt(world2, "Tides/1.flac")).id);
    const {
      album_id: _,
      artist_ids: __,
      genre_ids: ___,
      ...restored
    } = (await rowOf(world, foam.id)) ?? {};
    expect(untouched).toMatchObject(restored);

    expect((await refused(restore(first?.editId ?? null, back.editId))).code).toBe("conflict");
    const strange = randomUUID() as EditId;
    expect((await refused(restore(strange, original.editId))).code).toBe("not_found");
  });

  test("come in pages, and of another track none is brought back", async () => {
    const world = await annasTracks();
    let foam = await trackAt(world, "Tides/1.flac");
    for (const title of ["A", "B", "C"]) [foam = foam] = await save(world.anna, [foam], { title });
    const { list } = world.anna.api.library.edits;
    const first = await list.query({ trackId: foam.id, limit: 2 });
    const rest = await list.query({ trackId: foam.id, limit: 2, cursor: first.next });
    const titles = [...first.versions, ...rest.versions].map(({ changes }) => changes[0]?.after);
    expect([titles, rest.next]).toEqual([["C", "B", "A"], null]);
    const salt = await trackAt(world, "Tides/2.flac");
    const order = { trackId: salt.id, editId: foam.editId, version: null };
    expect((await refused(world.anna.api.library.edits.restore.mutate(order))).code).toBe(
      "not_found",
    );
  });

  test("are never changed, and go with their track alone", async () => {
    const world = await annasTracks();
    const foam = await trackAt(world, "Tides/1.flac");
    await save(world.anna, [foam], { title: "One" });
    const { deps } = world.server;
    for (const tamper of [
      sql`update track_edits set changes = '[]'`,
      sql`update track_edits set edited_at = now() - interval '1 day'`,
      sql`delete from track_edits`,
    ]) {
      await expect(write(deps, (tx) => tx.execute(tamper))).rejects.toThrow();
    }
    expect((await editsOf(world.anna, foam.id)).versions).toHaveLength(1);
    await write(deps, (tx) => tx.execute(sql`delete from tracks where id = ${foam.id}`));
    expect(await deps.db.execute(sql`select from track_edits`)).toHaveLength(0);
  });
});

describe("who edits", () => {
  test("are editors and owners; listeners see what was edited, and strangers nothing", async () => {
    const world = await annasTracks();
    const foam = await trackAt(world, "Tides/1.flac");
    const [lars, eve, mallory] = [
      await join(world, "lars", "listener"),
      await join(world, "eve", "editor"),
      await join(world, "mallory", null),
    ];
    const [edited = foam] = await save(eve.client, [foam], { title: "One" });
    expect((await editsOf(lars.client, foam.id)).versions).toHaveLength(1);
    expect((await refused(save(lars.client, [edited], { title: "Two" }))).code).toBe("forbidden");
    const order = { trackId: foam.id, editId: null, version: edited.editId };
    const { restore } = lars.client.api.library.edits;
    expect((await refused(restore.mutate(order))).code).toBe("forbidden");
    expect((await refused(editsOf(mallory.client, foam.id))).code).toBe("not_found");
    expect((await refused(save(mallory.client, [edited], { title: "Two" }))).code).toBe(
      "not_found",
    );
    const theirs = mallory.client.api.library.edits.restore.mutate(order);
    expect((await refused(theirs)).code).toBe("not_found");
    expect(await trackAt(world, "Tides/1.flac")).toEqual(edited);
  });

  test("does so in their own band: a recording of another is not there", async () => {
    const world = await annasTracks();
    const foam = await trackAt(world, "Tides/1.flac");
    const mallory = await join(world, "mallory", null);
    const { personalBandId } = await mallory.client.api.auth.me.query();
    const order = {
      bandId: personalBandId,
      tracks: [{ trackId: foam.id, version: null }],
      fields: { title: "Mine" },
    };
    const { code } = await refused(mallory.client.api.library.edits.save.mutate(order));
    expect(code).toBe("not_found");
    expect(await trackAt(world, "Tides/1.flac")).toEqual(foam);
  });

  test("of many at once who have seen the same, one", async () => {
    const world = await annasTracks();
    const foam = await trackAt(world, "Tides/1.flac");
    const outcomes = await Promise.allSettled(
      Array.from({ length: 12 }, (_, at) => save(world.anna, [foam], { title: `Title ${at}` })),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect((await editsOf(world.anna, foam.id)).versions).toHaveLength(1);
  });
});

test("who watches hears once of each change, however many recordings it was made to", async () => {
  const world = await annasTracks();
  const { bandId, anna, server } = world;
  const { events } = server.deps;
  const ben = await join(world, "ben", "listener");
  const mallory = await join(world, "mallory", null);
  let news = 0;
  let end = () => {};
  onTestFinished(events.listen(editsTopic(bandId), () => (news += 1)));
  onTestFinished(events.listen("the end", () => end()));
  /** What was published before has come when this has. */
  const countNews = async () => {
    const ended = new Promise<void>((resolve) => (end = resolve));
    await write(server.deps, (tx) => events.publish(tx, "the end"));
    await ended;
    return news;
  };
  const stateOf = async (client: Backline) => {
    const { user } = await client.api.auth.me.query();
    const leave = new AbortController();
    const actor = { userId: user.id, sessionId: await sessionOf(world, user.id), role: user.role };
    for await (const state of watchEdits(server.deps, actor, bandId, leave.signal)) return state;
    return null;
  };

  const all = await listTracks(world);
  const first = await stateOf(ben.client);
  const edited = await save(anna, all, { album: "Together" });
  expect(await countNews()).toBe(1);
  const second = await stateOf(ben.client);
  expect(second?.mark).not.toBe(first?.mark);
  // Neither what is refused nor what changes nothing is news.
  await refused(save(anna, all, { album: "Never" }));
  await save(anna, edited, { album: "Together" });
  expect([await countNews(), await stateOf(ben.client)]).toEqual([1, second]);
  const [one] = edited;
  const order = { trackId: one?.id as TrackId, editId: null, version: one?.editId ?? null };
  await anna.api.library.edits.restore.mutate(order);
  expect(await countNews()).toBe(2);

  const rule = { names: ["{number} - {title}"], folders: [] };
  const third = await stateOf(ben.client);
  await anna.api.library.naming.save.mutate({ bandId, rule, version: 0 });
  expect(await stateOf(ben.client)).toMatchObject({ isGoingOn: true });
  await runJobs(server);
  expect(await countNews()).toBe(3);
  const named = await stateOf(ben.client);
  expect([named?.isGoingOn, named?.mark === third?.mark]).toEqual([false, false]);
  await expect(stateOf(mallory.client)).rejects.toThrow("There is no such band");
});

async function sessionOf({ server }: StorageWorld, userId: UserId): Promise<SessionId> {
  const [session] = await server.deps.db.execute<{ id: SessionId }>(
    sql`select id from sessions where user_id = ${userId}`,
  );
  if (!session) throw new Error("Nobody is signed in.");
  return session.id;
}

const STEP = fc.oneof(
  fc.record({
    kind: fc.constant("edit" as const),
    fields: fc
      .record(
        {
          title: fc.option(fc.constantFrom("T1", "T2", "")),
          artist: fc.option(fc.constantFrom("A1", "A2")),
          genre: fc.option(fc.constantFrom("G1", "G2")),
          year: fc.option(fc.integer({ min: 1, max: 9999 })),
        },
        { requiredKeys: [] },
      )
      .filter((fields) => Object.keys(fields).length > 0),
    blank: fc.subarray(["artist", "genre", "year"] as const),
  }),
  fc.record({ kind: fc.constant("file" as const), title: fc.constantFrom("F1", "F2", "F3") }),
  fc.record({ kind: fc.constant("restore" as const), at: fc.nat(20) }),
);
type Step = typeof STEP extends fc.Arbitrary<infer Each> ? Each : never;

/** What ought to be shown: what was edited, or else what the file says. */
interface Model {
  title: string;
  edits: Edits;
  readonly history: { readonly id: EditId; readonly edits: Edits }[];
}

const PATH = "Tides/1.flac";

async function take(world: StorageWorld, model: Model, step: Step): Promise<void> {
  const track = await trackAt(world, PATH);
  if (step.kind === "file") {
    model.title = step.title;
    world.cloud.tree.put(PATH, flac({ ...TAGS, TITLE: step.title, COMMENT: randomUUID() }));
    await rescan(world);
  } else if (step.kind === "edit") {
    const blank = step.blank.filter((field) => !(field in step.fields));
    await save(world.anna, [track], step.fields, blank);
    const given = Object.entries(step.fields);
    const back = given
      .filter(([, value]) => value === null || value === "")
      .map(([field]) => field);
    const merged = Object.entries({ ...model.edits, ...step.fields });
    model.edits = Object.fromEntries([
      ...merged.filter(([field]) => !back.includes(field)),
      ...blank.map((field) => [field, null]),
    ]);
  } else {
    const chosen = model.history[step.at % Math.max(model.history.length, 1)];
    const order = { trackId: track.id, editId: chosen?.id ?? null, version: track.editId };
    await world.anna.api.library.edits.restore.mutate(order);
    model.edits = chosen?.edits ?? {};
  }
  const { editId } = await trackAt(world, PATH);
  if (editId && editId !== track.editId) model.history.push({ id: editId, edits: model.edits });
}

test("whatever is edited, restored and scanned, what is shown is the edit, or else the file", {
  timeout: 300_000,
}, async () => {
  const world = await annasTracks();
  let title = "Foam";
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { minLength: 3, maxLength: 6 }), async (steps) => {
      const first = await trackAt(world, PATH);
      const order = { trackId: first.id, editId: null, version: first.editId };
      await world.anna.api.library.edits.restore.mutate(order);
      const model: Model = { title, edits: {}, history: [] };
      for (const step of steps) {
        await take(world, model, step);
        title = model.title;
        const now = await trackAt(world, PATH);
        const file = { title, artist: "Herons", genre: "Folk", year: 1998 };
        expect(now).toMatchObject({ ...file, ...model.edits });
        expect(await found(world, `${now.title} ${now.artist ?? ""}`)).toContain(PATH);
        if (now.artist === null) continue;
        expect(await artistNamed(world, now.artist)).toMatchObject({ name: now.artist });
      }
    }),
    { numRuns: 8 },
  );
});
