import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import type { MediaTicket } from "#contract/tickets.ts";
import { refreshTokens } from "#drizzle/schema/index.ts";
import { write } from "#server/base/db.ts";
import { type Browser, openBrowser } from "#tests/auth/browser.ts";
import { signIn } from "#tests/auth/people.ts";
import { ADMIN, startServer } from "#tests/support/server.ts";
import { annasStorage, type StorageWorld, trackAt } from "#tests/support/world.ts";
import { type LiveAnswer, listen } from "./live.ts";

/** A recording that plays, and changes that are told, may go on for so long after the session. */
const GRACE_MS = 5_000;

interface Listening extends StorageWorld {
  /** In front of the first of two servers. */
  readonly browser: Browser;
  /** A stream, a download, a stream by a ticket and live updates, all from the other server and none at its end. */
  readonly streams: readonly Promise<string>[];
  readonly live: LiveAnswer;
  readonly there: Browser;
}

/** Anna is signed in on one server and listens to what the other sends. */
async function annaListensElsewhere(): Promise<Listening> {
  const world = await annasStorage((cloud) =>
    cloud.tree.put("take.mp3", { sizeBytes: 10_000_000 }),
  );
  const { testDatabase, testKeys } = world.server.deps;
  const other = await startServer({ database: testDatabase, keys: testKeys });
  const { id } = await trackAt(world, "take.mp3");

  const browser = openBrowser(world.server.baseUrl);
  await signIn(browser, ADMIN);
  const there = openBrowser(
    other.baseUrl,
    {},
    { cookies: new Map(browser.cookies), setCookies: [] },
  );
  world.cloud.fault({ method: "GET", stallAfterBytes: 500_000 });
  const { data: ticket } = await there.query("playback.ticket", { trackId: id, use: "stream" });
  const byTicket = fetch(other.baseUrl + (ticket as MediaTicket).path).then((got) => got.bytes());
  const asked = [there.fetch(`/stream/${id}`), there.fetch(`/download/${id}`), byTicket];
  const streams = asked.map((stream) =>
    stream.then(
      () => "came to its end",
      () => "was cut",
    ),
  );
  const visitor = { baseUrl: other.baseUrl, browser: there, csrf: "", person: null };
  const live = await listen(visitor, "connections.scanProgress", {
    connectionId: world.connection.id,
  });
  expect((await live.next())?.name).toBe("message");
  await expect.poll(() => world.cloud.openDownloads()).toBe(3);
  return { ...world, browser, there, streams, live };
}

/** How long everything that Anna listened to went on. */
async function untilSilence({ streams, live, cloud }: Listening): Promise<number> {
  const begunMs = performance.now();
  expect(await Promise.all(streams)).toEqual(["was cut", "was cut", "was cut"]);
  for (let event = await live.next(); event; event = await live.next()) {
    expect(event.name).not.toBe("message");
  }
  await expect.poll(() => cloud.openDownloads()).toBe(0);
  return performance.now() - begunMs;
}

describe("what one server sends ends when the session is ended on another", () => {
  test("by signing out", async () => {
    const world = await annaListensElsewhere();
    expect((await world.there.query("auth.me")).status).toBe(200);
    expect((await world.browser.mutate("auth.signOut")).status).toBe(200);
    expect((await world.there.query("auth.me")).status).toBe(401);
    expect(await untilSilence(world)).toBeLessThan(GRACE_MS);
  });

  test("because a copy of its refresh token came back", async () => {
    const world = await annaListensElsewhere();
    const { baseUrl } = world.server;
    const cookies = new Map(world.browser.cookies);
    const thief = openBrowser(baseUrl, {}, { cookies, setCookies: [] });
    await world.browser.mutate("auth.refresh");
    await write(world.server.deps, (tx) =>
      tx.update(refreshTokens).set({ spentAt: sql`now() - interval '11 seconds'` }),
    );
    expect((await thief.mutate("auth.refresh")).status).toBe(401);
    expect((await world.there.query("auth.me")).status).toBe(401);
    expect(await untilSilence(world)).toBeLessThan(GRACE_MS);
  });
});
