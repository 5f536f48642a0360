import { once } from "node:events";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, expect, test } from "vitest";
import { discardBody, readBounded } from "#server/base/egress/body.ts";
import type { EgressResponse } from "#server/base/egress/client.ts";
import { createSelfSigned } from "./certificates.ts";
import { ask, failureOf, openEgress, patient, startHttp, startHttps } from "./peers.ts";

const KB = 1024;
const piece = Buffer.alloc(64 * KB, "x");

describe("connections", () => {
  test("are used again, for the same origin and for no other", async () => {
    const peer = await startHttp((_request, response) => response.end("hello"));
    const egress = openEgress();
    for (let time = 0; time < 5; time += 1) await ask(egress, `http://a.example:${peer.port}/`);
    expect(peer.accepted()).toBe(1);
    for (let time = 0; time < 5; time += 1) await ask(egress, `http://b.example:${peer.port}/`);
    expect(peer.accepted()).toBe(2);
  });

  test("of 400 listeners who have all paused leave room for the next", async () => {
    const song = Buffer.alloc(512 * KB, "x");
    const peer = await startHttp((_request, response) => response.end(song));
    const egress = openEgress();
    const url = `http://cloud.example:${peer.port}/`;
    const paused: EgressResponse[] = [];
    for (let listener = 0; listener < 400; listener += 1) {
      paused.push(await egress.request({ url, signal: patient() }));
    }
    expect(peer.open()).toBe(400);
    const answer = await egress.request({ url, signal: patient() });
    expect((await readBounded(answer.body, song.length)).equals(song)).toBe(true);
    for (const { body } of paused) body.destroy();
    await expect.poll(() => peer.open()).toBeLessThanOrEqual(1);
  });

  test("are refused beyond the limit at once, and allowed when one is free again", async () => {
    const peer = await startHttp((_request, response) => response.write("hel"));
    const egress = openEgress({ limits: { maxPerOrigin: 2, maxTotal: 10, maxIdlePerOrigin: 2 } });
    const url = `http://cloud.example:${peer.port}/`;
    const first = await egress.request({ url, signal: patient() });
    await egress.request({ url, signal: patient() });
    expect(await failureOf(egress, { url })).toMatchObject({ code: "busy", retryAfterSeconds: 5 });
    expect(peer.accepted()).toBe(2);
    first.body.destroy();
    const third = await egress.request({ url, signal: patient() });
    expect(third.status).toBe(200);
  });

  test("that idle elsewhere make room when all places are taken", async () => {
    const peer = await startHttp((_request, response) => response.end("hello"));
    const egress = openEgress({ limits: { maxPerOrigin: 5, maxTotal: 3, maxIdlePerOrigin: 5 } });
    for (const host of ["a", "b", "c", "d"]) {
      await ask(egress, `http://${host}.example:${peer.port}/`);
    }
    await expect.poll(() => peer.open()).toBe(3);
    await ask(egress, `http://b.example:${peer.port}/`);
    expect(peer.accepted()).toBe(4);
  });

  test("beyond those worth keeping are closed after a burst", async () => {
    const peer = await startHttp((_request, response) => response.end("hello"));
    const egress = openEgress({ limits: { maxPerOrigin: 50, maxTotal: 50, maxIdlePerOrigin: 3 } });
    const url = `http://cloud.example:${peer.port}/`;
    await Promise.all(Array.from({ length: 20 }, () => ask(egress, url)));
    expect(peer.accepted()).toBe(20);
    await expect.poll(() => peer.open()).toBe(3);
  });

  test("of answers that nobody reads are used again if the rest is short, else closed", async () => {
    const peer = await startHttp((request, response) => {
      const pieces = Array.from({ length: request.url === "/long" ? 512 : 1 }, () => piece);
      pipeline(Readable.from(pieces), response).catch(() => {});
    });
    const egress = openEgress();
    const url = `http://cloud.example:${peer.port}`;
    for (let time = 0; time < 3; time += 1) {
      const answer = await egress.request({ url: `${url}/short`, signal: patient() });
      discardBody(answer.body);
      await once(answer.body, "close");
    }
    expect(peer.accepted()).toBe(1);
    const long = await egress.request({ url: `${url}/long`, signal: patient() });
    discardBody(long.body);
    await expect.poll(() => peer.open()).toBe(0);
    expect(peer.sentBytes()).toBeLessThan(500 * piece.length);
  });
});

describe("a slow reader", () => {
  test("slows the storage down instead of filling the memory, and may pause as long as it likes", async () => {
    const pieces = Array.from({ length: 512 }, () => piece);
    const peer = await startHttp((_request, response) => {
      pipeline(Readable.from(pieces), response).catch(() => {});
    });
    const answer = await openEgress().request({
      url: `http://cloud.example:${peer.port}/`,
      signal: patient(),
      bodyTimeoutMs: 100,
    });
    await new Promise((done) => setTimeout(done, 400));
    expect(answer.body.readableLength).toBeLessThanOrEqual(256 * KB);
    expect(peer.sentBytes()).toBeLessThan(500 * piece.length);
    const song = Buffer.concat(pieces);
    expect((await readBounded(answer.body, song.length)).equals(song)).toBe(true);
  });
});

describe("the end of the server", () => {
  test("cuts what is under way, closes what is kept, and takes no more", async () => {
    const peer = await startHttp((request, response) => {
      if (request.url === "/kept") response.end("hello");
      if (request.url === "/body") response.write("half of it");
    });
    const secure = await startHttps(createSelfSigned({ names: ["x.example"] }), () => {});
    const egress = openEgress();
    const url = `http://cloud.example:${peer.port}`;
    await ask(egress, `${url}/kept`);
    const body = await egress.request({ url: `${url}/body`, signal: patient() });
    const silence = egress.request({ url: `${url}/silence`, signal: patient() });
    const greeting = egress.request({
      url: `https://cloud.example:${secure.port}/`,
      signal: patient(),
    });
    const failures = Promise.allSettled([readBounded(body.body, KB), silence, greeting]);
    await expect.poll(() => peer.open()).toBe(2);
    await egress.close();
    for (const failure of await failures) {
      expect(failure).toMatchObject({ status: "rejected", reason: { name: "AppError" } });
    }
    await expect.poll(() => peer.open() + secure.open()).toBe(0);
    expect(await failureOf(egress, { url: `${url}/kept` })).toMatchObject({ code: "busy" });
  });
});
