import { randomBytes } from "node:crypto";
import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { expect, onTestFinished } from "vitest";
import { trackAt, type World } from "#tests/support/world.ts";
import { BLOCK_BYTES, digest } from "./range-cache-world.ts";

const SIZE = 3 * BLOCK_BYTES + 50_000;
/** A recording of some blocks of the cache and a bit. */
export const take = randomBytes(SIZE);

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Asks over so many connections that stay open. */
export function createAsking(world: Pick<World, "server">, connections = 1) {
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

export async function pathOf(world: World, path: string): Promise<string> {
  const { id: trackId } = await trackAt(world, path);
  return (await world.anna.api.playback.ticket.query({ trackId, use: "stream" })).path;
}

/** Asks for the bytes of one recording. */
export type Ask = (headers: Record<string, string>, method?: string) => Promise<Answer>;

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

/** @param etag - what storages that have validators are known by. */
export async function expectRanges(ask: Ask, etag = /^"[\w-]{22}"$/): Promise<void> {
  for (const [range, status, start, end] of RANGES) {
    const { headers, body, ...answer } = await ask({ range });
    expect(answer.status, range).toBe(status);
    expect(headers, range).toMatchObject({
      "accept-ranges": "bytes",
      "cache-control": "private, no-cache",
      "content-length": String(end - start + 1),
      "content-type": "audio/mpeg",
      etag: expect.stringMatching(etag),
    });
    const part = status === 206 ? `bytes ${start}-${end}/${SIZE}` : undefined;
    expect(headers["content-range"], range).toBe(part);
    expect(digest(body), range).toBe(digest(take.subarray(start, end + 1)));
  }
}

/** Conditions, HEAD, and what lies outside of it. */
export async function expectConditions(ask: Ask): Promise<void> {
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
}
