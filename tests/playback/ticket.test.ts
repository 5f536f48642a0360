import { randomBytes } from "node:crypto";
import { EventSource } from "eventsource";
import sharp from "sharp";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { TrackId } from "#contract/ids.ts";
import { createBackline } from "#sdk/index.ts";
import { subscriptionObject } from "#server/auth/tickets.ts";
import { openBrowser } from "#tests/auth/browser.ts";
import { createPerson, PASSWORD, signIn } from "#tests/auth/people.ts";
import { mp3 } from "#tests/library/made-audio.ts";
import { ask } from "#tests/support/raw-http.ts";
import { ADMIN } from "#tests/support/server.ts";
import { annasStorage, trackAt, type World } from "#tests/support/world.ts";

const take = randomBytes(200_000);

/** Anna's band with two takes; `fetch` is a loudspeaker's, which has neither cookies nor headers. */
async function annasTakes() {
  const world = await annasStorage((cloud) => {
    cloud.tree.put("Live/one.mp3", take);
    cloud.tree.put("Live/two.mp3", take);
  });
  const [one, two] = [await trackAt(world, "Live/one.mp3"), await trackAt(world, "Live/two.mp3")];
  const at = (path: string, init?: RequestInit) => fetch(world.server.baseUrl + path, init);
  return { ...world, one, two, at };
}

test("a loudspeaker plays, seeks in and saves a track with a ticket, and nothing else", async () => {
  const { anna, one, two, at } = await annasTakes();
  const { path, expiresAt } = await anna.api.playback.ticket.query({
    trackId: one.id,
    use: "stream",
  });
  const left = Date.parse(expiresAt) - Date.now();
  expect(left).toBeGreaterThan(240_000);
  expect(left).toBeLessThan(305_000);

  const whole = await at(path);
  expect(whole.status).toBe(200);
  expect(Buffer.from(await whole.arrayBuffer()).equals(take)).toBe(true);
  const part = await at(path, { headers: { range: "bytes=1000-1999" } });
  expect(part.status).toBe(206);
  expect((await at(path, { method: "HEAD" })).status).toBe(200);

  const ticket = path.split("?")[1];
  for (const other of [
    `/stream/${two.id}`,
    `/download/${one.id}`,
    `/cover/${one.id}`,
    "/trpc/auth.me",
    "/trpc/bands.list",
  ]) {
    expect([other, (await at(`${other}?${ticket}`)).status]).toEqual([other, 401]);
  }
});

test("a ticket changes nothing, whatever it is for", async () => {
  const { anna, at } = await annasTakes();
  const { ticket } = await anna.api.auth.subscriptionTicket.query({
    path: "account.upgradeToCreator",
    input: "",
  });
  const answer = await at(`/trpc/account.upgradeToCreator?ticket=${ticket}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
  });
  expect(answer.status).toBe(401);
});

describe("a ticket is worth nothing", () => {
  const ticketOf = async (world: Awaited<ReturnType<typeof annasTakes>>, trackId: TrackId) =>
    (await world.anna.api.playback.ticket.query({ trackId, use: "stream" })).path;

  test("after its session has ended", async () => {
    const world = await annasTakes();
    const path = await ticketOf(world, world.one.id);
    await world.anna.api.auth.signOut.mutate();
    expect((await world.at(path)).status).toBe(401);
  });

  test("a second after its time, by the database's clock", async () => {
    const world = await annasTakes();
    const path = await ticketOf(world, world.one.id);
    const [object = "", ticket = ""] = path.split("?ticket=");
    const [sessionId, userId, end] = ticket.split(".");
    const signedUntil = (second: number) => {
      const claims = `${sessionId}.${userId}.${second}`;
      const signature = world.server.deps.sessionKeys.sign("ticket", `${claims} ${object}`);
      return `${object}?ticket=${claims}.${signature}`;
    };
    expect((await world.at(signedUntil(Number(end)))).status).toBe(200);
    expect((await world.at(signedUntil(Number(end) - 301))).status).toBe(401);
  });

  test.each([
    [
      "a sign was changed",
      (text: string) => text.replace(/.$/, (last) => (last === "A" ? "B" : "A")),
    ],
    [
      "its end was moved",
      (text: string) => text.replace(/\.(\d{10})\./, (_, end) => `.${Number(end) + 9}.`),
    ],
    [
      "it is another user's",
      (text: string) => text.replace(/\.[0-9a-f-]{36}\./, ".01a21601-8c7a-71a8-9f84-c660730b2b84."),
    ],
    ["it is empty", () => ""],
    ["it is given twice", (text: string) => `${text}&ticket=${text}`],
  ])("when %s", async (_, change) => {
    const world = await annasTakes();
    const [object = "", ticket = ""] = (await ticketOf(world, world.one.id)).split("?ticket=");
    expect((await world.at(`${object}?ticket=${change(ticket)}`)).status).toBe(401);
  });

  test("beside cookies that would be good: it alone counts", async () => {
    const world = await annasTakes();
    const answer = await world.anna.fetch(`${world.anna.streamUrl(world.one.id)}?ticket=x`);
    expect(answer.status).toBe(401);
  });
});

describe("from another website", () => {
  /** Asks as a browser does there, over a socket of its own. */
  const askFrom = (
    { server }: World,
    path: string,
    headers: Record<string, string> = {},
    method = "GET",
  ) => ask(server.port, path, { "sec-fetch-site": "cross-site", ...headers }, method);

  async function annasCover() {
    const create = { width: 9, height: 9, channels: 3, background: "red" } as const;
    const picture = await sharp({ create }).png().toBuffer();
    const world = await annasStorage((cloud) => {
      cloud.tree.put("one.mp3", mp3({ TIT2: "One" }, 1, picture));
      cloud.tree.put("two.mp3", mp3({ TIT2: "Two" }, 1, picture));
    });
    const browser = openBrowser(world.server.baseUrl);
    await signIn(browser, ADMIN);
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const [one, two] = [await trackAt(world, "one.mp3"), await trackAt(world, "two.mp3")];
    const ticketFor = async (use: "stream" | "download" | "cover") =>
      (await world.anna.api.playback.ticket.query({ trackId: one.id, use })).path;
    return { ...world, cookie, one, two, ticketFor };
  }

  test.each(["cross-site", "same-site"])(
    "that is %s a ticket fetches a recording and its cover, with and without cookies",
    async (site) => {
      const world = await annasCover();
      for (const use of ["stream", "cover"] as const) {
        const path = await world.ticketFor(use);
        for (const cookie of [{}, { cookie: world.cookie }, { cookie: "backline-access=x" }]) {
          const answer = await askFrom(world, path, { "sec-fetch-site": site, ...cookie });
          expect([use, cookie, answer.status]).toEqual([use, cookie, 200]);
          // Without it browsers keep from the element what they were sent.
          expect(answer.headers["cross-origin-resource-policy"]).toBe("cross-origin");
          expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
        }
      }
      const range = { "sec-fetch-site": site, range: "bytes=0-9" };
      const part = await askFrom(world, await world.ticketFor("stream"), range);
      expect([part.status, part.headers["content-length"]]).toEqual([206, "10"]);
    },
  );

  test("nothing else is to be had, whatever comes along", async () => {
    const world = await annasCover();
    const { one, two, cookie, ticketFor } = world;
    const [stream, cover, download] = [
      await ticketFor("stream"),
      await ticketFor("cover"),
      await ticketFor("download"),
    ];
    const ticketOf = (path: string) => path.split("?")[1] ?? "";
    const live = { path: "auth.me", input: "" };
    const { ticket } = await world.anna.api.auth.subscriptionTicket.query(live);
    const refused: readonly (readonly [path: string, method?: string])[] = [
      // With cookies alone.
      [`/stream/${one.id}`],
      [`/cover/${one.id}`],
      [`/download/${one.id}`],
      ["/trpc/auth.me"],
      // With a ticket for something else, with a spoilt one, or none.
      [`/stream/${two.id}?${ticketOf(stream)}`],
      [`/cover/${one.id}?${ticketOf(stream)}`],
      [`/stream/${one.id}?${ticketOf(cover)}`],
      [`/stream/${one.id}?ticket=`],
      [`${stream}x`],
      [`${stream}&${ticketOf(stream)}`],
      // With a ticket for what is no element of a page.
      [download],
      [`/trpc/auth.me?ticket=${ticket}`],
      [stream, "HEAD"],
    ];
    for (const [path, method = "GET"] of refused) {
      for (const sent of [{}, { cookie }]) {
        const answer = await askFrom(world, path, sent, method);
        expect([method, path, sent, answer.status]).toEqual([method, path, sent, 403]);
        expect(answer.headers["cross-origin-resource-policy"]).toBe("same-origin");
      }
    }
  });

  test("a ticket is worth as little as anywhere once its time or its session is over", async () => {
    const world = await annasCover();
    const [stream, cover] = [await world.ticketFor("stream"), await world.ticketFor("cover")];
    await world.anna.api.auth.signOut.mutate();
    for (const path of [stream, cover]) {
      // The cookies are of another session, which goes on.
      for (const sent of [{}, { cookie: world.cookie }]) {
        expect((await askFrom(world, path, sent)).status).toBe(401);
      }
    }
  });
});

test("nobody gets a ticket for a stranger's track, which is as if it did not exist", async () => {
  const world = await annasTakes();
  const ben = await createPerson(world.server.deps, "ben");
  const { api } = createBackline({ baseUrl: world.server.baseUrl });
  await api.auth.signIn.mutate({ email: ben.email, password: PASSWORD, rememberMe: false });
  const ask = (trackId: TrackId) =>
    api.playback.ticket.query({ trackId, use: "stream" }).catch((error: Error) => error.message);
  const nobodys = "01a21601-8c7a-71a8-9f84-c660730b2b84" as TrackId;
  expect(await ask(world.one.id)).toBe(await ask(nobodys));
});

test("a subscription is opened with a ticket for exactly what it asks", async () => {
  const { anna, connection, at } = await annasTakes();
  const input = JSON.stringify({ connectionId: connection.id });
  const path = "connections.scanProgress";
  const { ticket } = await anna.api.auth.subscriptionTicket.query({ path, input });
  const headers = { accept: "text/event-stream" };
  const object = (asked: string) => subscriptionObject(path, encodeURIComponent(asked));

  const live = await at(`${object(input)}&ticket=${ticket}`, { headers });
  expect(live.status).toBe(200);
  const reader = live.body?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toContain("event: connected");
  await reader?.cancel();

  const other = await at(
    `${object(JSON.stringify({ connectionId: crypto.randomUUID() }))}&ticket=${ticket}`,
    { headers },
  );
  expect(await other.text()).toContain("unauthenticated");
});

test("a program that has only an access token watches a scan and plays, in a browser too", async () => {
  const { server, connection, one } = await annasTakes();
  const browser = openBrowser(server.baseUrl);
  await signIn(browser, ADMIN);
  const accessToken = browser.cookies.get("backline-access") ?? "";
  const { api, ticketUrl } = createBackline({ baseUrl: server.baseUrl, accessToken });
  // What a browser has: no headers of ours.
  vi.stubGlobal("EventSource", EventSource);
  onTestFinished(() => void vi.unstubAllGlobals());

  const seen = await new Promise<unknown>((resolve, reject) => {
    const watching = api.connections.scanProgress.subscribe(
      { connectionId: connection.id },
      {
        onData(progress) {
          watching.unsubscribe();
          resolve(progress);
        },
        onError: reject,
      },
    );
  });
  expect(seen).toMatchObject({ state: "done" });
  expect((await fetch(await ticketUrl(one.id, "download"))).status).toBe(200);
});
