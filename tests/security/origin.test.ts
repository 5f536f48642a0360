import { describe, expect, test } from "vitest";
import { createBackline, refusalOf } from "#sdk/index.ts";
import type { Browser } from "#tests/auth/browser.ts";
import { openBrowser } from "#tests/auth/browser.ts";
import { annasServer, signIn, type World } from "#tests/auth/people.ts";
import { NOTE } from "#tests/auth/replica.ts";

type Headers = Readonly<Record<string, string>>;

/** Sends the note with Anna's cookies and token, and with exactly these headers besides. */
async function send(
  world: World,
  headers: Headers,
  body?: string | FormData | URLSearchParams,
): Promise<Response> {
  const { browser, replicas } = world;
  return fetch(`${replicas[0].baseUrl}/trpc/${NOTE}`, {
    method: "POST",
    headers: {
      cookie: [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; "),
      "x-csrf-token": await browser.csrfToken(),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
}

async function signedIn(environment: Headers = {}): Promise<World> {
  const world = await annasServer(1, { environment });
  const origin = world.deps.config.http.publicUrl.origin;
  const browser: Browser = openBrowser(world.replicas[0].baseUrl, { origin });
  await signIn(browser, world.anna);
  return { ...world, browser };
}

const HTTPS = { PUBLIC_URL: "https://music.example" };
const JSON_TYPE = { "content-type": "application/json" };

describe("a change", () => {
  test("is only taken as JSON, whatever it carries", async () => {
    const world = await signedIn();
    const sameOrigin = { "sec-fetch-site": "same-origin" };
    const form = new FormData();
    form.set("a", "b");
    const answers = await Promise.all([
      send(world, sameOrigin, form),
      send(
        world,
        { ...sameOrigin, "content-type": "multipart/form-data; boundary=x" },
        "--x--\r\n",
      ),
      send(world, sameOrigin, new URLSearchParams({ a: "b" })),
      send(world, sameOrigin, "{}"),
      send(world, { ...sameOrigin, "content-type": "application/octet-stream" }, "{}"),
      send(world, { ...sameOrigin, "content-type": "application/json-patch+json" }, "{}"),
      send(world, { ...sameOrigin, "content-type": "text/plain; x=application/json" }, "{}"),
      send(world, { ...sameOrigin, "content-type": "application/json, multipart/form-data" }, "{}"),
      send(world, sameOrigin),
    ]);
    expect(answers.map((each) => each.status)).toEqual(answers.map(() => 415));
    expect(await answers[0]?.json()).toMatchObject({ code: "unsupported_media_type" });
    expect(world.replicas[0].notes()).toBe(0);

    const charset = { ...sameOrigin, "content-type": "Application/JSON; charset=utf-8" };
    expect((await send(world, charset, "{}")).status).toBe(200);
    expect((await send(world, { ...sameOrigin, ...JSON_TYPE })).status).toBe(200);
    expect(world.replicas[0].notes()).toBe(2);
  });

  /** What a form on another page, or on none, can be sent as. */
  const forms = {
    "multipart/form-data": (): FormData => {
      const form = new FormData();
      form.set("a", "b");
      return form;
    },
    "application/x-www-form-urlencoded": () => new URLSearchParams({ a: "b" }),
    "text/plain": () => '{"a":"b"}',
  };
  const senders: readonly Headers[] = [
    {},
    { origin: "null" },
    { origin: "https://evil.example" },
    { origin: "https://music.example:8443" },
    { origin: "https://sub.music.example" },
    { origin: "https://music.example" },
  ];

  test.each(Object.entries(forms))(
    "is not made by a form of %s, wherever it comes from",
    async (_, body) => {
      const world = await signedIn(HTTPS);
      for (const sender of senders) {
        for (const site of [{}, { "sec-fetch-site": "same-origin" }]) {
          const answer = await send(world, { ...sender, ...site }, body());
          expect([sender, answer.status]).toEqual([sender, 415]);
        }
      }
      expect(world.replicas[0].notes()).toBe(0);
    },
  );

  test.each([
    ["cross-site", {}],
    ["same-site", {}],
    ["none", {}],
    ["cross-site", { origin: "https://music.example" }],
  ])("with Sec-Fetch-Site: %s is refused (%o)", async (site, more) => {
    const world = await signedIn(HTTPS);
    const answer = await send(world, { "sec-fetch-site": site, ...more, ...JSON_TYPE });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ code: "forbidden" });
    expect(world.replicas[0].notes()).toBe(0);
  });

  test.each([
    "null",
    "https://evil.example",
    "http://music.example",
    "https://music.example:8443",
    "https://sub.music.example",
    "https://music.example.evil.example",
    "https://music.example/",
    "http://localhost",
  ])("from origin %s is refused, with or without Sec-Fetch-Site", async (origin) => {
    const world = await signedIn(HTTPS);
    const answers = await Promise.all([
      send(world, { origin, ...JSON_TYPE }),
      send(world, { origin, "sec-fetch-site": "same-origin", ...JSON_TYPE }),
    ]);
    expect(answers.map((each) => each.status)).toEqual([403, 403]);
    const refusal = (await answers[1]?.json()) as { message: string };
    expect(refusal.message).toContain("set up for another address: https://music.example.");
    expect(world.replicas[0].notes()).toBe(0);
  });

  test("from our own pages is made, told by either header", async () => {
    const world = await signedIn(HTTPS);
    const origin = "https://music.example";
    const answers = [
      await send(world, { origin, ...JSON_TYPE }),
      await send(world, { "sec-fetch-site": "same-origin", ...JSON_TYPE }),
      await send(world, { origin, "sec-fetch-site": "same-origin", ...JSON_TYPE }),
    ];
    expect(answers.map((each) => each.status)).toEqual([200, 200, 200]);
  });

  test("with a cookie and neither header is refused; without any cookie a bearer token does", async () => {
    const world = await signedIn(HTTPS);
    expect((await send(world, JSON_TYPE)).status).toBe(403);
    expect(world.replicas[0].notes()).toBe(0);

    const token = world.browser.cookies.get("__Host-backline-access");
    const program = (headers: Headers) =>
      fetch(`${world.replicas[0].baseUrl}/trpc/${NOTE}`, {
        method: "POST",
        headers: { ...JSON_TYPE, authorization: `Bearer ${token}`, ...headers },
      });
    expect((await program({})).status).toBe(200);
    expect((await program({ cookie: "x=y" })).status).toBe(403);
    expect((await program({ "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect(world.replicas[0].notes()).toBe(1);
  });

  test("signing in and out are changes like all others", async () => {
    const world = await signedIn(HTTPS);
    for (const path of ["auth.signIn", "auth.signOut", "auth.refresh", "auth.setup"]) {
      const answer = await world.browser.mutate(path, undefined, {
        headers: { "sec-fetch-site": "cross-site" },
      });
      expect(answer.status).toBe(403);
    }
    expect((await world.browser.query("auth.me")).status).toBe(200);
  });

  test("is not made by GET, HEAD or OPTIONS", async () => {
    const world = await signedIn(HTTPS);
    const { browser, replicas } = world;
    for (const path of ["auth.signIn", "auth.signOut", "auth.refresh", "auth.setup", NOTE]) {
      expect((await browser.query(path)).status).toBe(405);
      expect((await browser.fetch(`/trpc/${path}`, { method: "HEAD" })).status).not.toBe(200);
      expect((await browser.fetch(`/trpc/${path}`, { method: "OPTIONS" })).status).not.toBe(200);
    }
    expect(replicas[0].notes()).toBe(0);
    expect((await browser.query("auth.me")).status).toBe(200);
  });
});

test("on this machine a server answers to its three names, at the port it has", async () => {
  const world = await signedIn();
  const { port } = world.replicas[0];
  const from = async (origin: string) => (await send(world, { origin, ...JSON_TYPE })).status;
  expect(await from(`http://localhost:${port}`)).toBe(200);
  expect(await from(`http://127.0.0.1:${port}`)).toBe(200);
  expect(await from(`http://[::1]:${port}`)).toBe(200);
  expect(await from("http://localhost:3000")).toBe(200);
  for (const origin of [
    `http://localhost:${port + 1}`,
    `https://localhost:${port}`,
    `http://localhost.evil.example:${port}`,
    `http://evil.example:${port}`,
    "http://localhost",
    `http://127.0.0.1.nip.example:${port}`,
  ]) {
    expect([origin, await from(origin)]).toEqual([origin, 403]);
  }
});

test("who forwards a request may say where from, and not what our address is", async () => {
  const world = await signedIn({ ...HTTPS, TRUST_PROXY: "127.0.0.1" });
  const forwarded = {
    "x-forwarded-for": "203.0.113.7",
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "https",
    forwarded: "host=evil.example;proto=https",
  };
  const theirs = await send(world, { ...forwarded, ...JSON_TYPE, origin: "https://evil.example" });
  expect(theirs.status).toBe(403);
  const { message } = (await theirs.json()) as { message: string };
  expect(message).toContain("https://music.example");
  expect(message).not.toContain("evil");
  const ours = await send(world, { ...forwarded, ...JSON_TYPE, origin: "https://music.example" });
  expect(ours.status).toBe(200);
  expect(world.replicas[0].notes()).toBe(1);
});

test("a server on the network does not take its local names for its own", async () => {
  const world = await signedIn(HTTPS);
  const origin = `http://localhost:${world.replicas[0].port}`;
  expect((await send(world, { origin, ...JSON_TYPE })).status).toBe(403);
});

describe("what is somebody's", () => {
  test.each(["cross-site", "same-site"])("can't be embedded by a %s page", async (site) => {
    const { browser } = await signedIn(HTTPS);
    const headers = { "sec-fetch-site": site };
    for (const path of ["/stream/x", "/%73tream/x", "/trpc/auth.me", "/trpc/auth.csrf"]) {
      const answer = await browser.fetch(path, { headers });
      expect([path, answer.status]).toEqual([path, 403]);
    }
    expect((await browser.fetch("/", { headers })).status).not.toBe(403);
  });

  test.each(["same-origin", "none"])("is there for %s", async (site) => {
    const { browser } = await signedIn(HTTPS);
    const answer = await browser.fetch("/trpc/auth.me", { headers: { "sec-fetch-site": site } });
    expect(answer.status).toBe(200);
  });
});

test.each(["auth.me", "bands.list"] as const)(
  "what is refused before tRPC reaches the person as a sentence too, asking for %s",
  async (path) => {
    const { replicas } = await annasServer(1, { environment: HTTPS });
    const elsewhere: typeof fetch = (url, init) =>
      fetch(url, {
        ...init,
        headers: { ...(init?.headers as Headers), "sec-fetch-site": "cross-site" },
      });
    const { api } = createBackline({ baseUrl: replicas[0].baseUrl, fetch: elsewhere });
    const asking = path === "auth.me" ? api.auth.me.query() : api.bands.list.query();
    const refusal = await asking.catch(refusalOf);
    expect(refusal).toMatchObject({ code: "forbidden" });
  },
);
