import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { readBounded } from "#server/base/egress/body.ts";
import { createAuthority } from "./certificates.ts";
import { failureOf, openEgress, type Peer, patient, startHttp, startHttps } from "./peers.ts";

interface Visit {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** Sends `/to/<status>/<address>` on to the address and answers everything else with "arrived". */
async function startSignpost(): Promise<{ peer: Peer; visits: Visit[]; origin: string }> {
  const visits: Visit[] = [];
  const peer = await startHttp(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const { method = "", url = "", headers } = request;
    visits.push({ method, url, headers, body });
    const [, status, location] = url.match(/^\/to\/(\d+)\/(.*)$/) ?? [];
    if (status === undefined) response.end("arrived");
    else response.writeHead(Number(status), { location: decodeURIComponent(location ?? "") }).end();
  });
  return { peer, visits, origin: `http://cloud.example:${peer.port}` };
}

/** Leads to itself. */
const LOOP = "/to/302/";

const via = (status: number, location: string): string =>
  `/to/${status}/${encodeURIComponent(location)}`;

describe("a redirect", () => {
  test("is an answer like others unless it is asked to be followed", async () => {
    const { origin, visits } = await startSignpost();
    const answer = await openEgress().request({ url: origin + via(302, "/b"), signal: patient() });
    expect(answer.status).toBe(302);
    expect(answer.headers.location).toBe("/b");
    await answer.body.toArray();
    expect(visits).toHaveLength(1);
  });

  test("is followed to where it leads, and the answer says where that was", async () => {
    const { origin } = await startSignpost();
    const answer = await openEgress().request({
      url: `${origin}${via(301, via(302, "../b?c=d"))}`,
      signal: patient(),
      maxRedirects: 2,
    });
    expect((await readBounded(answer.body, 100)).toString()).toBe("arrived");
    expect(answer.url.href).toBe(`${origin}/to/b?c=d`);
  });

  test.each([
    [1, 1],
    [3, 3],
    [5, 5],
    [50, 5],
  ])("is followed %i times only when that is not more than 5", async (max, followed) => {
    const { origin, visits } = await startSignpost();
    const failure = await failureOf(openEgress(), { url: origin + LOOP, maxRedirects: max });
    expect(failure.code).toBe("storage_refused");
    expect(failure.message).toMatch(/^cloud\.example sends every request on/);
    expect(visits).toHaveLength(followed + 1);
  });

  test("whose own text is long does not cost more than a connection", async () => {
    const peer = await startHttp((request, response) => {
      if (request.url === "/home") response.end("arrived");
      else {
        response.writeHead(302, { location: "/home" });
        response.end(Buffer.alloc(request.url === "/long" ? 4 * 1024 * 1024 : 1024));
      }
    });
    const egress = openEgress();
    const url = `http://cloud.example:${peer.port}`;
    for (const path of ["/short", "/short", "/long"]) {
      const answer = await egress.request({
        url: url + path,
        signal: patient(),
        maxRedirects: 1,
      });
      expect((await readBounded(answer.body, 100)).toString()).toBe("arrived");
    }
    await expect.poll(() => peer.open()).toBe(1);
    expect(peer.accepted()).toBeLessThanOrEqual(3);
  });

  test.each([
    "http://169.254.169.254/latest/meta-data",
    "http://10.0.0.1/",
    "http://0.0.0.0/",
    "http://[::ffff:127.0.0.1]/",
    "//192.168.1.10/",
    "http://cloud.example:22/",
    "http://a:b@cloud.example/",
    "file:///etc/passwd",
    "http://[::1",
  ])("to %s is checked like an address that a person typed", async (location) => {
    const { origin, visits } = await startSignpost();
    const failure = await failureOf(openEgress(), {
      url: origin + via(302, location),
      maxRedirects: 5,
    });
    expect(failure.code).toBe("storage_refused");
    expect(visits).toHaveLength(1);
  });

  test("keeps credentials within an origin and drops them for good when it leaves", async () => {
    const { origin, peer, visits } = await startSignpost();
    const elsewhere = `http://other.example:${peer.port}`;
    const answer = await openEgress().request({
      url: `${origin}${via(307, via(307, `${elsewhere}${via(307, `${origin}/home`)}`))}`,
      method: "PROPFIND",
      headers: {
        Authorization: "Basic c2VjcmV0",
        Cookie: "session=1",
        "X-Emby-Token": "secret",
        Destination: `${origin}/x`,
        Depth: "1",
        "Content-Type": "application/xml",
      },
      body: "<propfind/>",
      signal: patient(),
      maxRedirects: 3,
    });
    await answer.body.toArray();
    const secrets = visits.map(({ headers }) =>
      ["authorization", "cookie", "x-emby-token", "destination"].filter((name) => name in headers),
    );
    const all = ["authorization", "cookie", "x-emby-token", "destination"];
    expect(secrets).toEqual([all, all, [], []]);
    expect(visits.map(({ headers }) => headers.depth)).toEqual(["1", "1", "1", "1"]);
    expect(visits.map(({ headers }) => headers.host)).toEqual([
      `cloud.example:${peer.port}`,
      `cloud.example:${peer.port}`,
      `other.example:${peer.port}`,
      `cloud.example:${peer.port}`,
    ]);
  });

  test.each([
    ["GET", 301, "GET", ""],
    ["GET", 303, "GET", ""],
    ["HEAD", 303, "HEAD", ""],
    ["POST", 301, "GET", ""],
    ["POST", 302, "GET", ""],
    ["POST", 303, "GET", ""],
    ["POST", 307, "POST", "body"],
    ["POST", 308, "POST", "body"],
    ["PUT", 302, "PUT", "body"],
    ["PROPFIND", 301, "PROPFIND", "body"],
    ["PROPFIND", 302, "PROPFIND", "body"],
    ["PROPFIND", 303, "GET", ""],
    ["PROPFIND", 307, "PROPFIND", "body"],
    ["MKCOL", 308, "MKCOL", "body"],
  ])("turns %s at %i into %s", async (method, status, expected, body) => {
    const { origin, visits } = await startSignpost();
    const sent = method === "GET" || method === "HEAD" ? {} : { body: "body" };
    const answer = await openEgress().request({
      url: origin + via(status, "/b"),
      method,
      ...sent,
      headers: { "content-type": "text/plain" },
      signal: patient(),
      maxRedirects: 1,
    });
    await answer.body.toArray();
    expect(visits[1]).toMatchObject({ method: expected, body });
    expect(visits[1]?.headers["content-length"]).toBe(body === "" ? undefined : "4");
  });

  test("of an upload that can be sent only once is a failure that says so", async () => {
    const { origin, visits } = await startSignpost();
    const failure = await failureOf(openEgress(), {
      url: origin + via(307, "/b"),
      method: "PUT",
      body: Readable.from([Buffer.from("song")]),
      maxRedirects: 5,
    });
    expect(failure.message).toMatch(/sent an upload on/);
    expect(visits.map(({ body }) => body)).toEqual(["song"]);
  });

  test("from https to http is refused, and from http to https followed", async () => {
    const authority = createAuthority("Test authority");
    const { origin, visits, peer: plain } = await startSignpost();
    const secure = await startHttps(
      authority.issue({ names: ["cloud.example"] }),
      (request, response) => {
        if (request.url !== "/down") response.end("encrypted");
        else response.writeHead(302, { location: `${origin}/plain` }).end();
      },
    );
    const egress = openEgress({ ca: authority.cert });
    const failure = await failureOf(egress, {
      url: `https://cloud.example:${secure.port}/down`,
      headers: { authorization: "Basic c2VjcmV0" },
      maxRedirects: 5,
    });
    expect(failure.code).toBe("storage_refused");
    expect(failure.message).toMatch(/without encryption/);
    expect(plain.accepted()).toBe(0);

    const answer = await egress.request({
      url: origin + via(302, `https://cloud.example:${secure.port}/up`),
      signal: patient(),
      maxRedirects: 5,
    });
    expect((await readBounded(answer.body, 100)).toString()).toBe("encrypted");
    expect(visits).toHaveLength(1);
  });

  test("without an address is an answer", async () => {
    const peer = await startHttp((_request, response) => response.writeHead(304).end());
    const answer = await openEgress().request({
      url: `http://cloud.example:${peer.port}/`,
      signal: patient(),
      maxRedirects: 5,
    });
    expect(answer.status).toBe(304);
  });
});
