import { readdir, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { drawNext } from "#server/waveforms/drawing.ts";
import { openKept, sweepKept } from "#server/waveforms/keeping.ts";
import { rescan } from "#tests/library/scanning.ts";
import { testDeps } from "#tests/support/deps.ts";
import { annasTake, drawAll, makeDue, rowOf, wav } from "./drawing-world.ts";
import {
  drawSome,
  folderOf,
  hashDrawn,
  hashInOneGo,
  keptBytes,
  listKept,
  watchSending,
} from "./keeping-world.ts";

test("nobody else can read what is kept, and its name tells nothing of the recording", async () => {
  const world = await annasTake();
  const path = await drawSome(world);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(folderOf(world.server.deps))).mode & 0o777).toBe(0o700);
  expect(path.slice(folderOf(world.server.deps).length + 1)).toMatch(
    new RegExp(`^${world.track.id}\\.[0-9a-f]{32}\\.1$`),
  );
});

test.for([
  // The high byte of a sample, in the quiet part.
  { what: "a byte of the sound", at: 10_019, mostLost: 20_000 },
  { what: "what stands before a piece", at: 3, mostLost: 40_000 },
])("of what is damaged on the disk nothing is drawn: $what", async ({ at, mostLost }) => {
  const world = await annasTake();
  const { deps } = world.server;
  const sending = watchSending(world.cloud);
  await drawSome(world, 20_000);
  const path = await drawSome(world, 20_000);
  const bytes = await readFile(path);
  bytes[at] = (bytes[at] ?? 0) ^ 0x80;
  await writeFile(path, bytes);
  expect(await world.drawAll()).toBe(1);
  expect(await hashDrawn(deps, world.track.id)).toBe(await hashInOneGo("take 1.wav", wav));
  expect(sending.sentTwice()).toBeGreaterThan(mostLost / 2);
  expect(sending.sentTwice()).toBeLessThanOrEqual(mostLost);
});

test("what was kept of another version is thrown away", async () => {
  const world = await annasTake();
  const { cloud, track } = world;
  const { deps } = world.server;
  const edit = (value: number): Buffer => {
    const edited = Buffer.from(wav);
    edited.fill(value, 100, 60_000);
    cloud.tree.put("Live/take 1.wav", edited);
    return edited;
  };
  await drawSome(world);
  edit(7);
  expect(await world.drawAll()).toBe(1);
  expect(await rowOf(deps, track.id)).toMatchObject({ state: "waiting" });
  expect(await listKept(deps)).toEqual([]);
  await rescan(world);
  const old = await drawSome(world);
  const newest = edit(9);
  await rescan(world);
  const current = await drawSome(world, 50_000, 0);
  expect(current).not.toBe(old);
  expect(await listKept(deps)).toHaveLength(1);
  expect(await world.drawAll()).toBe(1);
  expect(await hashDrawn(deps, track.id)).toBe(await hashInOneGo("take 1.wav", newest));
  expect(await listKept(deps)).toEqual([]);
});

test("bytes of which the storage does not say the version are not put beside those that are kept", async () => {
  const world = await annasTake();
  const { deps } = world.server;
  await drawSome(world);
  world.cloud.fault({ method: "GET", etag: "none" });
  for (const state of ["waiting", "made"]) {
    expect(await world.drawAll()).toBe(1);
    expect(await rowOf(deps, world.track.id)).toMatchObject({ state });
    expect(await listKept(deps)).toEqual([]);
    await makeDue(deps);
  }
});

test("whoever has lost a drawing and whoever has it now do not disturb each other", async () => {
  const world = await annasTake();
  const { cloud, track } = world;
  const { deps } = world.server;
  const sending = watchSending(cloud);
  const heal = cloud.fault({ method: "GET", stallAfterBytes: 40_000 });
  const stop = new AbortController();
  const first = drawNext(deps, world.tools, stop.signal);
  await expect.poll(() => keptBytes(deps)).toBeGreaterThan(40_000);
  heal();
  await makeDue(deps);
  expect(await world.drawAll()).toBe(1);
  stop.abort();
  await first;
  expect(await rowOf(deps, track.id)).toMatchObject({ state: "made", tries: 2 });
  expect(sending.sentTwice()).toBe(0);
  expect(await hashDrawn(deps, track.id)).toBe(await hashInOneGo("take 1.wav", wav));
  expect(await listKept(deps)).toEqual([]);
});

test("what is kept of a recording goes when nobody will draw it", async () => {
  const world = await annasTake();
  const { deps } = world.server;
  const path = await drawSome(world);
  const foreign = join(folderOf(deps), "notes.txt");
  await writeFile(foreign, "mine");
  const left = async (): Promise<string[]> => {
    await sweepKept(deps);
    return (await readdir(folderOf(deps))).map((name) => join(folderOf(deps), name));
  };
  expect(await left()).toEqual([path, foreign]);
  const longAgo = new Date(Date.now() - 8 * 86_400_000);
  await utimes(path, longAgo, longAgo);
  expect(await left()).toEqual([foreign]);

  await drawSome(world);
  const elsewhere = await testDeps({ database: deps.testDatabase, keys: deps.testKeys });
  expect(await drawAll(elsewhere, world.tools)).toBe(1);
  expect(await left()).toEqual([foreign]);

  world.cloud.tree.put("Live/take 1.wav", wav.subarray(0, 80_000));
  await rescan(world);
  await drawSome(world);
  world.cloud.tree.remove("Live/take 1.wav");
  await rescan(world, { confirmMissing: true });
  expect(await left()).toEqual([foreign]);
});

test("a disk that is full or fails holds no drawing up", async () => {
  const world = await annasTake();
  const { cloud, track } = world;
  const { deps } = world.server;
  const path = await drawSome(world);
  await rm(path);
  await symlink("/dev/full", path);
  expect(await world.drawAll()).toBe(1);
  expect(await hashDrawn(deps, track.id)).toBe(await hashInOneGo("take 1.wav", wav));
  expect(await listKept(deps)).toEqual([]);

  cloud.tree.put("Live/take 1.wav", wav.subarray(0, 80_000));
  await rescan(world);
  const elsewhere = await testDeps({ database: deps.testDatabase, keys: deps.testKeys });
  await writeFile(folderOf(elsewhere), "in the way");
  expect(await drawAll(elsewhere, world.tools)).toBe(1);
  expect(await rowOf(deps, track.id)).toMatchObject({ state: "made" });
});

test("what would not fit beside the rest on the disk is not kept, nor what has no sure version", async () => {
  const { connection, track, server } = await annasTake();
  const held = {
    trackId: track.id,
    lease: 1,
    connectionId: connection.id,
    ref: "",
    path: "",
    tries: 1,
  };
  const keep = async (sizeBytes: number, etag: string | null): Promise<boolean> => {
    const kept = await openKept(server.deps, { ...held, sizeBytes, etag });
    await kept?.close();
    return kept !== null;
  };
  expect(await keep(1_000, '"1"')).toBe(true);
  expect(await keep(1e15, '"1"')).toBe(false);
  expect(await keep(1_000, 'W/"1"')).toBe(false);
  expect(await keep(1_000, null)).toBe(false);
});
