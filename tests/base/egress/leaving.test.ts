import { describe, expect, test } from "vitest";
import { readBounded } from "#server/base/egress/body.ts";
import { openEgress, patient, startHttp, startTcp } from "./peers.ts";

const KB = 1024;

describe("a listener who leaves", () => {
  const leaving = new Error("left");

  test("before the first byte frees the storage", async () => {
    const peer = await startTcp();
    const leave = new AbortController();
    const request = openEgress().request({
      url: `http://cloud.example:${peer.port}/`,
      signal: leave.signal,
    });
    await expect.poll(() => peer.receivedBytes()).toBeGreaterThan(0);
    leave.abort(leaving);
    await expect(request).rejects.toBe(leaving);
    await expect.poll(() => peer.open()).toBe(0);
  });

  test("during the greeting of an encrypted storage frees it too", async () => {
    const peer = await startTcp();
    const leave = new AbortController();
    const request = openEgress().request({
      url: `https://cloud.example:${peer.port}/`,
      signal: leave.signal,
    });
    await expect.poll(() => peer.receivedBytes()).toBeGreaterThan(0);
    leave.abort(leaving);
    await expect(request).rejects.toBe(leaving);
    await expect.poll(() => peer.open()).toBe(0);
  });

  test("while the name is looked up is let go, and no connection follows", async () => {
    const peer = await startTcp();
    const found = Promise.withResolvers<{ address: string; family: number }[]>();
    const leave = new AbortController();
    const request = openEgress({ lookup: () => found.promise }).request({
      url: `http://cloud.example:${peer.port}/`,
      signal: leave.signal,
    });
    leave.abort(leaving);
    await expect(request).rejects.toBe(leaving);
    found.resolve([{ address: "127.0.0.1", family: 4 }]);
    await new Promise((done) => setTimeout(done, 50));
    expect(peer.accepted()).toBe(0);
  });

  test.each(["signal", "body"])("in the middle frees the storage, by the %s", async (by) => {
    const peer = await startHttp((_request, response) => response.write("half of it"));
    const leave = new AbortController();
    const answer = await openEgress().request({
      url: `http://cloud.example:${peer.port}/`,
      signal: leave.signal,
    });
    const read = readBounded(answer.body, KB);
    if (by === "signal") leave.abort(leaving);
    else answer.body.destroy(leaving);
    await expect(read).rejects.toBe(leaving);
    await expect.poll(() => peer.open()).toBe(0);
  });

  test("without looking back leaves no failure behind that nobody handles", async () => {
    const peer = await startHttp((_request, response) => response.write("half of it"));
    const loud: unknown[] = [];
    const listen = (error: unknown): void => void loud.push(error);
    process.on("uncaughtException", listen);
    process.on("unhandledRejection", listen);
    try {
      const egress = openEgress();
      for (let time = 0; time < 50; time += 1) {
        const leave = new AbortController();
        const answer = await egress.request({
          url: `http://cloud.example:${peer.port}/`,
          signal: leave.signal,
        });
        expect(answer.status).toBe(200);
        leave.abort();
      }
      await expect.poll(() => peer.open()).toBe(0);
      await new Promise((done) => setTimeout(done, 20));
    } finally {
      process.off("uncaughtException", listen);
      process.off("unhandledRejection", listen);
    }
    expect(loud).toEqual([]);
  });

  test("before asking is not asked for", async () => {
    const peer = await startTcp();
    const request = openEgress().request({
      url: `http://cloud.example:${peer.port}/`,
      signal: AbortSignal.abort(leaving),
    });
    await expect(request).rejects.toBe(leaving);
    expect(peer.accepted()).toBe(0);
  });

  test("after everything has arrived does not cost the connection", async () => {
    const peer = await startHttp((_request, response) => response.end("hello"));
    const egress = openEgress();
    for (let time = 0; time < 3; time += 1) {
      const leave = new AbortController();
      const answer = await egress.request({
        url: `http://cloud.example:${peer.port}/`,
        signal: leave.signal,
      });
      await answer.body.toArray();
      leave.abort();
    }
    expect(peer.accepted()).toBe(1);
  });

  test("1,000 times leaves no connection open and no place taken", async () => {
    const peer = await startHttp((request, response) => {
      if (request.url === "/body") response.write("half of it");
    });
    const egress = openEgress({ limits: { maxPerOrigin: 60, maxTotal: 60, maxIdlePerOrigin: 9 } });
    for (let round = 0; round < 20; round += 1) {
      const visits = Array.from({ length: 50 }, async (_, visit) => {
        const leave = new AbortController();
        setTimeout(() => leave.abort(), visit % 7);
        const path = visit % 2 === 0 ? "/body" : "/silence";
        const answer = await egress.request({
          url: `http://cloud.example:${peer.port}${path}`,
          signal: leave.signal,
        });
        await answer.body.toArray();
      });
      for (const { status } of await Promise.allSettled(visits)) expect(status).toBe("rejected");
    }
    await expect.poll(() => peer.open()).toBe(0);
    const free = Array.from({ length: 60 }, () =>
      egress.request({ url: `http://cloud.example:${peer.port}/body`, signal: patient() }),
    );
    expect(await Promise.all(free)).toHaveLength(60);
  });
});
