import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { readBounded } from "#server/base/egress/body.ts";
import { failureOf, openEgress, patient, startHttp, startTcp } from "./peers.ts";

const KB = 1024;

describe("an upload", () => {
  test("is streamed to the storage", async () => {
    const peer = await startHttp(async (request, response) => {
      const got = Buffer.concat(await request.toArray());
      response.end(`${request.method} ${request.headers["content-length"]} ${got.length}`);
    });
    const answer = await openEgress().request({
      url: `http://cloud.example:${peer.port}/song.flac`,
      method: "PUT",
      headers: { "content-length": String(300 * KB) },
      body: Readable.from([Buffer.alloc(100 * KB), Buffer.alloc(200 * KB)]),
      signal: patient(),
    });
    expect((await readBounded(answer.body, KB)).toString()).toBe("PUT 307200 307200");
  });

  test("that is called off lets go of its source", async () => {
    const peer = await startTcp();
    const source = new Readable({ read() {} });
    source.push("first");
    const leave = new AbortController();
    const request = openEgress().request({
      url: `http://cloud.example:${peer.port}/`,
      method: "PUT",
      body: source,
      signal: leave.signal,
    });
    await expect.poll(() => peer.receivedBytes()).toBeGreaterThan(0);
    leave.abort();
    await expect(request).rejects.toMatchObject({ name: "AbortError" });
    expect(source.destroyed).toBe(true);
    await expect.poll(() => peer.open()).toBe(0);
  });

  test("that is refused lets go of its source too", async () => {
    const source = new Readable({ read() {} });
    await failureOf(openEgress(), { url: "http://10.0.0.1/", method: "PUT", body: source });
    expect(source.destroyed).toBe(true);
  });

  test("whose source breaks is cut off", async () => {
    const peer = await startTcp();
    const source = Readable.from(
      (async function* () {
        yield Buffer.from("first");
        throw new Error("disk");
      })(),
    );
    const failure = await failureOf(openEgress(), {
      url: `http://cloud.example:${peer.port}/`,
      method: "PUT",
      body: source,
    });
    expect(failure).toMatchObject({ name: "AppError", code: "storage_unavailable" });
    await expect.poll(() => peer.open()).toBe(0);
  });
});
