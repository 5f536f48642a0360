import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import sharp from "sharp";
import { describe, expect, onTestFinished, test } from "vitest";
import { openBrowser } from "#tests/auth/browser.ts";
import { annasServer, signIn, type World } from "#tests/auth/people.ts";
import { NOTE } from "#tests/auth/replica.ts";
import { wav } from "#tests/library/made-audio.ts";
import { ask, type RawAnswer } from "#tests/support/raw-http.ts";
import { startBrowser } from "#tests/support/screen.ts";
import { ADMIN } from "#tests/support/server.ts";
import { annasStorage, trackAt } from "#tests/support/world.ts";

const APP = "https://app.tld";
const JSON_TYPE = { "content-type": "application/json" };

type Sent = Readonly<Record<string, string>>;

/** A server that another website may ask, and the token of Anna, who is signed in. */
async function openedTo(origins: string): Promise<World & { token: string; port: number }> {
  const environment = { PUBLIC_URL: "https://music.example", CORS_ORIGINS: origins };
  const world = await annasServer(1, { environment });
  const origin = "https://music.example";
  const browser = openBrowser(world.replicas[0].baseUrl, { origin });
  await signIn(browser, world.anna);
  const token = browser.cookies.get("__Host-backline-access") ?? "";
  expect(token).not.toBe("");
  return { ...world, browser, token, port: world.replicas[0].port };
}

const corsOf = ({ headers }: RawAnswer): string[] =>
  Object.keys(headers).filter((name) => name.startsWith("access-control"));

const preflight = (port: number, origin: string) =>
  ask(
    port,
    `/trpc/${NOTE}`,
    { origin, "access-control-request-method": "POST", "sec-fetch-site": "cross-site" },
    "OPTIONS",
  );

const post = ({ replicas }: World, headers: Sent): Promise<Response> =>
  fetch(`${replicas[0].baseUrl}/trpc/${NOTE}`, {
    method: "POST",
    headers: { ...JSON_TYPE, "sec-fetch-site": "cross-site", ...headers },
  });

const HOSTILE = [
  "https://app.tld.evil.com",
  "null",
  "http://app.tld",
  "https://app.tld:8443",
  "https://sub.app.tld",
  "https://app.tld/",
  "HTTPS://APP.TLD",
  "https://app.tld, https://evil.com",
  "*",
];

describe("a website of the list", () => {
  test("may ask, is told for how long, and gets no cookies", async () => {
    const { port } = await openedTo(`https://other.tld, ${APP}`);
    const answer = await preflight(port, APP);
    expect(answer.status).toBe(204);
    expect(answer.headers["access-control-allow-origin"]).toBe(APP);
    expect(answer.headers["access-control-allow-methods"]).toBe("GET, HEAD, POST, PATCH, DELETE");
    expect(answer.headers["access-control-allow-headers"]).toMatch(/\bauthorization\b/);
    expect(Number(answer.headers["access-control-max-age"])).toBeGreaterThan(0);
    expect(answer.headers["access-control-allow-credentials"]).toBeUndefined();
    expect(answer.headers.vary).toMatch(/\bOrigin\b/);
  });

  test("reads and changes with a token, and sees the request's id and what is left of its limit", async () => {
    const { token, port, replicas, ...world } = await openedTo(APP);
    const bearer = { origin: APP, authorization: `Bearer ${token}` };
    const answer = await ask(port, "/trpc/auth.me", { ...bearer, "sec-fetch-site": "cross-site" });
    expect(answer.status).toBe(200);
    expect(answer.headers["access-control-allow-origin"]).toBe(APP);
    expect(answer.headers.vary).toMatch(/\bOrigin\b/);
    const exposed = answer.headers["access-control-expose-headers"]?.split(", ") ?? [];
    for (const name of ["x-request-id", "ratelimit-remaining", "x-ratelimit-remaining"]) {
      expect(exposed).toContain(name);
    }
    expect(answer.headers["x-request-id"]).toMatch(/^[\w-]{8,64}$/);

    expect((await post({ ...world, replicas }, bearer)).status).toBe(200);
    expect(replicas[0].notes()).toBe(1);
  });

  test("may upload: what tus needs is let through, and can be read", async () => {
    const { port, token } = await openedTo(APP);
    const asked = { origin: APP, "sec-fetch-site": "cross-site" };
    const before = { ...asked, "access-control-request-method": "PATCH" };
    const { headers, status } = await ask(port, "/uploads/x", before, "OPTIONS");
    expect(status).toBe(204);
    const allowed = headers["access-control-allow-headers"]?.split(", ") ?? [];
    const needed = ["tus-resumable", "upload-length", "upload-metadata", "upload-offset"];
    expect(allowed).toEqual(expect.arrayContaining(needed));
    const sent = { ...asked, "tus-resumable": "1.0.0", authorization: `Bearer ${token}` };
    const answer = await ask(port, `/uploads/${randomUUID()}`, sent, "HEAD");
    expect(answer.status).toBe(404);
    const exposed = answer.headers["access-control-expose-headers"]?.split(", ") ?? [];
    expect(exposed).toEqual(expect.arrayContaining(["location", "upload-offset"]));
  });

  test("reads why it was refused", async () => {
    const world = await openedTo(APP);
    const answer = await post(world, { origin: APP, authorization: "Bearer no-such-token" });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("access-control-allow-origin")).toBe(APP);
    const nothing = await ask(world.port, "/nothing", { origin: APP });
    expect(nothing.status).toBe(404);
    expect(nothing.headers["access-control-allow-origin"]).toBe(APP);
  });

  test("does nothing with cookies, whatever it adds, and nothing without a token", async () => {
    const world = await openedTo(APP);
    const { browser, replicas, token } = world;
    const csrf = await browser.csrfToken();
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const tries: Sent[] = [
      { cookie, "x-csrf-token": csrf },
      { cookie, "x-csrf-token": csrf, authorization: `Bearer ${token}` },
      { cookie, "x-csrf-token": csrf, authorization: "Bearer x" },
      { cookie: "x=y", authorization: `Bearer ${token}` },
      { authorization: `Basic ${token}` },
      {},
    ];
    for (const headers of tries) {
      expect([headers, (await post(world, { origin: APP, ...headers })).status]).toEqual([
        headers,
        403,
      ]);
      const read = await fetch(`${replicas[0].baseUrl}/trpc/auth.me`, {
        headers: { origin: APP, "sec-fetch-site": "cross-site", ...headers },
      });
      expect([headers, read.status]).toEqual([headers, 403]);
    }
    expect(replicas[0].notes()).toBe(0);
  });
});

describe("any other", () => {
  test.each(HOSTILE)("is not allowed to read anything, and changes nothing: %s", async (origin) => {
    const world = await openedTo(APP);
    const { port, token, replicas } = world;
    const refused = await preflight(port, origin);
    expect(refused.status).toBe(405);
    const bearer = { origin, authorization: `Bearer ${token}` };
    const answers = [
      refused,
      await ask(port, "/trpc/auth.me", { ...bearer, "sec-fetch-site": "cross-site" }),
      await ask(port, "/trpc/auth.me", bearer),
      await ask(port, "/health/live", { origin }),
      await ask(port, "/", { origin, accept: "text/html" }),
    ];
    expect(answers.flatMap(corsOf)).toEqual([]);
    for (const { headers } of answers) expect(headers.vary).toMatch(/\bOrigin\b/);
    expect((await post(world, bearer)).status).toBe(403);
    expect(replicas[0].notes()).toBe(0);
  });
});

/** A page of another website on this machine, which may be asked for by either of two names. */
async function openOtherWebsite(): Promise<{ page: Page; origin: string; evil: string }> {
  const website = createServer((_request, response) => {
    response
      .writeHead(200, { "content-type": "text/html" })
      .end("<!doctype html><title>App</title>");
  });
  await new Promise<void>((listening) => website.listen(0, "127.0.0.1", listening));
  onTestFinished(async () => void website.close());
  const { port } = website.address() as AddressInfo;
  const browser = await startBrowser();
  const page = await (await browser.newContext()).newPage();
  return { page, origin: `http://localhost:${port}`, evil: `http://127.0.0.1:${port}` };
}

/** What a script in the page gets to see. */
const askFrom = (page: Page, url: string, init: RequestInit): Promise<unknown> =>
  page.evaluate(`fetch(${JSON.stringify(url)}, ${JSON.stringify(init)}).then(
    async (answer) => ({
      status: answer.status,
      text: await answer.text(),
      id: answer.headers.get("x-request-id"),
      left: answer.headers.get("ratelimit-remaining"),
    }),
    (error) => error.message,
  )`);

test("in Chromium, a page of the list reads an answer and its id, and a page of any other reads nothing", async () => {
  const { page, origin, evil } = await openOtherWebsite();
  const world = await annasServer(1, { environment: { CORS_ORIGINS: origin } });
  const { baseUrl, notes } = world.replicas[0];
  await signIn(world.browser, world.anna);
  const token = world.browser.cookies.get("backline-access");
  const bearer = { headers: { authorization: `Bearer ${token}` } };
  const change = { method: "POST", headers: { ...bearer.headers, ...JSON_TYPE }, body: "{}" };

  await page.goto(origin);
  expect(await askFrom(page, `${baseUrl}/trpc/auth.me`, bearer)).toEqual({
    status: 200,
    text: expect.stringContaining(world.anna.email),
    id: expect.stringMatching(/^[\w-]{8,64}$/),
    left: expect.stringMatching(/^\d+$/),
  });
  expect(await askFrom(page, `${baseUrl}/trpc/${NOTE}`, change)).toMatchObject({ status: 200 });
  expect(notes()).toBe(1);
  const withCookies = { ...bearer, credentials: "include" as const };
  expect(await askFrom(page, `${baseUrl}/trpc/auth.me`, withCookies)).toBe("Failed to fetch");

  await page.goto(evil);
  expect(await askFrom(page, `${baseUrl}/trpc/auth.me`, bearer)).toBe("Failed to fetch");
  expect(await askFrom(page, `${baseUrl}/trpc/system.info`, {})).toBe("Failed to fetch");
  expect(await askFrom(page, `${baseUrl}/trpc/${NOTE}`, change)).toBe("Failed to fetch");
  expect(notes()).toBe(1);
});

/** What an element of the page made of an address: how long the sound or wide the picture is. */
const loadIn = (
  page: Page,
  tag: "audio" | "img",
  url: string,
  more: object = {},
): Promise<unknown> =>
  page.evaluate(`new Promise((resolve) => {
    const element = Object.assign(document.createElement("${tag}"), ${JSON.stringify(more)});
    element.onloadedmetadata = () => resolve(element.duration);
    element.onload = () => resolve(element.naturalWidth);
    element.onerror = () => resolve("nothing");
    element.src = ${JSON.stringify(url)};
  })`);

test("in Chromium, a page of another website plays and shows what it has a ticket for, and nothing by cookies", async () => {
  const { page, origin, evil } = await openOtherWebsite();
  const create = { width: 900, height: 900, channels: 3, background: "red" } as const;
  const picture = await sharp({ create }).png().toBuffer();
  const world = await annasStorage(
    (cloud) => {
      cloud.tree.put("Low/one.wav", wav(3));
      cloud.tree.put("Low/cover.png", picture);
    },
    { server: { environment: { CORS_ORIGINS: origin } } },
  );
  const { baseUrl } = world.server;
  const { id: trackId } = await trackAt(world, "Low/one.wav");
  const ticketFor = (use: "stream" | "cover") => world.anna.ticketUrl(trackId, use);
  const browser = openBrowser(baseUrl);
  await signIn(browser, ADMIN);
  await page
    .context()
    .addCookies([...browser.cookies].map(([name, value]) => ({ name, value, url: baseUrl })));
  const readable = { crossOrigin: "anonymous" };

  await page.goto(origin);
  expect(await loadIn(page, "audio", await ticketFor("stream"))).toBe(3);
  expect(await loadIn(page, "audio", await ticketFor("stream"), readable)).toBe(3);
  expect(await loadIn(page, "img", await ticketFor("cover"))).toBe(96);
  // The cookies of a page that is on the same machine come along.
  for (const site of [origin, evil]) {
    await page.goto(site);
    expect(await loadIn(page, "audio", `${baseUrl}/stream/${trackId}`)).toBe("nothing");
    expect(await loadIn(page, "img", `${baseUrl}/cover/${trackId}`)).toBe("nothing");
  }
  // What is not on the list plays what it was given, and reads none of it.
  expect(await loadIn(page, "audio", await ticketFor("stream"))).toBe(3);
  expect(await loadIn(page, "audio", await ticketFor("stream"), readable)).toBe("nothing");
}, 60_000);
