import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { boundedChunks, readBounded } from "#server/base/egress/body.ts";
import { failureOf, openEgress, patient, startHttp } from "./peers.ts";

const MB = 1024 * 1024;

/** How much more memory is in use at the worst moment while something runs. */
async function peakGrowthBytes(run: () => Promise<unknown>): Promise<number> {
  const used = (): number => {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = used();
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, used());
  }, 1);
  try {
    await run();
  } finally {
    clearInterval(watch);
  }
  return Math.max(peak, used()) - before;
}

describe("an answer that is longer than it may be", () => {
  test("is cut at the limit, of 1 GB as well, and the storage stops sending", async () => {
    const piece = Buffer.alloc(MB, "x");
    const peer = await startHttp((_request, response) => {
      pipeline(Readable.from(Array.from({ length: 1024 }, () => piece)), response).catch(() => {});
    });
    const egress = openEgress();
    const growth = await peakGrowthBytes(async () => {
      const answer = await egress.request({
        url: `http://cloud.example:${peer.port}/`,
        signal: patient(),
      });
      await expect(readBounded(answer.body, MB)).rejects.toMatchObject({
        code: "storage_refused",
        message: expect.stringContaining("more than 1 MB"),
      });
    });
    await expect.poll(() => peer.open()).toBe(0);
    expect(peer.sentBytes()).toBeLessThan(64 * MB);
    expect(growth).toBeLessThan(64 * MB);
  });

  test("is read when it is just as long as it may be", async () => {
    const peer = await startHttp((_request, response) => response.end(Buffer.alloc(MB, "x")));
    const answer = await openEgress().request({
      url: `http://cloud.example:${peer.port}/`,
      signal: patient(),
    });
    expect(await readBounded(answer.body, MB)).toHaveLength(MB);
  });

  test("does not bring a parser down that reads it piece by piece", async () => {
    const peer = await startHttp((_request, response) => {
      pipeline(Readable.from(Array.from({ length: 64 }, () => Buffer.alloc(MB))), response).catch(
        () => {},
      );
    });
    const answer = await openEgress().request({
      url: `http://cloud.example:${peer.port}/`,
      signal: patient(),
    });
    let bytes = 0;
    const parse = async (): Promise<void> => {
      for await (const chunk of boundedChunks(answer.body, 4 * MB)) bytes += chunk.length;
    };
    await expect(parse()).rejects.toMatchObject({ code: "storage_refused" });
    expect(bytes).toBeLessThanOrEqual(4 * MB);
    await expect.poll(() => peer.open()).toBe(0);
  });
});

describe("a packed answer", () => {
  const answerWith = async (encoding: string, body: Buffer) => {
    const asked: (string | undefined)[] = [];
    const peer = await startHttp((request, response) => {
      asked.push(request.headers["accept-encoding"] as string | undefined);
      response.writeHead(200, { "content-encoding": encoding, "content-length": body.length });
      response.end(body);
    });
    const request = { url: `http://cloud.example:${peer.port}/`, signal: patient() };
    return { request, asked, peer };
  };

  test("is not asked for by itself, and then handed on as it comes", async () => {
    const packed = gzipSync("hello");
    const { request, asked } = await answerWith("gzip", packed);
    const answer = await openEgress().request(request);
    expect(await readBounded(answer.body, 100)).toEqual(packed);
    expect(answer.headers["content-encoding"]).toBe("gzip");
    expect(asked).toEqual(["identity"]);
  });

  test.each([
    ["gzip", gzipSync("hello")],
    ["GZIP", gzipSync("hello")],
    ["x-gzip", gzipSync("hello")],
    ["deflate", deflateSync("hello")],
    ["br", brotliCompressSync("hello")],
    ["identity", Buffer.from("hello")],
  ])("in %s is unpacked when that was asked for", async (encoding, body) => {
    const { request, asked } = await answerWith(encoding, body);
    const answer = await openEgress().request({ ...request, decompress: true });
    expect((await readBounded(answer.body, 5)).toString()).toBe("hello");
    if (encoding !== "identity") {
      expect(answer.headers).not.toHaveProperty("content-encoding");
      expect(answer.headers).not.toHaveProperty("content-length");
    }
    expect(asked).toEqual(["gzip, br"]);
  });

  test("of 1 GB in 1 MB is cut at the limit with flat memory", async () => {
    // A gzip file may have many members; each of these is 1 MB of nothing.
    const bomb = Buffer.concat(Array.from({ length: 1024 }, () => gzipSync(Buffer.alloc(MB))));
    const { request, peer } = await answerWith("gzip", bomb);
    const egress = openEgress();
    const growth = await peakGrowthBytes(async () => {
      const answer = await egress.request({ ...request, decompress: true });
      await expect(readBounded(answer.body, MB)).rejects.toMatchObject({ code: "storage_refused" });
    });
    expect(growth).toBeLessThan(32 * MB);
    await expect.poll(() => peer.open()).toBe(0);
  });

  test("in five layers is refused without unpacking one", async () => {
    let bomb = Buffer.alloc(16 * MB);
    for (let layer = 0; layer < 5; layer += 1) bomb = gzipSync(bomb);
    const { request } = await answerWith("gzip, gzip, gzip, gzip, gzip", bomb);
    const failure = await failureOf(openEgress(), { ...request, decompress: true });
    expect(failure).toMatchObject({ code: "storage_refused" });
    expect(failure.message).toMatch(/^cloud\.example packs its answers/);
  });

  test.each([
    ["GET", 200, { "content-length": "0" }],
    ["GET", 304, {}],
    ["PUT", 204, {}],
    ["HEAD", 200, {}],
  ])("of a %s that has no body with %i is left alone", async (method, status, headers) => {
    const peer = await startHttp((_request, response) => {
      response.writeHead(status, { "content-encoding": "gzip", ...headers }).end();
    });
    const answer = await openEgress().request({
      url: `http://cloud.example:${peer.port}/`,
      method,
      signal: patient(),
      decompress: true,
    });
    expect(await readBounded(answer.body, 0)).toHaveLength(0);
  });

  test.each([
    ["gzip", Buffer.from("not packed at all"), "storage_refused"],
    ["br", Buffer.from("\xff\xff not packed at all", "latin1"), "storage_refused"],
    ["gzip", gzipSync(Buffer.alloc(MB, "abc")).subarray(0, -20), "storage_unavailable"],
    ["zstd", Buffer.from("whatever"), "storage_refused"],
  ])("in %s that is broken fails with a name", async (encoding, body, code) => {
    const { request } = await answerWith(encoding, body);
    const read = async () => {
      const answer = await openEgress().request({ ...request, decompress: true });
      return readBounded(answer.body, 8 * MB);
    };
    await expect(read()).rejects.toMatchObject({ name: "AppError", code });
  });
});
