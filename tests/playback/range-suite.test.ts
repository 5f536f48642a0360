import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { streamPath } from "#contract/playback.ts";
import { cookieOf } from "#tests/support/cookie.ts";
import { annasStorage, type StorageWorld, trackAt } from "#tests/support/world.ts";
import { BLOCK_BYTES, digest } from "./range-cache-world.ts";
import { type Ask, createAsking, expectConditions, expectRanges, take } from "./range-table.ts";

const on = { RANGE_CACHE_SIZE: "50MB" };

/** What has been played before the question comes. */
const STATES: readonly {
  readonly name: string;
  readonly environment: Record<string, string>;
  readonly played: readonly string[];
  /** Whether the storage has to be asked for anything. */
  readonly isHot?: true;
}[] = [
  { name: "without a cache", environment: {}, played: [] },
  { name: "cold", environment: on, played: [] },
  { name: "half-filled", environment: on, played: [`bytes=${BLOCK_BYTES}-${2 * BLOCK_BYTES - 1}`] },
  { name: "hot", environment: on, played: ["bytes=0-"], isHot: true },
];

describe.each(STATES)("a cache that is $name", ({ environment, played, isHot }) => {
  async function annasTake(): Promise<{ world: StorageWorld; ask: Ask }> {
    const world = await annasStorage((cloud) => cloud.tree.put("take.mp3", take), {
      server: { environment },
    });
    const asking = createAsking(world);
    const path = streamPath((await trackAt(world, "take.mp3")).id);
    const cookie = await cookieOf(world.server);
    const ask: Ask = (headers, method) => asking(path, { cookie, ...headers }, method);
    for (const range of played) await ask({ range });
    await world.server.deps.rangeCache?.settled();
    return { world, ask };
  }

  test("gives exactly what was asked for, whichever range that is", async () => {
    const { world, ask } = await annasTake();
    const before = world.cloud.count({ method: "GET" });
    await expectRanges(ask);
    if (isHot) expect(world.cloud.count({ method: "GET" })).toBe(before);
  });

  test("judges conditions, HEAD and what lies outside as ever", async () => {
    const { ask } = await annasTake();
    await expectConditions(ask);
  });
});

test("ten thousand random ranges of forty recordings, more than it holds, put together are the recordings", async () => {
  const RECORDINGS = 40;
  const PIECES = 250;
  const files = Array.from({ length: RECORDINGS }, (_, index) => ({
    name: `${index}.mp3`,
    bytes: randomBytes(2_000_000 + index * 7_919),
  }));
  const world = await annasStorage(
    (cloud) => {
      for (const { name, bytes } of files) cloud.tree.put(name, bytes);
    },
    { server: { environment: on } },
  );
  const ask = createAsking(world, 8);
  const cookie = await cookieOf(world.server);
  const parts: { path: string; start: number; end: number; into: Buffer }[] = [];
  const built: Buffer[] = [];
  for (const { name, bytes } of files) {
    const into = Buffer.alloc(bytes.length);
    built.push(into);
    const path = streamPath((await trackAt(world, name)).id);
    const cuts = new Set([0, bytes.length]);
    while (cuts.size <= PIECES) cuts.add(Math.floor(Math.random() * bytes.length));
    const sorted = [...cuts].sort((left, right) => left - right);
    for (const [index, start] of sorted.slice(0, -1).entries()) {
      parts.push({ path, start, end: (sorted[index + 1] ?? 0) - 1, into });
    }
  }
  const shuffled = parts
    .map((part) => ({ part, at: Math.random() }))
    .sort((left, right) => left.at - right.at)
    .map(({ part }) => part);

  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let part = shuffled.pop(); part; part = shuffled.pop()) {
        const { path, start, end, into } = part;
        const { status, body } = await ask(path, { cookie, range: `bytes=${start}-${end}` });
        if (status !== 206 || body.length !== end - start + 1) throw new Error(`${status} ${path}`);
        body.copy(into, start);
      }
    }),
  );

  expect(parts).toHaveLength(RECORDINGS * PIECES);
  expect(built.map(digest)).toEqual(files.map(({ bytes }) => digest(bytes)));
  await world.server.deps.rangeCache?.settled();
  expect(world.server.deps.rangeCache?.usedBytes()).toBeLessThanOrEqual(50e6);
}, 300_000);
