import type { TLSSocket } from "node:tls";
import { describe, expect, test } from "vitest";
import { readBounded } from "#server/base/egress/body.ts";
import { createAuthority, createSelfSigned } from "./certificates.ts";
import { failureOf, openEgress, patient, startHttp, startHttps, startTcp } from "./peers.ts";

const YEAR_MS = 365 * 24 * 60 * 60 * 1000;
const authority = createAuthority("Test authority");
const stranger = createAuthority("Somebody else");

describe("an encrypted storage", () => {
  test("is trusted by name, asked by that name, and kept connected", async () => {
    const seen: unknown[] = [];
    const peer = await startHttps(
      authority.issue({ names: ["cloud.example"] }),
      (request, response) => {
        const { servername, alpnProtocol } = request.socket as TLSSocket & { servername?: string };
        seen.push([servername, alpnProtocol, request.headers.host]);
        response.end("hello");
      },
    );
    const egress = openEgress({ ca: authority.cert });
    for (let time = 0; time < 3; time += 1) {
      const answer = await egress.request({
        url: `https://cloud.example:${peer.port}/`,
        signal: patient(),
      });
      expect((await readBounded(answer.body, 100)).toString()).toBe("hello");
    }
    expect(seen[0]).toEqual(["cloud.example", "http/1.1", `cloud.example:${peer.port}`]);
    expect(peer.accepted()).toBe(1);
  });

  test("may be an address without a name, when its certificate says so", async () => {
    const peer = await startHttps(authority.issue({ names: ["127.0.0.1"] }), (_request, response) =>
      response.end("hello"),
    );
    const answer = await openEgress({ ca: authority.cert }).request({
      url: `https://127.0.0.1:${peer.port}/`,
      signal: patient(),
    });
    expect((await readBounded(answer.body, 100)).toString()).toBe("hello");
  });

  test("resumes its session for the second connection, and only for the same name", async () => {
    const resumed: boolean[] = [];
    const peer = await startHttps(
      authority.issue({ names: ["a.example", "b.example"] }),
      (request, response) => {
        resumed.push((request.socket as TLSSocket).isSessionReused());
        response.setHeader("connection", "close").end("hello");
      },
    );
    const egress = openEgress({ ca: authority.cert });
    for (const host of ["a.example", "a.example", "b.example"]) {
      const answer = await egress.request({
        url: `https://${host}:${peer.port}/`,
        signal: patient(),
      });
      await answer.body.toArray();
    }
    expect(resumed).toEqual([false, true, false]);
  });
});

const certificates = [
  [
    "expired",
    { validFrom: new Date(Date.now() - 2 * YEAR_MS), validTo: new Date(Date.now() - 1) },
    /has expired/,
  ],
  [
    "not valid yet",
    { validFrom: new Date(Date.now() + YEAR_MS), validTo: new Date(Date.now() + 2 * YEAR_MS) },
    /not valid yet/,
  ],
  ["for another name", { names: ["other.example"] }, /is for another name/],
] as const;

describe("a certificate that will not do", () => {
  test.each(certificates)("because it is %s is told as that", async (_why, wish, sentence) => {
    const peer = await startHttps(
      authority.issue({ names: ["cloud.example"], ...wish }),
      (_request, response) => response.end(),
    );
    const failure = await failureOf(openEgress({ ca: authority.cert }), {
      url: `https://cloud.example:${peer.port}/secret?token=x`,
      headers: { authorization: "Basic c2VjcmV0" },
    });
    expect(failure).toMatchObject({ name: "AppError", code: "storage_refused" });
    expect(failure.message).toMatch(sentence);
    expect(failure.message).toContain("cloud.example");
    expect(failure.message).not.toMatch(/secret|token|127\.0\.0\.1|verif/);
    await expect.poll(() => peer.open()).toBe(0);
  });

  test("because it is self-signed tells how to get one that is not", async () => {
    const peer = await startHttps(
      createSelfSigned({ names: ["cloud.example"] }),
      (_request, response) => response.end(),
    );
    const failure = await failureOf(openEgress({ ca: authority.cert }), {
      url: `https://cloud.example:${peer.port}/`,
    });
    expect(failure.code).toBe("storage_refused");
    expect(failure.message).toMatch(/self-signed.*NODE_EXTRA_CA_CERTS/);
  });

  test("because nobody here knows its authority tells that", async () => {
    const peer = await startHttps(
      stranger.issue({ names: ["cloud.example"] }),
      (_request, response) => response.end(),
    );
    const failure = await failureOf(openEgress({ ca: authority.cert }), {
      url: `https://cloud.example:${peer.port}/`,
    });
    expect(failure.code).toBe("storage_refused");
    expect(failure.message).toMatch(/authority that this server does not know/);
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)(
    "does not do for a name that a %s session was resumed for either",
    async (maxVersion) => {
      const peer = await startHttps(
        { ...authority.issue({ names: ["a.example"] }), maxVersion },
        (_request, response) => response.setHeader("connection", "close").end("hello"),
      );
      const egress = openEgress({ ca: authority.cert });
      const url = (host: string): string => `https://${host}.example:${peer.port}/`;
      for (let time = 0; time < 2; time += 1) {
        const answer = await egress.request({ url: url("a"), signal: patient() });
        await answer.body.toArray();
      }
      const failure = await failureOf(egress, { url: url("b") });
      expect(failure.message).toMatch(/^The certificate that b\.example shows is for another name/);
    },
  );
});

describe("a port without encryption", () => {
  test("asked for https is told as that", async () => {
    const peer = await startHttp((_request, response) => response.end());
    const failure = await failureOf(openEgress(), { url: `https://cloud.example:${peer.port}/` });
    expect(failure).toMatchObject({ code: "storage_refused" });
    expect(failure.message).toMatch(/does not speak HTTPS/);
  });

  test("that never answers the greeting is given up in time, and closed", async () => {
    const peer = await startTcp();
    const failure = await failureOf(openEgress({ connectTimeoutMs: 200 }), {
      url: `https://cloud.example:${peer.port}/`,
    });
    expect(failure).toMatchObject({ code: "storage_unavailable" });
    await expect.poll(() => peer.open()).toBe(0);
  });
});
