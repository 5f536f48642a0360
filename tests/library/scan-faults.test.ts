import { describe, expect, test } from "vitest";
import { runScan } from "#server/library/scan.ts";
import type { Fault } from "#tests/support/fault-server.ts";
import { annasStorage, listTracks, type StorageWorld, trackAt } from "#tests/support/world.ts";
import { flac, mp3 } from "./made-audio.ts";
import {
  deedsOf,
  findConnection,
  libraryOf,
  NOTHING,
  newestScan,
  rescan,
  statesOf,
} from "./scanning.ts";

/** Impatient, so that tests are not long. */
const HASTY = { firstWaitMs: 10, patienceMs: 300 };

const band = (): Promise<StorageWorld> =>
  annasStorage((cloud) => {
    cloud.tree.put("Low/tide.mp3", mp3({ TIT2: "Tide" }));
    cloud.tree.put("Low/B-sides/foam.flac", flac({ TITLE: "Foam" }));
    cloud.tree.put("Live/wave.mp3", mp3({ TIT2: "Wave" }));
    cloud.tree.put("solo.mp3", mp3({ TIT2: "Solo" }));
  });

/** Scans with little patience. */
async function scanHastily(world: StorageWorld) {
  const connectionId = world.connection.id;
  const { id } = await world.anna.api.connections.scan.mutate({ connectionId });
  await runScan(world.server.deps, id, new AbortController().signal, HASTY);
  return newestScan(world);
}

const cutXml = (xml: string): string => xml.slice(0, xml.length / 2);

const brokenFolders: { what: string; fault: Fault }[] = [
  { what: "is forbidden", fault: { status: 403 } },
  { what: "is broken off", fault: { rewriteXml: cutXml } },
  {
    what: "is a web page",
    fault: { status: 200, headers: { "content-type": "text/html" }, text: "<p>Hi" },
  },
  { what: "has a problem of its own", fault: { status: 500 } },
  { what: "closes the connection", fault: { reset: true } },
];

describe.each(brokenFolders)("a folder whose listing $what", ({ fault }) => {
  test("keeps what lies in it, and the others are brought up to date", async () => {
    const world = await band();
    const before = await libraryOf(world);
    world.cloud.fault({ method: "PROPFIND", path: "Low", ...fault });
    world.cloud.tree.remove("Low/tide.mp3");
    world.cloud.tree.remove("Live/wave.mp3");
    world.cloud.tree.put("Live/spray.mp3", mp3({ TIT2: "Spray" }));

    const scan = await scanHastily(world);
    expect(scan).toMatchObject({ state: "done", foldersFailed: 1, added: 1, missing: 1 });
    expect(scan.message).toContain("“Low”");
    expect(await libraryOf(world)).toMatchObject({
      ...before,
      "Live/wave.mp3": { state: "missing" },
      "Live/spray.mp3": { title: "Spray", state: "present" },
    });
    expect((await findConnection(world)).health).toBe("active");

    world.cloud.heal();
    expect(await rescan(world)).toMatchObject({ foldersFailed: 0, missing: 1, message: null });
    expect((await statesOf(world))["Low/tide.mp3"]).toBe("missing");
  });
});

test("a folder is asked three times at most, and as late as the storage wants", async () => {
  const world = await band();
  const since = world.cloud.requests.length;
  world.cloud.fault({
    method: "PROPFIND",
    path: "Low",
    status: 429,
    headers: { "retry-after": "1" },
    times: 2,
  });
  expect(await scanHastily(world)).toMatchObject({ state: "done", foldersFailed: 0, missing: 0 });
  const asked = world.cloud.requests
    .slice(since)
    .filter((request) => request.method === "PROPFIND" && request.path === "Low");
  expect(asked).toHaveLength(3);
  const waits = asked.slice(1).map((request, index) => request.atMs - (asked[index]?.atMs ?? 0));
  for (const waitMs of waits) expect(waitMs).toBeGreaterThanOrEqual(990);
});

describe("a root that", () => {
  test.each([
    ["is not there any more", { status: 404 }, "unavailable"],
    ["is forbidden", { status: 403 }, "unavailable"],
    ["is broken off", { rewriteXml: cutXml }, "unavailable"],
    ["does not answer", { reset: true as const }, "unavailable"],
  ])("%s fails the scan and loses nothing", async (_, fault, health) => {
    const world = await band();
    const before = await libraryOf(world);
    world.cloud.fault({ method: "PROPFIND", path: "", ...fault });
    const scan = await scanHastily(world);
    expect(scan).toMatchObject({ state: "failed", missing: 0, withheld: 0 });
    expect(scan.message).toMatch(/kept/);
    expect(scan.finishedAt).not.toBeNull();
    expect(await libraryOf(world)).toEqual(before);
    expect(await findConnection(world)).toMatchObject({
      health,
      healthMessage: expect.any(String),
    });

    world.cloud.heal();
    expect(deedsOf(await rescan(world))).toEqual(NOTHING);
    expect((await findConnection(world)).health).toBe("active");
  });
});

test("a refused password ends everything at the first refusal", async () => {
  const world = await annasStorage(
    (cloud) => {
      for (let index = 0; index < 40; index += 1) cloud.tree.put(`${index}/take.mp3`, mp3());
    },
    { cloud: { persona: "nextcloud" } },
  );
  const before = await libraryOf(world);
  const since = world.cloud.requests.length;
  world.cloud.setPassword("anna", "another one");
  const scan = await scanHastily(world);
  expect(scan).toMatchObject({ state: "failed" });
  expect(world.cloud.requests.length - since).toBe(1);
  expect(await findConnection(world)).toMatchObject({ health: "needs_reconnect" });
  expect(await libraryOf(world)).toEqual(before);
});

test("a password that is refused in the middle ends everything too", async () => {
  const world = await band();
  const before = await libraryOf(world);
  world.cloud.fault({ method: "PROPFIND", path: "Low", status: 401 });
  expect(await scanHastily(world)).toMatchObject({ state: "failed", missing: 0 });
  expect(await findConnection(world)).toMatchObject({ health: "needs_reconnect" });
  expect(world.cloud.count({ method: "PROPFIND", path: "Low" })).toBe(2);
  expect(await libraryOf(world)).toEqual(before);
});

test("a storage that goes away while it is listed fails the scan soon", async () => {
  const world = await annasStorage((cloud) => {
    for (let index = 0; index < 60; index += 1) cloud.tree.put(`${index}/take.mp3`, mp3());
  });
  const before = await libraryOf(world);
  for (let index = 0; index < 60; index += 1) {
    world.cloud.fault({ method: "PROPFIND", path: `${index}`, status: 503 });
  }
  const since = world.cloud.requests.length;
  expect(await scanHastily(world)).toMatchObject({ state: "failed", missing: 0 });
  expect(world.cloud.requests.length - since).toBeLessThan(60);
  expect(await libraryOf(world)).toEqual(before);
});

describe("while tags are read", () => {
  const fresh = async (): Promise<StorageWorld> => {
    const world = await band();
    for (let index = 0; index < 20; index += 1) {
      world.cloud.tree.put(`New/${index}.mp3`, mp3({ TIT2: `Song ${index}` }, 2));
    }
    return world;
  };
  const titled = async (world: StorageWorld): Promise<number> =>
    (await listTracks(world)).filter((track) => track.title.startsWith("Song")).length;

  test("a storage that is away for a while is waited for", async () => {
    const world = await fresh();
    world.cloud.fault({ method: "GET", status: 503, times: 12 });
    expect(await rescan(world)).toMatchObject({ state: "done", read: 20, failed: 0 });
    expect(await titled(world)).toBe(20);
  });

  test("one that stays away fails the scan, and the next one goes on from there", async () => {
    const world = await fresh();
    world.cloud.fault({ method: "GET", status: 503 });
    const scan = await scanHastily(world);
    expect(scan).toMatchObject({ state: "failed", added: 20, toRead: 20, read: 0 });
    expect(scan.message).toContain("the next scan goes on");
    expect(await findConnection(world)).toMatchObject({ health: "unavailable" });
    expect(await listTracks(world, "New")).toHaveLength(20);

    world.cloud.heal();
    expect(await rescan(world)).toMatchObject({ state: "done", added: 0, toRead: 20, read: 20 });
    expect(await titled(world)).toBe(20);
    expect((await findConnection(world)).health).toBe("active");
  });

  test("a refused password ends it at once", async () => {
    const world = await fresh();
    const since = world.cloud.requests.length;
    world.cloud.fault({ method: "GET", status: 401 });
    expect(await scanHastily(world)).toMatchObject({ state: "failed" });
    const asked = world.cloud.requests.slice(since).filter(({ method }) => method === "GET");
    // Those that were under way together.
    expect(asked.length).toBeLessThanOrEqual(8);
    expect(await findConnection(world)).toMatchObject({ health: "needs_reconnect" });
  });

  test("a file that may not be read fails alone, and is tried again", async () => {
    const world = await fresh();
    world.cloud.fault({ method: "GET", path: "New/7.mp3", status: 403 });
    expect(await rescan(world)).toMatchObject({ state: "done", read: 19, failed: 1 });
    expect(await trackAt(world, "New/7.mp3")).toMatchObject({
      state: "failed",
      failure: expect.any(String),
    });
    world.cloud.heal();
    expect(await rescan(world)).toMatchObject({ toRead: 1, read: 1 });
    expect(await trackAt(world, "New/7.mp3")).toMatchObject({
      state: "present",
      failure: null,
      title: "Song 7",
    });
  });

  test("a file that only itself has a problem does not hold up the others", async () => {
    const world = await fresh();
    world.cloud.fault({ method: "GET", path: "New/7.mp3", status: 500 });
    expect(await scanHastily(world)).toMatchObject({ state: "done", read: 19, failed: 1 });
    world.cloud.heal();
    expect(await rescan(world)).toMatchObject({ toRead: 1, read: 1 });
  });

  test("a file that changes after it was listed is read as it is now", async () => {
    const world = await fresh();
    const [path, bytes] = ["New/7.mp3", mp3({ TIT2: "Longer" }, 9)];
    let isChanged = false;
    world.cloud.fault({
      method: "PROPFIND",
      path: "New",
      times: 1,
      rewriteXml(xml) {
        if (!isChanged) setImmediate(() => world.cloud.tree.put(path, bytes));
        isChanged = true;
        return xml;
      },
    });
    expect(await rescan(world)).toMatchObject({ state: "done", read: 20, failed: 0 });
    expect(await trackAt(world, path)).toMatchObject({ title: "Longer", sizeBytes: bytes.length });
    expect(deedsOf(await rescan(world))).toEqual(NOTHING);
  });

  test("a storage whose downloads have another validator than its listings is no storm", async () => {
    const world = await fresh();
    world.cloud.fault({ method: "GET", etag: "weak" });
    expect(await rescan(world)).toMatchObject({ state: "done", read: 20 });
    const since = world.cloud.count({ method: "GET" });
    expect(deedsOf(await rescan(world))).toEqual(NOTHING);
    expect(world.cloud.count({ method: "GET" })).toBe(since);
  });
});

test("what is no recording fails, with a sentence, and nothing else does", async () => {
  const world = await annasStorage((cloud) => {
    cloud.tree.put("page.mp3", "<!doctype html><title>Sign in</title>");
    cloud.tree.put("empty.mp3", "");
    cloud.tree.put("cut.flac", flac({ TITLE: "Cut" }).subarray(0, 30));
    cloud.tree.put("gig.wav", { sizeBytes: 4 * 1024 ** 3 });
    cloud.tree.put("good.mp3", mp3({ TIT2: "Good" }));
  });
  const tracks = Object.fromEntries((await listTracks(world)).map((track) => [track.path, track]));
  for (const path of ["page.mp3", "empty.mp3", "cut.flac", "gig.wav"]) {
    expect(tracks[path]).toMatchObject({ state: "failed", failure: expect.stringMatching(/\.$/) });
  }
  expect(tracks["good.mp3"]).toMatchObject({ state: "present", failure: null, title: "Good" });
  const scan = await newestScan(world);
  expect(scan).toMatchObject({ found: 5, toRead: 5, read: 1, failed: 4 });
  expect(scan.bytesRead).toBeLessThan(4 * 1024 ** 2);
  expect(deedsOf(await rescan(world))).toEqual(NOTHING);

  world.cloud.tree.put("page.mp3", mp3({ TIT2: "Now it is one" }));
  await rescan(world);
  expect(await trackAt(world, "page.mp3")).toMatchObject({
    state: "present",
    title: "Now it is one",
  });
});

test("text and numbers that no database takes do no harm", async () => {
  const world = await annasStorage((cloud) => {
    cloud.tree.put("nul.mp3", mp3({ TIT2: "a\0b", TPE1: "x\ufffey" }));
    cloud.tree.put("long.mp3", mp3({ TIT2: "long ".repeat(200_000) }));
    cloud.tree.put(
      "number.flac",
      flac({ TITLE: "n", TRACKNUMBER: "99999999999", DISCNUMBER: "-5", DATE: "999999" }),
    );
    cloud.tree.put("half.flac", flac({ TITLE: `half ${"\ud83d"}`, ARTIST: "\u0000" }));
  });
  const tracks = Object.fromEntries((await listTracks(world)).map((track) => [track.path, track]));
  expect(Object.values(tracks).map((track) => track.state)).toEqual(Array(4).fill("present"));
  expect(tracks["long.mp3"]?.title.length).toBeLessThanOrEqual(500);
  expect(tracks["number.flac"]).toMatchObject({ trackNumber: null, discNumber: null });
});
