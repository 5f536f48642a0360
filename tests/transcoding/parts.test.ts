import { mkdir, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { createFrameReader } from "#server/transcoding/frames.ts";
import { openSegmentCache } from "#server/transcoding/segment-cache.ts";
import { createSlots } from "#server/transcoding/slots.ts";
import { createSourceServer } from "#server/transcoding/source-server.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { ffmpeg, requireFfmpeg } from "#tests/support/ffmpeg.ts";

requireFfmpeg();

const DAY_MS = 24 * 3_600_000;
const never = new AbortController().signal;

describe("what is kept on disk", () => {
  async function open(folder: string, mostBytes = 1_000) {
    const troubles: unknown[] = [];
    let shiftMs = 0;
    const cache = await openSegmentCache({
      ...{ folder, mostBytes, tidyEveryMs: 20 },
      now: () => new Date(Date.now() + shiftMs),
      noteTrouble: (error) => troubles.push(error),
    });
    const wait = (ms: number): void => {
      shiftMs += ms;
    };
    return { cache, troubles, wait };
  }
  const bytes = (length: number, value = 1): Buffer => Buffer.alloc(length, value);

  test("is there at once, and after a restart", async () => {
    const folder = await createTestFolder();
    const { cache } = await open(folder);
    cache.put("a/0.m4s", bytes(300));
    expect(await cache.read("a/0.m4s")).toEqual(bytes(300));
    await cache.close();
    const { cache: next, troubles } = await open(folder);
    expect(await next.read("a/0.m4s")).toEqual(bytes(300));
    expect(await next.read("a/1.m4s")).toBeUndefined();
    expect(troubles).toEqual([]);
  });

  test("stays below its limit, and what was asked for last stays longest", async () => {
    const folder = await createTestFolder();
    const { cache } = await open(folder);
    for (const name of ["0", "1", "2"]) cache.put(`a/${name}.m4s`, bytes(300));
    await cache.close();
    await cache.read("a/0.m4s");
    cache.put("b/0.m4s", bytes(300));
    await cache.close();
    expect(["a/0", "a/1", "a/2", "b/0"].filter((name) => cache.has(`${name}.m4s`))).toEqual([
      ...["a/0", "a/2", "b/0"],
    ]);
    expect((await readdir(join(folder, "a"))).toSorted()).toEqual(["0.m4s", "2.m4s"]);
    const { cache: smaller } = await open(folder, 400);
    expect(["a/0", "a/2", "b/0"].filter((name) => smaller.has(`${name}.m4s`))).toHaveLength(1);
    await smaller.close();
  });

  test("goes when nobody has asked for it in a week, and when it is only half there", async () => {
    const folder = await createTestFolder();
    await mkdir(join(folder, "a"));
    for (const name of ["old.m4s", "new.m4s", "half.m4s.part"]) {
      await writeFile(join(folder, "a", name), bytes(10));
    }
    const longAgo = new Date(Date.now() - 8 * DAY_MS);
    await utimes(join(folder, "a/old.m4s"), longAgo, longAgo);
    const { cache } = await open(folder);
    await cache.close();
    expect(await readdir(join(folder, "a"))).toEqual(["new.m4s"]);
    expect([cache.has("a/old.m4s"), cache.has("a/new.m4s")]).toEqual([false, true]);
  });

  test("goes after a week also while nothing else is made", async () => {
    const folder = await createTestFolder();
    const { cache, wait } = await open(folder);
    cache.put("a/old.m4s", bytes(10));
    wait(6 * DAY_MS);
    cache.put("a/new.m4s", bytes(10));
    await cache.close();
    const { cache: next, wait: waitOn } = await open(folder);
    waitOn(8 * DAY_MS);
    await expect.poll(() => next.has("a/old.m4s")).toBe(false);
    await next.close();
    expect(await readdir(folder, { recursive: true })).not.toContain("a/old.m4s");
  });

  test("leaves no empty folder behind", async () => {
    const folder = await createTestFolder();
    await mkdir(join(folder, "empty"));
    await mkdir(join(folder, "full"));
    await writeFile(join(folder, "full/0.m4s"), bytes(300));
    const { cache } = await open(folder);
    await cache.close();
    expect(await readdir(folder)).toEqual(["full"]);
    expect(await cache.read("full/0.m4s")).toEqual(bytes(300));
  });

  test("is made anew when its file is gone or cut, and a full disk is no failure", async () => {
    const folder = await createTestFolder();
    const { cache, troubles } = await open(folder);
    cache.put("a/0.m4s", bytes(300));
    cache.put("a/1.m4s", bytes(300));
    await cache.close();
    await rm(join(folder, "a/0.m4s"));
    await writeFile(join(folder, "a/1.m4s"), bytes(299));
    expect(await cache.read("a/0.m4s")).toBeUndefined();
    expect(await cache.read("a/1.m4s")).toBeUndefined();
    await cache.close();
    await rm(join(folder, "a"), { recursive: true });
    await writeFile(join(folder, "a"), "in the way");
    cache.put("a/2.m4s", bytes(300));
    expect(await cache.read("a/2.m4s")).toEqual(bytes(300));
    await cache.close();
    expect(troubles).toHaveLength(1);
    expect(cache.has("a/2.m4s")).toBe(false);
  });
});

describe("turns", () => {
  const worker = (listener: string, isIdle = false) => {
    const seen = { stopped: false };
    const stop = () => {
      seen.stopped = true;
    };
    return { listener, isIdle: () => isIdle, stop, seen };
  };

  test("are waited for, and who waits too long is told to come again", async () => {
    const slots = createSlots(1, 2, 50);
    const leave = await slots.take(worker("anna"), never);
    await expect(slots.take(worker("ben"), never)).rejects.toMatchObject({ code: "busy" });
    const next = createSlots(1, 2, 60_000);
    const end = await next.take(worker("anna"), never);
    const waiting = next.take(worker("ben"), never);
    end();
    (await waiting)();
    leave();
    (await slots.take(worker("ben"), never))();
  });

  test("are given up by who works for nobody, and by nobody else", async () => {
    const slots = createSlots(2, 2, 60_000);
    const [busy, idle] = [worker("anna"), worker("anna", true)];
    await slots.take(busy, never);
    const leave = await slots.take(idle, never);
    const waiting = slots.take(worker("ben"), never);
    expect([busy.seen.stopped, idle.seen.stopped]).toEqual([false, true]);
    leave();
    await waiting;
  });

  test("are for others too when one listener wants many", async () => {
    const slots = createSlots(3, 2, 50);
    await slots.take(worker("anna"), never);
    await slots.take(worker("anna"), never);
    await expect(slots.take(worker("anna"), never)).rejects.toMatchObject({ code: "busy" });
    await slots.take(worker("ben"), never);
  });

  test("are not taken by who has left", async () => {
    const slots = createSlots(1, 2, 60_000);
    const leave = await slots.take(worker("anna"), never);
    const leaving = new AbortController();
    const gone = slots.take(worker("ben"), leaving.signal);
    leaving.abort(new Error("left"));
    await expect(gone).rejects.toThrow("left");
    leave();
    (await slots.take(worker("anna"), never))();
  });
});

describe("where ffmpeg reads", () => {
  test("is an address that nobody can guess, and that ends", async () => {
    const server = createSourceServer();
    const open = async () => ({
      sizeBytes: 4,
      range: null,
      body: Readable.from([Buffer.from("song")]),
    });
    const served = await server.serve(open);
    const { hostname, pathname, origin } = new URL(served.url);
    expect(hostname).toBe("127.0.0.1");
    expect(pathname).toMatch(/^\/[\w-]{43}$/);
    expect(await (await fetch(served.url)).text()).toBe("song");
    for (const path of ["/", "/x", pathname.slice(0, -1), `${pathname}/`]) {
      expect([path, (await fetch(origin + path)).status]).toEqual([path, 404]);
    }
    served.close();
    expect((await fetch(served.url)).status).toBe(404);
    await server.close();
  });
});

test.each([
  ["aac", "-c:a aac -f adts", 1024],
  ["opus", "-c:a libopus -frame_duration 20 -f ogg", 960],
] as const)("frames of %s are found in pieces of any size", async (codec, options, samples) => {
  const tone = ["-f", "lavfi", "-i", "anoisesrc=r=48000:d=3", "-b:a", "256k", "-ac", "2"];
  const bytes = await ffmpeg([...tone, ...options.split(" ")]);
  const read = (size: number): Buffer[] => {
    const reader = createFrameReader(codec);
    const frames: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size)
      frames.push(...reader.push(bytes.subarray(at, at + size)));
    return frames;
  };
  const whole = read(bytes.length);
  expect(Math.abs(whole.length - (3 * 48_000) / samples)).toBeLessThanOrEqual(2);
  expect(read(7)).toEqual(whole);
  expect(read(1_000)).toEqual(whole);
});
