import { readdir, readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { findFfmpeg } from "#server/transcoding/ffmpeg.ts";
import { startRun } from "#server/transcoding/run.ts";
import { openSegmentCache } from "#server/transcoding/segment-cache.ts";
import { createSlots } from "#server/transcoding/slots.ts";
import { createSourceServer } from "#server/transcoding/source-server.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { requireFfmpeg } from "#tests/support/ffmpeg.ts";
import type { StorageWorld } from "#tests/support/world.ts";
import { annasHls, bytesOf, openHls, statusOf } from "./listening.ts";
import { murmur } from "./sound.ts";

requireFfmpeg();

const song = await murmur(30, "song.flac");
/** So slow that a segment takes seconds. */
const SLOW = 150_000;
/** Sooner than what does not go on is stopped by itself. */
const SOON = { timeout: 25_000, interval: 20 };
const PATIENT = { timeout: 60_000, interval: 20 };

/** How many ffmpeg this process has at work. */
async function countFfmpegs(): Promise<number> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")),
  );
  // `pid (name) state parent …`; Z has ended.
  return stats.filter((stat) => {
    const [, name, state, parent] = /^\d+ \((.*)\) (\S) (\d+)/.exec(stat) ?? [];
    return name === "ffmpeg" && state !== "Z" && parent === String(process.pid);
  }).length;
}

const running = ({ server }: StorageWorld): number => server.deps.transcoding?.running() ?? 0;

test("all who wait for the same part wait for one ffmpeg, which also makes what comes next", {
  timeout: 300_000,
}, async () => {
  const world = await annasHls({ "song.flac": song });
  const { segment } = await openHls(world, "song.flac");
  const heal = world.cloud.fault({ method: "GET", bytesPerSecond: SLOW });
  const asked = [0, 0, 1, 0, 1].map((index) => bytesOf(world.anna, segment(index)));
  await expect.poll(countFfmpegs, PATIENT).toBe(1);
  expect(running(world)).toBe(1);
  heal();

  const [first, again, second, , secondAgain] = await Promise.all(asked);
  expect(again).toEqual(first);
  expect(secondAgain).toEqual(second);
  expect(second).not.toEqual(first);
});

test("who leaves before a part is made frees ffmpeg and the storage, and who stays still gets it", {
  timeout: 300_000,
}, async () => {
  const world = await annasHls({ "song.flac": song });
  const { segment } = await openHls(world, "song.flac");
  const heal = world.cloud.fault({ method: "GET", stallAfterBytes: 50_000 });
  const leave = new AbortController();
  const [leaving, staying] = [new AbortController(), new AbortController()].map((each) =>
    world.anna
      .fetch(segment(1), { signal: AbortSignal.any([leave.signal, each.signal]) })
      .catch(() => "left"),
  );
  await expect.poll(countFfmpegs, PATIENT).toBe(1);
  leave.abort();
  expect(await Promise.all([leaving, staying])).toEqual(["left", "left"]);
  await expect.poll(countFfmpegs, SOON).toBe(0);
  await expect.poll(() => running(world), PATIENT).toBe(0);
  heal();

  world.cloud.fault({ method: "GET", bytesPerSecond: SLOW, times: 1 });
  const one = new AbortController();
  const gone = world.anna.fetch(segment(1), { signal: one.signal }).catch(() => "left");
  const other = statusOf(world.anna, segment(1));
  await expect.poll(countFfmpegs, PATIENT).toBe(1);
  one.abort();
  expect([await gone, await other]).toEqual(["left", 200]);
});

test("no more ffmpeg run than the server allows, and none is forgotten", {
  timeout: 300_000,
}, async () => {
  const world = await annasHls(
    { "one.flac": song, "two.flac": song, "three.flac": song },
    { HLS_PROCESSES: "1" },
  );
  const opened = [];
  for (const name of ["one.flac", "two.flac", "three.flac"])
    opened.push(await openHls(world, name));
  const heal = world.cloud.fault({ method: "GET", bytesPerSecond: SLOW });
  const asked = opened.map(({ segment }) => statusOf(world.anna, segment(0)));
  await expect.poll(() => running(world), PATIENT).toBe(3);
  const seen: number[] = [];
  const watching = setInterval(() => void countFfmpegs().then((count) => seen.push(count)), 30);
  await expect.poll(() => seen.length, PATIENT).toBeGreaterThan(20);
  heal();
  const statuses = await Promise.all(asked);
  clearInterval(watching);

  expect(Math.max(...seen)).toBe(1);
  expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
  expect(statuses).toContain(200);
  await expect.poll(() => running(world), PATIENT).toBe(0);
});

test("one listener has two at work at most", { timeout: 300_000 }, async () => {
  const files = { "one.flac": song, "two.flac": song, "three.flac": song };
  const world = await annasHls(files, { HLS_PROCESSES: "8" });
  const opened = [];
  for (const name of Object.keys(files)) opened.push(await openHls(world, name));
  world.cloud.fault({ method: "GET", stallAfterBytes: 50_000 });
  const leave = new AbortController();
  const asked = opened.map(({ segment }) =>
    world.anna.fetch(segment(1), { signal: leave.signal }).catch(() => "left"),
  );
  await expect.poll(() => running(world), PATIENT).toBe(3);
  await expect.poll(countFfmpegs, SOON).toBe(2);
  const seen: number[] = [];
  while (seen.length < 60) {
    seen.push(await countFfmpegs());
    await sleep(50);
  }
  expect(Math.max(...seen)).toBe(2);

  leave.abort();
  await Promise.all(asked);
  await expect.poll(countFfmpegs, SOON).toBe(0);
});

test("what was made once comes without ffmpeg and without the storage", {
  timeout: 300_000,
}, async () => {
  const world = await annasHls({ "song.flac": song });
  const { segment } = await openHls(world, "song.flac");
  const made = await bytesOf(world.anna, segment(2));
  await expect.poll(() => running(world), PATIENT).toBe(0);
  world.cloud.fault({ method: "GET", status: 503 });

  expect(await bytesOf(world.anna, segment(2))).toEqual(made);
  expect(await statusOf(world.anna, segment(0)), "what was not made").toBe(503);
});

test("of a storage that is paused nothing is given, made or not", {
  timeout: 300_000,
}, async () => {
  const world = await annasHls({ "song.flac": song });
  const { segment, track } = await openHls(world, "song.flac");
  await bytesOf(world.anna, segment(0));
  const stream = world.anna.streamUrl(track.id);
  const connectionId = world.connection.id;
  await world.anna.api.connections.pause.mutate({ connectionId });

  for (const url of [segment(0), world.anna.hlsUrl(track.id), stream]) {
    for (const method of ["GET", "HEAD"]) {
      const { status } = await world.anna.fetch(url, { method });
      expect([new URL(url).pathname, method, status]).toEqual([new URL(url).pathname, method, 422]);
    }
  }
  await world.anna.api.connections.resume.mutate({ connectionId });
  expect(await statusOf(world.anna, segment(0))).toBe(200);
});

test("for who only asks what a part is none is made", async () => {
  const world = await annasHls({ "song.flac": song });
  const { segment } = await openHls(world, "song.flac");
  const ask = (index: number) => world.anna.fetch(segment(index), { method: "HEAD" });
  const { status, headers } = await ask(1);
  expect([status, headers.get("content-type"), headers.get("content-length")]).toEqual([
    ...[200, "audio/mp4", null],
  ]);
  expect(running(world)).toBe(0);
  expect((await ask(100)).status).toBe(404);
});

test("a storage that fails says so, and when it is back the part is made", {
  timeout: 300_000,
}, async () => {
  const world = await annasHls({ "song.flac": song });
  const { segment } = await openHls(world, "song.flac");
  const heal = world.cloud.fault({ method: "GET", status: 503 });
  const answer = await world.anna.fetch(segment(0));

  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
    503,
    "storage_unavailable",
  ]);
  heal();
  expect(await statusOf(world.anna, segment(0))).toBe(200);
});

test("whoever asks in the very moment that one ends is not told to wait for it", async () => {
  const long = await murmur(100, "long.flac");
  const ready = await findFfmpeg(process.env.PATH ?? "");
  if (!ready) throw new Error("There is no ffmpeg.");
  const folder = await createTestFolder();
  const noteTrouble = (error: unknown): void => expect.unreachable(String(error));
  const cache = await openSegmentCache({
    folder,
    mostBytes: 1e9,
    now: () => new Date(),
    noteTrouble,
  });
  const sources = createSourceServer();
  const promised: boolean[] = [];
  const run = startRun(
    {
      ...{ ffmpeg: ready, sources, slots: createSlots(1, 1, 10_000) },
      cache: {
        ...cache,
        put(name, bytes) {
          cache.put(name, bytes);
          // After the one who made it has looked whether that is enough, and before it has gone.
          if (name === "folder/4.m4s") queueMicrotask(() => promised.push(run.reaches(5)));
        },
      },
    },
    {
      ...{ folder: "folder", codec: "aac", kbps: 96, count: 12, listener: "anna" },
      open: async () => ({ sizeBytes: long.length, range: null, body: Readable.from([long]) }),
    },
    0,
  );
  await run.over;
  expect(promised).toEqual([false]);
  await Promise.all([sources.close(), cache.close()]);
});
