import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type Browser, openBrowser } from "#tests/auth/browser.ts";
import { signIn } from "#tests/auth/people.ts";
import { mp3 } from "#tests/library/made-audio.ts";
import { ADMIN } from "#tests/support/server.ts";
import { annasStorage, type StorageWorld, trackAt } from "#tests/support/world.ts";
import { listen } from "./live.ts";

const take = randomBytes(50_000);

interface Listening extends StorageWorld {
  readonly browser: Browser;
  /** What Anna can ask for by itself: bytes, and what is told of them. */
  readonly paths: readonly string[];
}

async function annaListens(): Promise<Listening> {
  const world = await annasStorage((cloud) => {
    cloud.tree.put("take.mp3", take);
    cloud.tree.put("tagged.mp3", mp3({ TIT2: "Tagged" }, 1));
  });
  const browser = openBrowser(world.server.baseUrl);
  await signIn(browser, ADMIN);
  const { id } = await trackAt(world, "take.mp3");
  const input = encodeURIComponent(JSON.stringify({ trackId: id }));
  const paths = [`/stream/${id}`, `/download/${id}`, `/trpc/library.tracks.get?input=${input}`];
  return { ...world, browser, paths };
}

const BASELINE = {
  "content-security-policy": expect.stringMatching(/default-src 'none'.*;\s?sandbox/),
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

const toRecord = (headers: Headers): Record<string, string> => Object.fromEntries(headers);

describe("bytes of a recording", () => {
  test("go out under the same protection as everything else, whole, in part, or not at all", async () => {
    const { browser, paths, cloud } = await annaListens();
    const [path = ""] = paths;
    const { headers } = await browser.fetch(path, { method: "HEAD" });
    const asks: Record<number, Record<string, string>> = {
      200: {},
      206: { range: "bytes=0-9" },
      304: { "if-none-match": headers.get("etag") ?? "" },
      403: { "sec-fetch-site": "cross-site" },
      412: { "if-match": '"another"' },
      416: { range: "bytes=50000-" },
    };
    for (const [status, sent] of Object.entries(asks)) {
      const answer = await browser.fetch(path, { headers: sent });
      expect(answer.status).toBe(Number(status));
      expect(toRecord(answer.headers)).toMatchObject(BASELINE);
      for (const name of ["server", "x-powered-by", "access-control-allow-origin"]) {
        expect(answer.headers.has(name)).toBe(false);
      }
    }
    await cloud.stop();
    const away = await browser.fetch(path, { headers: { range: "bytes=20-29" } });
    expect(away.status).toBe(503);
    expect(toRecord(away.headers)).toMatchObject(BASELINE);
  });

  test("and live updates are not kept by anyone in between", async () => {
    const { browser, server, connection } = await annaListens();
    const visitor = { baseUrl: server.baseUrl, browser, csrf: "", person: null };
    const live = await listen(visitor, "connections.scanProgress", {
      connectionId: connection.id,
    });
    live.leave();
    expect(toRecord(live.headers)).toMatchObject(BASELINE);
    expect(live.headers.get("cache-control")).toMatch(/no-store|no-cache/);
    expect(live.headers.get("content-type")).toMatch(/^text\/event-stream/);
  });

  test("bring nothing of what the storage says beside them", async () => {
    const { browser, paths, cloud } = await annaListens();
    cloud.fault({
      method: "GET",
      headers: {
        "content-type": "text/html",
        "set-cookie": "evil=1",
        "content-security-policy": "script-src *",
        "content-disposition": "inline; filename=evil.html",
        "access-control-allow-origin": "*",
        "cross-origin-resource-policy": "cross-origin",
        "cache-control": "public, max-age=31536000",
        "strict-transport-security": "max-age=0",
        "keep-alive": "timeout=9999",
        link: "<https://evil.example/x.js>; rel=preload",
        location: "https://evil.example/",
        refresh: "0; url=https://evil.example/",
        server: "evil/1.0",
        "www-authenticate": "Basic realm=evil",
        "x-accel-redirect": "/etc/passwd",
      },
    });
    const [stream = "", download = ""] = paths;
    for (const path of [stream, download]) {
      const answer = await browser.fetch(path);
      expect(answer.status).toBe(200);
      expect(toRecord(answer.headers)).toMatchObject({
        ...BASELINE,
        "cache-control": "private, no-cache",
        "content-type": "audio/mpeg",
        "content-length": String(take.length),
      });
      expect(JSON.stringify([...answer.headers])).not.toMatch(/evil|script-src|passwd|9999/);
      for (const name of ["set-cookie", "link", "location", "refresh", "www-authenticate"]) {
        expect([name, answer.headers.has(name)]).toEqual([name, false]);
      }
    }
    expect((await browser.fetch(stream)).headers.has("content-disposition")).toBe(false);
    const named = (await browser.fetch(download)).headers.get("content-disposition");
    expect(named).toMatch(/^attachment; filename="take\.mp3"/);
  });

  test("in a thousand parts are sent as one, and cost no more than once", async () => {
    const { browser, paths, cloud } = await annaListens();
    const [path = ""] = paths;
    const ranges = Array.from({ length: 1_000 }, (_, index) => `${index}-${index}`);
    const asked = cloud.count({ method: "GET" });
    const answer = await browser.fetch(path, { headers: { range: `bytes=${ranges.join(",")}` } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-length")).toBe(String(take.length));
    expect(answer.headers.get("content-type")).toBe("audio/mpeg");
    expect(cloud.count({ method: "GET" })).toBe(asked + 1);
  });
});

test("nothing of Anna's is at an address that looks like a file anybody may keep", async () => {
  const { browser, paths, anna } = await annaListens();
  const title = "take";
  const me = await anna.api.auth.me.query();
  for (const path of ["/trpc/auth.me", "/trpc/bands.list", ...paths]) {
    const [address = "", query = ""] = path.split("?");
    expect([path, (await browser.fetch(path)).status]).toEqual([path, 200]);
    for (const ending of ["/x.css", ".css", "%2fx.css", ";x.css", "/..%2fx.css", "%00.css"]) {
      const answer = await browser.fetch(`${address}${ending}?${query}`, {
        headers: { accept: "text/html,*/*" },
      });
      expect([ending, answer.status >= 400]).toEqual([ending, true]);
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(answer.text).not.toContain(me.user.email);
      expect(answer.text).not.toContain(`"${title}"`);
    }
  }
});
