import { copyFile, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { OpenedRange } from "#server/storage/stored.ts";
import { readAll } from "#tests/storage/worlds.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import {
  aCache,
  type aFile,
  anId,
  BLOCK_BYTES,
  expectPart,
  expectWhole,
  listFiles,
  MEGABYTE,
  randomFile,
} from "./range-cache-world.ts";

const never = new AbortController().signal;
const SIZE = 5 * BLOCK_BYTES + 1234;

describe("what was played once", () => {
  test("costs the storage nothing for the next ten listeners", async () => {
    const { cache, play } = await aCache();
    const take = randomFile(SIZE);
    expectWhole(take, await play(take));
    await cache.settled();
    for (let listener = 0; listener < 10; listener += 1) {
      expectWhole(take, await play(take));
    }
    expect(take.asked).toEqual([{ start: 0, end: SIZE - 1 }]);
  });

  test("is there after a new start, too", async () => {
    const first = await aCache();
    const take = randomFile(SIZE);
    await first.play(take);
    await first.cache.settled();
    const second = await aCache({ folder: first.folder });

    expectWhole(take, await second.play(take));
    expect(take.asked).toHaveLength(1);
    expect(second.cache.usedBytes()).toBe(first.cache.usedBytes());
  });

  test("is fetched only where it is missing", async () => {
    const { cache, play } = await aCache();
    const take = randomFile(SIZE);
    await play(take, { start: 2 * BLOCK_BYTES + 5, end: 3 * BLOCK_BYTES - 9 });
    await cache.settled();
    take.asked.length = 0;
    expectWhole(take, await play(take));

    expect(take.asked).toEqual([
      { start: 0, end: 2 * BLOCK_BYTES - 1 },
      { start: 3 * BLOCK_BYTES, end: SIZE - 1 },
    ]);
  });

  test.each([
    ["another band", { bandId: anId.band(2) }],
    ["another connection", { connectionId: anId.connection(2) }],
    ["another file", { ref: "other.mp3" }],
    ["another version", { etag: '"2"' }],
    ["another length", { sizeBytes: SIZE - 1 }],
  ])("is not what %s gets", async (_, version) => {
    const { play } = await aCache();
    await play(randomFile(SIZE));
    const other = randomFile("sizeBytes" in version ? version.sizeBytes : SIZE, version);

    expectWhole(other, await play(other));
    expect(other.asked).toHaveLength(1);
  });

  test("cannot be told from the names on the disk, without the key", async () => {
    const { cache, folder, play } = await aCache();
    const twin = await aCache({ key: Buffer.alloc(32, 8) });
    const take = randomFile(SIZE);
    await play(take);
    await twin.play(take);
    await Promise.all([cache.settled(), twin.cache.settled()]);

    const names = async (of: string) => (await listFiles(of)).map((path) => path.slice(of.length));
    const ours = await names(folder);
    expect(ours).toHaveLength(6);
    for (const name of ours) expect(name).toMatch(/^\/[\w-]{32}\/[\w-]{32}$/);
    expect(ours.filter((name) => new Set(ours).has(name))).toHaveLength(6);
    const theirs = new Set(await names(twin.folder));
    expect(ours.filter((name) => theirs.has(name))).toEqual([]);
  });
});

test("a transfer that is over is waited for by nobody", async () => {
  const { play } = await aCache();
  const take = randomFile(SIZE);
  await play(take);
  await expect.poll(() => take.signals.map(({ aborted }) => aborted)).toEqual([true]);
});

describe("listeners at the same moment", () => {
  test("share one transfer", async () => {
    const { play } = await aCache();
    const take = randomFile(SIZE);
    const heard = await Promise.all(Array.from({ length: 20 }, () => play(take)));

    for (const each of heard) expectWhole(take, each);
    expect(take.asked).toHaveLength(1);
  });

  test("go on when the one who was first leaves", async () => {
    const { cache, play } = await aCache();
    const take = randomFile(SIZE);
    const leave = new AbortController();
    const first = cache.open(take.file, { start: 0, end: SIZE - 1 }, take.source, leave.signal);
    const second = play(take);
    leave.abort(new Error("gone"));

    await expect(first).rejects.toThrow("gone");
    expectWhole(take, await second);
    expect(take.asked).toHaveLength(1);
  });

  test("free the storage when the last one leaves, and what had come is kept", async () => {
    const { cache, play } = await aCache();
    const take = randomFile(20 * BLOCK_BYTES);
    const range = { start: 0, end: 20 * BLOCK_BYTES - 1 };
    const { body } = await cache.open(take.file, range, take.source, never);
    await new Promise((resolve) => body.once("readable", resolve));
    await expect.poll(take.open).toBe(1);
    body.destroy();

    await expect.poll(take.open).toBe(0);
    await cache.settled();
    take.asked.length = 0;
    await play(take, { start: 0, end: 99 });
    expect(take.asked).toEqual([]);
  });

  test("who pauses does not make the storage send more than a little ahead", async () => {
    const { cache } = await aCache();
    const take = randomFile(40 * BLOCK_BYTES);
    const range = { start: 0, end: 40 * BLOCK_BYTES - 1 };
    const { body } = await cache.open(take.file, range, take.source, never);
    await new Promise((resolve) => body.once("readable", resolve));
    await new Promise((resolve) => setTimeout(resolve, 300));
    await cache.settled();

    expect(cache.usedBytes()).toBeLessThan(3 * MEGABYTE);
    expectWhole(take, await readAll(body));
    expect(take.asked).toHaveLength(1);
  });
});

describe("a block on the disk that", () => {
  async function spoiled(spoil: (files: string[]) => Promise<unknown>) {
    const { cache, folder, play } = await aCache();
    const take = randomFile(4 * BLOCK_BYTES);
    await play(take);
    await cache.settled();
    await spoil(await listFiles(folder));
    const later = await aCache({ folder });
    take.asked.length = 0;
    const heard = await later.play(take);
    expectWhole(take, heard);
    await later.cache.settled();
    const asked = take.asked.length;
    expectWhole(take, await later.play(take));
    expect(take.asked, "what was fetched anew is right").toHaveLength(asked);
    const last = await aCache({ folder });
    expectWhole(take, await last.play(take));
    expect(take.asked).toHaveLength(asked);
    return asked;
  }

  test("lies in another's place is not taken for it", async () => {
    const asked = await spoiled(async ([one = "", other = "", third = "", fourth = ""]) => {
      const kept = await readFile(one);
      await copyFile(other, one);
      await copyFile(third, other);
      await copyFile(fourth, third);
      await writeFile(fourth, kept);
    });
    expect(asked).toBeGreaterThan(0);
  });

  test("has a bit that is wrong is fetched anew", async () => {
    const asked = await spoiled(async ([path = ""]) => {
      const bytes = await readFile(path);
      bytes[100_000] = (bytes[100_000] ?? 0) ^ 1;
      await writeFile(path, bytes);
    });
    expect(asked).toBe(1);
  });

  test("was cut short is fetched anew", async () => {
    expect(await spoiled(([path = ""]) => truncate(path, 70_000))).toBe(1);
  });

  test("is empty is fetched anew", async () => {
    expect(await spoiled(([path = ""]) => truncate(path, 0))).toBe(1);
  });

  test("was still being written when the server ended is thrown away", async () => {
    const { cache, folder, play } = await aCache();
    const take = randomFile(BLOCK_BYTES);
    await play(take);
    await cache.settled();
    const [path = ""] = await listFiles(folder);
    await writeFile(`${path}.00ff00ff00ff.part`, "half");
    await aCache({ folder });
    expect(await listFiles(folder)).toEqual([path]);
  });
});

describe("a storage that", () => {
  const gives = (take: ReturnType<typeof aFile>, answer: Partial<OpenedRange>) =>
    take.next.push(() => answer);

  test.each([
    ["does not say which version", { etag: null }],
    ["says so weakly", { etag: 'W/"1"' }],
    ["has another version", { etag: '"9"' }],
    ["has another length", { sizeBytes: SIZE + 1 }],
  ])("%s is passed on, and nothing of it is kept", async (_, answer) => {
    const { cache, folder } = await aCache();
    const take = randomFile(SIZE);
    gives(take, answer);
    gives(take, answer);
    const opened = await cache.open(take.file, { start: 10, end: 99 }, take.source, never);

    expect(opened).toMatchObject(answer);
    expect(take.asked.at(-1)).toEqual({ start: 10, end: 99 });
    expectPart(take, await readAll(opened.body), { start: 10, end: 99 });
    await cache.settled();
    expect(await listFiles(folder)).toEqual([]);
  });

  test("fails is heard of by everybody who waits", async () => {
    const { play } = await aCache();
    const take = randomFile(SIZE);
    take.next.push(() => {
      throw new Error("no storage");
    });
    const both = await Promise.allSettled([play(take), play(take)]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expectWhole(take, await play(take));
  });
});

describe("where the cache cannot help", () => {
  test("a disk that cannot be written to concerns nobody", async () => {
    const { folder } = await aCache();
    await writeFile(`${folder}/taken`, "");
    const { cache, play } = await aCache({ folder: `${folder}/taken/below` });
    const take = randomFile(SIZE);
    for (let listener = 0; listener < 3; listener += 1) {
      expectWhole(take, await play(take));
      await cache.settled();
    }
    expect(cache.usedBytes()).toBe(0);
  });

  test("with no memory left the storage is asked directly", async () => {
    const { cache, play } = await aCache({ rooms: 1 });
    const one = randomFile(SIZE);
    const other = randomFile(SIZE, { ref: "other.mp3" });
    const { body } = await cache.open(one.file, { start: 0, end: SIZE - 1 }, one.source, never);
    const heard = await play(other);

    expectWhole(other, heard);
    body.destroy();
  });
});

test("a clock that is set back keeps it from helping for no longer than it would have", async () => {
  const parent = await createTestFolder();
  await writeFile(`${parent}/taken`, "");
  let nowMs = Date.now();
  const folder = `${parent}/taken/below`;
  const { cache, play } = await aCache({ folder, now: () => new Date(nowMs) });
  const unsaid = randomFile(SIZE, { ref: "unsaid.mp3" });
  const unwritten = randomFile(SIZE, { ref: "unwritten.mp3" });
  unsaid.next.push(() => ({ etag: null }));
  for (const take of [unsaid, unwritten]) {
    await play(take);
    await cache.settled();
  }
  await rm(`${parent}/taken`);
  nowMs -= 3_600_000;
  for (const take of [unsaid, randomFile(SIZE, { ref: "other.mp3" })]) {
    expectWhole(take, await play(take));
    await cache.settled();
  }

  expect(cache.usedBytes()).toBeGreaterThan(2 * SIZE);
});

test("what is of connections that are gone is thrown away, and nothing else", async () => {
  const { cache, folder, play } = await aCache();
  const stays = randomFile(SIZE);
  const goes = randomFile(SIZE, { connectionId: anId.connection(2) });
  await play(stays);
  await play(goes);
  await cache.settled();
  await writeFile(`${folder}/note.txt`, "not ours");
  const before = await listFiles(folder);
  await cache.keepOnly([anId.connection(1)]);

  const after = await listFiles(folder);
  expect(before).toHaveLength(13);
  expect(after).toHaveLength(7);
  expect(after).toContain(`${folder}/note.txt`);
  expectWhole(stays, await play(stays));
  expect(stays.asked).toHaveLength(1);
});
