import { describe, expect, test } from "vitest";
import type { SaveEdits } from "#contract/edits.ts";
import { join } from "#tests/comments/rehearsal-room.ts";
import { refused } from "#tests/support/refused.ts";
import { listTracks, runJobs, trackAt } from "#tests/support/world.ts";
import { annasTracks, editsOf, found, save, TAGS } from "./editing.ts";
import { flac } from "./made-audio.ts";
import { rescan } from "./scanning.ts";
import { artistNamed, genreNamed, oneAlbum, viewsOf } from "./viewed.ts";

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
    ["a day of a year that there was not", { fields: { recordedOn: "0000-02-28" } }],
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
