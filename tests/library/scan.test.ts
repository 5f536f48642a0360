import { describe, expect, test } from "vitest";
import type { FaultServer, FaultServerOptions } from "#tests/support/fault-server.ts";
import { annasStorage, listTracks, trackAt } from "#tests/support/world.ts";
import { flac, mp3, vorbis } from "./made-audio.ts";
import { deedsOf, findConnection, libraryOf, NOTHING, rescan, statesOf } from "./scanning.ts";

const tide = (): Buffer => mp3({ TIT2: "Tide", TPE1: "The Herons", TALB: "Low", TRCK: "3" }, 4);

const fill = (cloud: FaultServer): void => {
  cloud.tree.put("Low/tide.mp3", tide());
  cloud.tree.put("Low/foam.flac", flac({ TITLE: "Foam", ARTIST: "The Herons" }, 3));
  cloud.tree.put("Live/2026/wave.ogg", vorbis({ TITLE: "Wave" }, 8));
  cloud.tree.put("Live/notes.txt", "bring strings");
};

/** A storage that knows files by an id, and one that does not. */
const kinds: { kind: string; cloud: FaultServerOptions }[] = [
  { kind: "Nextcloud", cloud: { persona: "nextcloud" } },
  { kind: "plain WebDAV", cloud: { persona: "plain" } },
];

describe.each(kinds)("a scan of $kind", (options) => {
  test("finds every recording in every folder, with its tags, and nothing else", async () => {
    const world = await annasStorage(fill, options);
    const tracks = await listTracks(world);
    expect(
      tracks.map((track) => [track.path, track.title, track.artist, track.durationMs]),
    ).toEqual([
      ["Live/2026/wave.ogg", "Wave", null, 8_000],
      ["Low/foam.flac", "Foam", "The Herons", 3_000],
      ["Low/tide.mp3", "Tide", "The Herons", expect.any(Number)],
    ]);
    const { scan, trackCount, health } = await findConnection(world);
    const sizes = tracks.reduce((sum, track) => sum + track.sizeBytes, 0);
    expect(scan).toMatchObject({ state: "done", found: 3, libraryBytes: sizes, message: null });
    expect(scan).toMatchObject({ foldersFound: 4, foldersDone: 4, foldersFailed: 0 });
    expect(scan).toMatchObject({ added: 3, toRead: 3, read: 3, failed: 0 });
    expect(scan?.bytesRead).toBeGreaterThan(0);
    expect({ trackCount, health }).toEqual({ trackCount: 3, health: "active" });
  });

  test("does nothing where nothing has changed, and reads no byte again", async () => {
    const world = await annasStorage(fill, options);
    const before = await listTracks(world);
    const downloads = world.cloud.count({ method: "GET" });
    expect(deedsOf(await rescan(world))).toEqual(NOTHING);
    expect(await listTracks(world)).toEqual(before);
    expect(world.cloud.count({ method: "GET" })).toBe(downloads);
  });

  test("adds what is new and reads what has changed, and only that", async () => {
    const world = await annasStorage(fill, options);
    const { id } = await trackAt(world, "Low/tide.mp3");
    world.cloud.tree.put("Low/tide.mp3", mp3({ TIT2: "Tide (remix)" }, 6));
    world.cloud.tree.put("Low/new/spray.mp3", mp3({ TIT2: "Spray" }));
    expect(deedsOf(await rescan(world))).toEqual({ ...NOTHING, added: 1, changed: 1, toRead: 2 });
    expect(await trackAt(world, "Low/tide.mp3")).toMatchObject({ id, title: "Tide (remix)" });
    expect(await trackAt(world, "Low/new/spray.mp3")).toMatchObject({ title: "Spray" });
  });

  test("keeps a recording that was renamed, one that was moved, and all of a renamed folder", async () => {
    const world = await annasStorage(fill, options);
    const before = await libraryOf(world);
    world.cloud.tree.move("Low/tide.mp3", "Low/tide (final).mp3");
    world.cloud.tree.move("Low/foam.flac", "Best/foam.flac");
    world.cloud.tree.move("Live/2026", "Live/2026 tour");
    const scan = await rescan(world);
    expect(deedsOf(scan)).toMatchObject({ added: 0, changed: 0, moved: 3, missing: 0 });
    expect(await libraryOf(world)).toEqual({
      "Low/tide (final).mp3": before["Low/tide.mp3"],
      "Best/foam.flac": before["Low/foam.flac"],
      "Live/2026 tour/wave.ogg": before["Live/2026/wave.ogg"],
    });
  });

  test("keeps who is who when two recordings are swapped", async () => {
    const world = await annasStorage(fill, options);
    const before = await libraryOf(world);
    world.cloud.tree.move("Low/tide.mp3", "Low/third.mp3");
    world.cloud.tree.move("Low/foam.flac", "Low/tide.mp3");
    world.cloud.tree.move("Low/third.mp3", "Low/foam.flac");
    expect(await rescan(world)).toMatchObject({ state: "done", added: 0, missing: 0 });
    expect(await libraryOf(world)).toEqual({
      ...before,
      "Low/tide.mp3": before["Low/foam.flac"],
      "Low/foam.flac": before["Low/tide.mp3"],
    });
  });

  test("keeps a recording that was moved over another one, which is missing then", async () => {
    const world = await annasStorage(fill, options);
    const before = await libraryOf(world);
    world.cloud.tree.remove("Low/foam.flac");
    world.cloud.tree.move("Low/tide.mp3", "Low/foam.flac");
    expect(await rescan(world)).toMatchObject({ state: "done", added: 0, missing: 1 });
    const tracks = await listTracks(world);
    const seen = Object.fromEntries(tracks.map((track) => [track.id, track]));
    expect(tracks).toHaveLength(3);
    expect(seen[before["Low/tide.mp3"]?.id ?? ""]).toMatchObject({
      path: "Low/foam.flac",
      state: "present",
      title: "Tide",
    });
    expect(seen[before["Low/foam.flac"]?.id ?? ""]).toMatchObject({
      state: "missing",
      title: "Foam",
    });
  });

  test("takes a copy for a recording of its own", async () => {
    const world = await annasStorage(fill, options);
    const { id } = await trackAt(world, "Low/tide.mp3");
    const bytes = world.cloud.tree.find("Low/tide.mp3");
    if (bytes?.kind !== "file") throw new Error("It is a file.");
    world.cloud.tree.put("Low/tide copy.mp3", bytes.bytes(0, bytes.sizeBytes - 1));
    expect(deedsOf(await rescan(world))).toEqual({ ...NOTHING, added: 1, toRead: 1 });
    expect((await trackAt(world, "Low/tide.mp3")).id).toBe(id);
    expect((await trackAt(world, "Low/tide copy.mp3")).id).not.toBe(id);
  });

  test("marks what is gone as missing, and knows it again when it is back", async () => {
    const world = await annasStorage(fill, options);
    const { id } = await trackAt(world, "Low/tide.mp3");
    world.cloud.tree.move("Low/tide.mp3", "../tide.mp3");
    const hidden = world.cloud.tree;
    hidden.move("../tide.mp3", ".trash/tide.mp3");
    expect(deedsOf(await rescan(world))).toEqual({ ...NOTHING, missing: 1 });
    const missing = await trackAt(world, "Low/tide.mp3");
    expect(missing).toMatchObject({ id, state: "missing", title: "Tide", failure: null });
    expect(missing.missingSince).not.toBeNull();

    hidden.move(".trash/tide.mp3", "Low/tide.mp3");
    expect(deedsOf(await rescan(world))).toEqual(NOTHING);
    expect(await trackAt(world, "Low/tide.mp3")).toMatchObject({
      id,
      state: "present",
      missingSince: null,
    });
  });

  test("knows a missing recording again in another place", async () => {
    const world = await annasStorage(fill, options);
    const { id } = await trackAt(world, "Low/tide.mp3");
    world.cloud.tree.move("Low/tide.mp3", ".trash/tide.mp3");
    await rescan(world);
    world.cloud.tree.move(".trash/tide.mp3", "Back/again.mp3");
    expect(deedsOf(await rescan(world))).toMatchObject({ added: 0, moved: 1 });
    expect(await libraryOf(world)).toMatchObject({ "Back/again.mp3": { id, state: "present" } });
    expect(Object.keys(await libraryOf(world))).toHaveLength(3);
  });

  test("a file without tags is called what it is called now", async () => {
    const world = await annasStorage((cloud) => {
      cloud.tree.put("The Herons/Low/01 tide.mp3", mp3());
      cloud.tree.put("The Herons/Low/02 foam.mp3", mp3({ TIT2: "Foam" }));
    }, options);
    world.cloud.tree.move("The Herons/Low/01 tide.mp3", "The Herons/High/04 ebb.mp3");
    world.cloud.tree.move("The Herons/Low/02 foam.mp3", "The Herons/High/05 spume.mp3");
    await rescan(world);
    expect(await trackAt(world, "The Herons/High/04 ebb.mp3")).toMatchObject({
      title: "ebb",
      artist: "The Herons",
      album: "High",
      trackNumber: 4,
    });
    expect(await trackAt(world, "The Herons/High/05 spume.mp3")).toMatchObject({ title: "Foam" });
    expect(await listTracks(world, "spume")).toHaveLength(1);
    expect(await listTracks(world, "02")).toHaveLength(0);
  });
});

test("a Nextcloud tells who is who: what was moved is not read again, even when it has changed too", async () => {
  const world = await annasStorage(fill, { cloud: { persona: "nextcloud" } });
  const before = await libraryOf(world);
  const { tree } = world.cloud;
  tree.move("Low/tide.mp3", "Best/tide.mp3");
  const downloads = world.cloud.count({ method: "GET" });
  expect(deedsOf(await rescan(world))).toEqual({ ...NOTHING, moved: 1 });
  expect(world.cloud.count({ method: "GET" })).toBe(downloads);

  tree.move("Best/tide.mp3", "Low/ebb.mp3");
  tree.put("Low/ebb.mp3", mp3({ TIT2: "Ebb" }, 9));
  expect(deedsOf(await rescan(world))).toEqual({ ...NOTHING, moved: 1, toRead: 1 });
  expect(await trackAt(world, "Low/ebb.mp3")).toMatchObject({
    id: before["Low/tide.mp3"]?.id,
    title: "Ebb",
  });
});

test("a Nextcloud tells who is who, even when two were swapped and edited", async () => {
  const world = await annasStorage(fill, { cloud: { persona: "nextcloud" } });
  const before = await libraryOf(world);
  const { tree } = world.cloud;
  tree.move("Low/tide.mp3", "Low/third.mp3");
  tree.move("Low/foam.flac", "Low/tide.mp3");
  tree.move("Low/third.mp3", "Low/foam.flac");
  tree.put("Low/tide.mp3", mp3({ TIT2: "Foam (edit)" }, 2));
  tree.put("Low/foam.flac", flac({ TITLE: "Tide (edit)" }, 2));
  await rescan(world);
  expect(await libraryOf(world)).toMatchObject({
    "Low/tide.mp3": { id: before["Low/foam.flac"]?.id, title: "Foam (edit)" },
    "Low/foam.flac": { id: before["Low/tide.mp3"]?.id, title: "Tide (edit)" },
  });
});

const many = (cloud: FaultServer, count = 30): void => {
  for (let index = 0; index < count; index += 1) {
    cloud.tree.put(
      `${index % 2 === 0 ? "Old" : "New"}/${index}.mp3`,
      mp3({ TIT2: `Song ${index}` }, 0.2),
    );
  }
};

describe("when much is gone at once", () => {
  test("nothing is marked until somebody confirms it", async () => {
    const world = await annasStorage((cloud) => many(cloud));
    world.cloud.tree.remove("Old");
    const scan = await rescan(world);
    expect(scan).toMatchObject({ state: "done", missing: 0, withheld: 15 });
    expect(scan.message).toContain("15 of 30");
    expect(new Set(Object.values(await statesOf(world)))).toEqual(new Set(["present"]));

    expect(await rescan(world, { confirmMissing: true })).toMatchObject({
      missing: 15,
      withheld: 0,
      message: null,
    });
    const states = Object.values(await statesOf(world));
    expect(states.filter((state) => state === "missing")).toHaveLength(15);
  });

  test("a few, or a small part, are no question", async () => {
    const world = await annasStorage((cloud) => many(cloud, 12));
    for (let index = 0; index < 10; index += 2) world.cloud.tree.remove(`Old/${index}.mp3`);
    expect(await rescan(world)).toMatchObject({ missing: 5, withheld: 0 });
  });

  test("an empty storage is a question, however small the library was", async () => {
    const world = await annasStorage(fill);
    for (const path of ["Low", "Live"]) world.cloud.tree.remove(path);
    expect(await rescan(world)).toMatchObject({ found: 0, missing: 0, withheld: 3 });
    expect(await rescan(world, { confirmMissing: true })).toMatchObject({ missing: 3 });
  });

  test("another root is a question too; its own recordings stay who they are", async () => {
    const world = await annasStorage((cloud) => many(cloud));
    const before = await libraryOf(world);
    await world.anna.api.connections.setRoot.mutate({
      connectionId: world.connection.id,
      folder: "New",
    });
    expect(await rescan(world)).toMatchObject({ found: 15, withheld: 15, missing: 0, added: 0 });
    expect(await libraryOf(world)).toEqual(before);
  });

  test("a whole library that moved is no loss at all", async () => {
    const world = await annasStorage((cloud) => many(cloud));
    const before = Object.values(await libraryOf(world)).map((each) => each.id);
    world.cloud.tree.move("Old", "Archive/Old");
    world.cloud.tree.move("New", "Archive/New");
    expect(await rescan(world)).toMatchObject({ added: 0, moved: 30, missing: 0, withheld: 0 });
    const after = Object.values(await libraryOf(world)).map((each) => each.id);
    expect(after.toSorted()).toEqual(before.toSorted());
  });
});

describe("names", () => {
  const NAMES = [
    "100% #1 + more?.mp3",
    "ö Öde 'quoted' & \"double\".mp3",
    "夜汽車 (日本).mp3",
    "semi;colon=and,comma@at.mp3",
    `${"long ".repeat(48)}.mp3`,
    "back\\slash.mp3",
    "%2e%2e%2f.mp3",
    "emoji 🎸.mp3",
    "e\u0301 decomposed.mp3",
    "new\nline.mp3",
    "~tilde $dollar !bang *star.mp3",
  ];

  test("of every kind are found, read and kept apart", async () => {
    const world = await annasStorage((cloud) => {
      for (const name of NAMES) cloud.tree.put(`Strange & #1/${name}`, mp3({ TIT2: name }, 0.2));
    });
    const tracks = await listTracks(world);
    expect(tracks.map((track) => track.path).toSorted()).toEqual(
      NAMES.map((name) => `Strange & #1/${name}`).toSorted(),
    );
    for (const track of tracks) {
      expect(track).toMatchObject({
        state: "present",
        title: track.path.slice(13).replace("\n", " "),
      });
    }
    expect(deedsOf(await rescan(world))).toEqual(NOTHING);
  });

  test("that no database keeps are left out, and the scan says so", async () => {
    const path = Array.from({ length: 12 }, () => "deep".repeat(50)).join("/");
    const world = await annasStorage((cloud) => {
      fill(cloud);
      cloud.tree.put(`${path}/lost.mp3`, mp3());
    });
    expect(await listTracks(world)).toHaveLength(3);
    expect((await findConnection(world)).scan).toMatchObject({
      state: "done",
      message: expect.stringContaining("left out"),
    });
  });

  test("that begin with a dot are nobody's music", async () => {
    const world = await annasStorage((cloud) => {
      fill(cloud);
      cloud.tree.put("Low/._tide.mp3", "Mac OS X");
      cloud.tree.put(".stversions/Low/tide~1.mp3", tide());
    });
    expect(await listTracks(world)).toHaveLength(3);
  });
});

test("10,000 recordings in one folder are found", async () => {
  const world = await annasStorage(() => {});
  for (let index = 0; index < 10_000; index += 1)
    world.cloud.tree.put(`All/${index}.mp3`, "not audio");
  const scan = await rescan(world);
  expect(scan).toMatchObject({
    state: "done",
    found: 10_000,
    added: 10_000,
    toRead: 10_000,
    failed: 10_000,
    read: 0,
  });
}, 120_000);

test("a folder that contains itself comes to an end", async () => {
  const world = await annasStorage((cloud) => {
    fill(cloud);
    cloud.tree.link("Low/again", "");
  });
  const { scan } = await findConnection(world);
  expect(scan?.state).toBe("done");
  expect(scan?.foldersFailed).toBeGreaterThan(0);
});
