import { type SQL, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { downloadPath, streamPath } from "#contract/playback.ts";
import { shareGuests } from "#drizzle/schema/index.ts";
import { write } from "#server/base/db.ts";
import { forgetOldGuests } from "#server/shares/guests.ts";
import { openBrowser } from "#tests/auth/browser.ts";
import { refused } from "#tests/support/refused.ts";
import { startServer } from "#tests/support/server.ts";
import {
  annasTakes,
  begin,
  listen,
  listener,
  open,
  type SharingWorld,
  share,
  take,
  tokenOf,
} from "./sharing.ts";

const bodyOf = async (response: Response): Promise<Buffer> =>
  Buffer.from(await response.arrayBuffer());

const isCut = (response: Response): Promise<string> =>
  response.arrayBuffer().then(
    () => "came to its end",
    () => "was cut",
  );

const readShare = async ({ anna, bandId }: SharingWorld) =>
  (await anna.api.playback.shares.list.query({ bandId })).shares[0];

test("who has the link sees the recording and hears it, signed in nowhere", async () => {
  const world = await annasTakes();
  const link = await share(world);
  const guest = world.server.guest();
  expect(await open(guest, link)).toEqual({
    status: "open",
    shareId: link.share.id,
    kind: "track",
    title: "take 1",
    heldOn: null,
    tracks: [
      {
        id: world.track.id,
        title: "take 1",
        artist: null,
        album: "Live",
        durationMs: world.track.durationMs,
        sizeBytes: take.length,
        coverHash: null,
        isPresent: true,
      },
    ],
    trackCount: 1,
    canDownload: false,
    canComment: false,
    expiresAt: null,
    playsLeft: null,
  });
  await begin(guest, link, world.track);
  const whole = await listen(world, guest, link);
  expect([whole.status, await bodyOf(whole)]).toEqual([200, take]);
  const part = await listen(world, guest, link, { headers: { range: "bytes=100-199" } });
  expect([part.status, await bodyOf(part)]).toEqual([206, take.subarray(100, 200)]);
  expect((await refused(guest.api.auth.me.query())).code).toBe("unauthenticated");
});

test("nobody hears anything before they have opened the link and pressed play", async () => {
  const world = await annasTakes();
  const link = await share(world);
  const guest = world.server.guest();
  expect((await listen(world, guest, link)).status).toBe(401);
  expect((await refused(begin(guest, link, world.track))).code).toBe("unauthenticated");
  await open(guest, link);
  expect((await listen(world, guest, link)).status).toBe(403);
  expect(await readShare(world)).toMatchObject({ playCount: 0, lastPlayedAt: null });
  await begin(guest, link, world.track);
  expect((await listen(world, guest, link)).status).toBe(200);
});

test("a link leads to its recording and to no other", async () => {
  const world = await annasTakes();
  const link = await share(world);
  const guest = await listener(world, link);
  const sibling = await listen(world, guest, link, { trackId: world.other.id });
  const nothing = await listen(world, guest, link, { trackId: crypto.randomUUID() as never });
  expect([sibling.status, await sibling.text()]).toEqual([404, await nothing.text()]);
  expect((await refused(begin(guest, link, world.other))).code).toBe("not_found");
});

test("a member who is signed in is a guest where they ask as one, and has no more rights then", async () => {
  const world = await annasTakes();
  const link = await share(world);
  const asGuest = await listen(world, world.anna, link);
  expect(asGuest.status).toBe(401);
  await open(world.anna, link);
  await begin(world.anna, link, world.track);
  expect((await listen(world, world.anna, link)).status).toBe(200);
  const download = world.server.baseUrl + downloadPath(world.track.id, link.share.id);
  expect((await world.anna.fetch(download)).status).toBe(403);
  expect((await world.anna.fetch(world.anna.downloadUrl(world.track.id))).status).toBe(200);
});

test("what may be downloaded is downloaded under its name, once it counts as heard", async () => {
  const world = await annasTakes();
  const link = await share(world, { canDownload: true });
  const guest = world.server.guest();
  await open(guest, link);
  const url = world.server.baseUrl + downloadPath(world.track.id, link.share.id);
  expect((await guest.fetch(url)).status).toBe(403);
  await begin(guest, link, world.track);
  const answer = await guest.fetch(url);
  expect(await bodyOf(answer)).toEqual(take);
  expect(answer.headers.get("content-disposition")).toContain('filename="take 1.mp3"');
});

test("a listen counts once a guest, however often they seek, reload or press play", async () => {
  const world = await annasTakes();
  const link = await share(world);
  const guest = await listener(world, link);
  await listen(world, guest, link, { headers: { range: "bytes=0-9" } });
  await open(guest, link);
  await begin(guest, link, world.track);
  expect(await readShare(world)).toMatchObject({ playCount: 1 });
  await listener(world, link);
  expect(await readShare(world)).toMatchObject({
    playCount: 2,
    lastPlayedAt: expect.stringMatching(/Z$/),
  });
});

test("of what is told about listens nothing says whose they are", async () => {
  const world = await annasTakes();
  const link = await share(world);
  await listener(world, link);
  const rows = await world.server.deps.db.execute(sql`select * from share_guests`);
  expect(Object.keys(rows[0] ?? {}).toSorted()).toEqual([
    "expires_at",
    "guest_hash",
    "id",
    "share_id",
  ]);
  const events = await world.anna.api.admin.audit.list.query({});
  const sharing = events.events.filter(({ action }) => action.startsWith("share."));
  expect(sharing.map(({ action }) => action)).toEqual(["share.created"]);
});

describe("a link for so many listens", () => {
  test("is used up for who comes later, and goes on for who has begun", async () => {
    const world = await annasTakes();
    const link = await share(world, { playLimit: 2 });
    const late = world.server.guest();
    expect(await open(late, link)).toMatchObject({ playsLeft: 2 });
    const first = await listener(world, link);
    await listener(world, link);

    expect((await refused(begin(late, link, world.track))).code).toBe("gone");
    expect((await listen(world, late, link)).status).toBe(403);
    expect((await refused(open(world.server.guest(), link))).code).toBe("gone");
    expect(await readShare(world)).toMatchObject({ state: "used_up", playCount: 2 });

    expect(await open(first, link)).toMatchObject({ status: "open", playsLeft: 0 });
    expect((await listen(world, first, link)).status).toBe(200);
  });

  test("is opened by no more than that, of all who press play at once", async () => {
    const world = await annasTakes();
    const link = await share(world, { playLimit: 3 });
    const guests = Array.from({ length: 30 }, () => world.server.guest());
    for (const guest of guests) await open(guest, link);
    const outcomes = await Promise.allSettled(
      guests.flatMap((guest) => [begin(guest, link, world.track), begin(guest, link, world.track)]),
    );
    // Each of the three has asked twice.
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(6);
    expect(await readShare(world)).toMatchObject({ playCount: 3, state: "used_up" });
  });
});

describe("a link with a password", () => {
  test("tells nothing before it, and opens with it", async () => {
    const world = await annasTakes();
    const link = await share(world, {}, "eleven green bassoons");
    const guest = world.server.guest();
    expect(await open(guest, link)).toEqual({ status: "password_needed" });
    expect((await refused(open(guest, link, "a guess"))).code).toBe("forbidden");
    expect((await listen(world, guest, link)).status).toBe(401);
    expect(await open(guest, link, "eleven green bassoons")).toMatchObject({ status: "open" });
    // It is not asked for again.
    expect(await open(guest, link)).toMatchObject({ status: "open" });
  });

  test("takes ten guesses in a quarter of an hour; right ones use none up, and who is in stays in", async () => {
    const world = await annasTakes();
    const link = await share(world, {}, "eleven green bassoons");
    const guest = await listener(world, link, "eleven green bassoons");
    for (let round = 0; round < 11; round += 1) {
      await open(world.server.guest(), link, "eleven green bassoons");
    }
    const guesses = [];
    for (let round = 0; round < 11; round += 1) {
      guesses.push(await refused(open(world.server.guest(), link, `guess ${round}`)));
    }
    expect(guesses.map(({ code }) => code)).toEqual([
      ...Array.from({ length: 10 }, () => "forbidden"),
      "rate_limited",
    ]);
    expect(guesses.at(-1)?.retryAfterSeconds).toBeGreaterThan(800);
    const late = await refused(open(world.server.guest(), link, "eleven green bassoons"));
    expect(late.code).toBe("rate_limited");
    expect(await open(guest, link)).toMatchObject({ status: "open" });
    // Guesses at one link do not close another.
    const other = await share(world, {}, "twelve grey oboes");
    expect(await open(world.server.guest(), other, "twelve grey oboes")).toMatchObject({
      status: "open",
    });
  });

  test("of many guesses at once no more are compared than one after the other", async () => {
    const world = await annasTakes();
    const link = await share(world, {}, "eleven green bassoons");
    const guesses = await Promise.all(
      Array.from({ length: 20 }, () => refused(open(world.server.guest(), link, "a guess"))),
    );
    const count = (code: string) => guesses.filter((each) => each.code === code).length;
    expect([count("forbidden"), count("rate_limited")]).toEqual([10, 10]);
  });
});

/** Changes the link's row, and lets go of it once whoever comes meanwhile waits for that row. */
async function changeUnder<T>(
  { server }: SharingWorld,
  change: SQL,
  come: () => Promise<T>,
): Promise<T> {
  const { db } = server.deps;
  let coming: Promise<T> | undefined;
  await write(server.deps, async (tx) => {
    await tx.execute(change);
    coming = come();
    await expect
      .poll(async () => {
        const rows = await db.execute(sql`
          select from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`);
        return rows.length;
      })
      .toBe(1);
  });
  if (!coming) throw new Error("Nobody came.");
  return coming;
}

test.each([
  ["password", sql`update shares set password_hash = 'another'`],
  ["link", sql`update shares set token_hash = 'another'`],
])(
  "a %s that is changed while somebody comes in with the old one lets nobody in",
  async (_, change) => {
    const world = await annasTakes();
    const link = await share(world, {}, "eleven green bassoons");
    const refusal = await changeUnder(world, change, () =>
      refused(open(world.server.guest(), link, "eleven green bassoons")),
    );
    expect(refusal.code).toBe("not_found");
    expect(await world.server.deps.db.select().from(shareGuests)).toEqual([]);
  },
);

describe("what a guest hears ends", () => {
  /** A guest whose storage stands still in the middle, on another server than the owner's. */
  async function listeningElsewhere(password: string | null = null, terms = {}) {
    const world = await annasTakes();
    const link = await share(world, terms, password);
    const guest = await listener(world, link, password);
    const { testDatabase, testKeys } = world.server.deps;
    const there = await startServer({ database: testDatabase, keys: testKeys });
    world.cloud.fault({ method: "GET", stallAfterBytes: 50_000 });
    const response = await guest.fetch(there.baseUrl + streamPath(world.track.id, link.share.id));
    expect(response.status).toBe(200);
    return { world, link, guest, outcome: isCut(response) };
  }

  test("when the link is taken back, which leads nowhere then", async () => {
    const { world, link, guest, outcome } = await listeningElsewhere();
    await world.anna.api.playback.shares.remove.mutate({ shareId: link.share.id });
    const startedMs = performance.now();
    expect(await outcome).toBe("was cut");
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    await expect.poll(() => world.cloud.openDownloads()).toBe(0);
    expect((await listen(world, guest, link)).status).toBe(401);

    const ofNothing = { path: `/s/${"A".repeat(43)}` };
    expect(await refused(open(guest, link))).toEqual(await refused(open(guest, ofNothing)));
  });

  test("when it is downloaded and that is not allowed any more, while what plays goes on", async () => {
    const { world, link, guest, outcome } = await listeningElsewhere(null, { canDownload: true });
    let isOver = false;
    void outcome.then(() => {
      isOver = true;
    });
    const url = world.server.baseUrl + downloadPath(world.track.id, link.share.id);
    const download = isCut(await guest.fetch(url));
    const terms = { ...link.share.terms, canDownload: false };
    await world.anna.api.playback.shares.update.mutate({ shareId: link.share.id, terms });
    expect(await download).toBe("was cut");
    expect((await guest.fetch(url)).status).toBe(403);
    expect(isOver).toBe(false);
  });

  test("when the storage that it is in is disconnected, and the link with it", async () => {
    const { world, link, guest, outcome } = await listeningElsewhere();
    await world.anna.api.connections.remove.mutate({ connectionId: world.connection.id });
    await expect.poll(() => world.cloud.openDownloads(), { timeout: 5_000 }).toBe(0);
    expect(await outcome).toBe("was cut");
    expect((await listen(world, guest, link)).status).toBe(401);
  });

  test("when the link is another", async () => {
    const { world, link, guest, outcome } = await listeningElsewhere();
    const shareId = link.share.id;
    const renewed = await world.anna.api.playback.shares.renewLink.mutate({ shareId });
    expect(await outcome).toBe("was cut");
    expect((await refused(open(guest, link))).code).toBe("not_found");
    expect(renewed.path).not.toBe(link.path);
    expect(await open(guest, renewed)).toMatchObject({ status: "open", shareId });
  });

  test("when the password is another, and not when it stays", async () => {
    const { world, link, guest, outcome } = await listeningElsewhere("eleven green bassoons");
    let isOver = false;
    void outcome.then(() => {
      isOver = true;
    });
    const change = { shareId: link.share.id, terms: { ...link.share.terms, canDownload: true } };
    await world.anna.api.playback.shares.update.mutate(change);
    expect(await open(guest, link)).toMatchObject({ status: "open", canDownload: true });
    expect(isOver).toBe(false);

    await world.anna.api.playback.shares.update.mutate({ ...change, password: "twelve oboes" });
    expect(await outcome).toBe("was cut");
    expect(await open(guest, link)).toEqual({ status: "password_needed" });
    expect((await refused(open(guest, link, "eleven green bassoons"))).code).toBe("forbidden");
    await world.anna.api.playback.shares.update.mutate({ ...change, password: null });
    expect(await open(world.server.guest(), link)).toMatchObject({ status: "open" });
  });

  test("when the time of the link is over, also where its end was set meanwhile", async () => {
    const { world, link, guest, outcome } = await listeningElsewhere();
    const expiresAt = new Date(Date.now() + 4_000).toISOString();
    const terms = { ...link.share.terms, expiresAt };
    await world.anna.api.playback.shares.update.mutate({ shareId: link.share.id, terms });
    const later = isCut(await listen(world, guest, link));
    expect([await outcome, await later]).toEqual(["was cut", "was cut"]);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expiresAt) - 50);
    expect((await listen(world, guest, link)).status).toBe(401);
    expect((await refused(begin(guest, link, world.track))).code).toBe("unauthenticated");
    expect((await refused(open(guest, link))).code).toBe("not_found");
    expect(await readShare(world)).toMatchObject({ state: "expired" });
  });

  test("and goes on where its end was put off", async () => {
    const { world, link, outcome } = await listeningElsewhere();
    let isOver = false;
    void outcome.then(() => {
      isOver = true;
    });
    const shareId = link.share.id;
    const inMs = (ms: number) => ({
      ...link.share.terms,
      expiresAt: new Date(Date.now() + ms).toISOString(),
    });
    const { update, remove } = world.anna.api.playback.shares;
    await update.mutate({ shareId, terms: inMs(3_000) });
    await update.mutate({ shareId, terms: inMs(3_600_000) });
    await new Promise((wake) => setTimeout(wake, 4_000));
    expect(isOver).toBe(false);
    await remove.mutate({ shareId });
    expect(await outcome).toBe("was cut");
  });
});

test("after half a day a guest opens the link anew, which counts anew", async () => {
  const world = await annasTakes();
  const password = "eleven green bassoons";
  const link = await share(world, {}, password);
  const guest = await listener(world, link, password);
  await write(world.server.deps, (tx) => tx.update(shareGuests).set({ expiresAt: sql`now()` }));
  expect((await listen(world, guest, link)).status).toBe(401);
  expect((await refused(begin(guest, link, world.track))).code).toBe("unauthenticated");
  expect(await open(guest, link)).toEqual({ status: "password_needed" });
  await open(guest, link, password);
  expect((await listen(world, guest, link)).status).toBe(403);
  await begin(guest, link, world.track);
  expect(await readShare(world)).toMatchObject({ playCount: 2 });
});

test("who was a guest is forgotten after half a day, and how often it was heard stays", async () => {
  const world = await annasTakes();
  const link = await share(world);
  await listener(world, link);
  await write(world.server.deps, (tx) => tx.update(shareGuests).set({ expiresAt: sql`now()` }));
  await listener(world, link);
  await forgetOldGuests(world.server.deps);
  expect(await world.server.deps.db.select().from(shareGuests)).toHaveLength(1);
  expect(await readShare(world)).toMatchObject({ playCount: 2 });
});

test("a guest's cookie is for no script and no other website, and one that is made up is not kept", async () => {
  const world = await annasTakes();
  const link = await share(world);
  const { testDatabase, testKeys } = world.server.deps;
  const { baseUrl } = await startServer({
    ...{ database: testDatabase, keys: testKeys },
    environment: { PUBLIC_URL: "https://music.example" },
  });
  const browser = openBrowser(baseUrl, { origin: "https://music.example" });
  const planted = "B".repeat(43);
  browser.cookies.set("__Host-backline-guest", planted);
  await browser.mutate("playback.shares.open", { token: tokenOf(link) });
  const [line = ""] = browser.setCookies.filter((each) => each.includes("guest"));
  expect(line).toMatch(/^__Host-backline-guest=[\w-]{43}; /);
  expect(line).not.toContain(planted);
  expect(line.split("; ").slice(1).toSorted()).toEqual([
    "HttpOnly",
    "Max-Age=43200",
    "Path=/",
    "SameSite=Lax",
    "Secure",
  ]);
});

test("one browser is the guest of several links, by one cookie", async () => {
  const world = await annasTakes();
  const first = await share(world);
  const second = await share({ ...world, track: world.other });
  const guest = await listener(world, first);
  await open(guest, second);
  await begin(guest, second, world.other);
  expect((await listen(world, guest, first)).status).toBe(200);
  const other = await listen(world, guest, second, { trackId: world.other.id });
  expect(other.status).toBe(200);
  // Each leads to its own.
  expect((await listen(world, guest, second)).status).toBe(404);
});

test("the twenty-first recording that one guest has open has to wait", async () => {
  const world = await annasTakes();
  const link = await share(world);
  const guest = await listener(world, link);
  world.cloud.fault({ method: "GET", stall: true });
  const leave = new AbortController();
  const all = Array.from({ length: 20 }, () =>
    listen(world, guest, link, { signal: leave.signal }).catch(() => undefined),
  );
  await expect.poll(() => world.cloud.openDownloads()).toBe(20);
  expect((await listen(world, guest, link)).status).toBe(429);
  leave.abort();
  await Promise.all(all);
});
