import { randomBytes } from "node:crypto";
import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { annasStorage, type StorageWorld, trackAt } from "#tests/support/world.ts";
import { BLOCK_BYTES, digest } from "./range-cache-world.ts";

const SIZE = 3 * BLOCK_BYTES + 50_000;
const take = randomBytes(SIZE);

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Asks over so many connections that stay open. */
function createAsking(world: StorageWorld, connections = 1) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  onTestFinished(() => agent.destroy());
  return (path: string, headers: Record<string, string>, method = "GET"): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const about = { agent, method, headers, path, port: world.server.port, host: "127.0.0.1" };
      request(about, (response) => {
        const pieces: Buffer[] = [];
        response.on("data", (piece) => pieces.push(piece)).on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(pieces),
          }),
        );
      })
        .on("error", reject)
        .end();
    });
}

async function pathOf(world: StorageWorld, path: string): Promise<string> {
  const { id: trackId } = await trackAt(world, path);
  return (await world.anna.api.playback.ticket.query({ trackId, use: "stream" })).path;
}

const on = { RANGE_CACHE_SIZE: "50MB" };

type Ask = (headers: Record<string, string>, method?: string) => Promise<Answer>;

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

const RANGES: readonly [range: string, status: number, start: number, end: number][] = [
  ["bytes=0-0", 206, 0, 0],
  ["bytes=0-1", 206, 0, 1],
  ["bytes=0-", 206, 0, SIZE - 1],
  [`bytes=${BLOCK_BYTES - 1}-${BLOCK_BYTES}`, 206, BLOCK_BYTES - 1, BLOCK_BYTES],
  [`bytes=${BLOCK_BYTES}-${2 * BLOCK_BYTES - 1}`, 206, BLOCK_BYTES, 2 * BLOCK_BYTES - 1],
  [`bytes=${BLOCK_BYTES - 7}-${3 * BLOCK_BYTES + 7}`, 206, BLOCK_BYTES - 7, 3 * BLOCK_BYTES + 7],
  [`bytes=${SIZE - 1}-`, 206, SIZE - 1, SIZE - 1],
  ["bytes=-1", 206, SIZE - 1, SIZE - 1],
  ["bytes=-60000", 206, SIZE - 60_000, SIZE - 1],
  [`bytes=-${SIZE + 5}`, 206, 0, SIZE - 1],
  [`bytes=5-${SIZE + 99}`, 206, 5, SIZE - 1],
  ["bytes=0-1,5-6", 200, 0, SIZE - 1],
  ["bytes=5-4", 200, 0, SIZE - 1],
  ["bytes=a-b", 200, 0, SIZE - 1],
  ["items=0-1", 200, 0, SIZE - 1],
];

describe.each(STATES)("a cache that is $name", ({ environment, played, isHot }) => {
  async function annasTake(): Promise<{ world: StorageWorld; ask: Ask }> {
    const world = await annasStorage((cloud) => cloud.tree.put("take.mp3", take), {
      server: { environment },
    });
    const asking = createAsking(world);
    const path = await pathOf(world, "take.mp3");
    const ask: Ask = (headers, method) => asking(path, headers, method);
    for (const range of played) await ask({ range });
    await world.server.deps.rangeCache?.settled();
    return { world, ask };
  }

  test("gives exactly what was asked for, whichever range that is", async () => {
    const { world, ask } = await annasTake();
    const before = world.cloud.count({ method: "GET" });
    for (const [range, status, start, end] of RANGES) {
      const { headers, body, ...answer } = await ask({ range });
      expect(answer.status, range).toBe(status);
      expect(headers, range).toMatchObject({
        "accept-ranges": "bytes",
        "cache-control": "private, no-cache",
        "content-length": String(end - start + 1),
        "content-type": "audio/mpeg",
        etag: expect.stringMatching(/^"[\w-]{22}"$/),
      });
      const part = status === 206 ? `bytes ${start}-${end}/${SIZE}` : undefined;
      expect(headers["content-range"], range).toBe(part);
      expect(digest(body), range).toBe(digest(take.subarray(start, end + 1)));
    }
    if (isHot) expect(world.cloud.count({ method: "GET" })).toBe(before);
  });

  test("judges conditions, HEAD and what lies outside as ever", async () => {
    const { ask } = await annasTake();
    const { headers } = await ask({}, "HEAD");
    const etag = headers.etag ?? "";
    const statusOf = async (asked: Record<string, string>, method?: string) =>
      (await ask({ range: "bytes=7-8", ...asked }, method)).status;

    expect(headers["content-length"]).toBe(String(SIZE));
    expect(await statusOf({}, "HEAD")).toBe(200);
    expect(await statusOf({ "if-none-match": etag })).toBe(304);
    expect(await statusOf({ "if-none-match": '"other"' })).toBe(206);
    expect(await statusOf({ "if-match": '"other"' })).toBe(412);
    expect(await statusOf({ "if-match": etag })).toBe(206);
    expect(await statusOf({ "if-range": etag })).toBe(206);
    expect(await statusOf({ "if-range": '"other"' })).toBe(200);
    const outside = await ask({ range: `bytes=${SIZE}-` });
    expect([outside.status, outside.headers["content-range"]]).toEqual([416, `bytes */${SIZE}`]);
    expect((await ask({ range: "bytes=-0" })).status).toBe(416);
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
  const parts: { path: string; start: number; end: number; into: Buffer }[] = [];
  const built: Buffer[] = [];
  for (const { name, bytes } of files) {
    const into = Buffer.alloc(bytes.length);
    built.push(into);
    const path = await pathOf(world, name);
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
        const { status, body } = await ask(path, { range: `bytes=${start}-${end}` });
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
