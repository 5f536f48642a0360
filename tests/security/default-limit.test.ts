import { like, sql } from "drizzle-orm";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { rateLimits } from "#drizzle/schema/index.ts";
import { write } from "#server/base/db.ts";
import { type Answer, type Browser, openBrowser } from "#tests/auth/browser.ts";
import { annasServer, createPerson, signIn, type World } from "#tests/auth/people.ts";
import { NOTE } from "#tests/auth/replica.ts";
import { createClockedDatabase } from "#tests/support/database-clock.ts";
import type { TestDepsOptions } from "#tests/support/deps.ts";

const BEHIND_PROXY = { environment: { TRUST_PROXY: "127.0.0.1" } };
const READS = 1_200;
/** What a server counts before it tells the others. */
const SHARE = 50;

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

const limitOf = ({ headers }: Answer) =>
  ["limit", "remaining"].map((name) => headers.get(`ratelimit-${name}`)).join("/");

/** In front of each server in turn, with the same cookies. */
const turnsOf = (world: World, browser: Browser) => (index: number) =>
  browser.at(world.replicas[index % world.replicas.length]?.baseUrl ?? "");

async function withAnna(replicaCount = 1, options: TestDepsOptions = {}): Promise<World> {
  const world = await annasServer(replicaCount, options);
  await signIn(world.browser, world.anna);
  return world;
}

/** Ten at a time, as the client asks. */
const readTen = (browser: Browser): Promise<Answer> =>
  browser.fetch(`/trpc/${times(10, "auth.me").join(",")}?batch=1`);

const hitsOf = async ({ deps }: World, prefix: string): Promise<number[]> => {
  const rows = await deps.db
    .select({ hits: rateLimits.hits })
    .from(rateLimits)
    .where(like(rateLimits.key, `${prefix}%`));
  return rows.map(({ hits }) => hits);
};

describe("nobody who is signed in", () => {
  test("may ask a hundred times a minute over all servers, and is told how many are left", async () => {
    const world = await annasServer(3);
    const turn = turnsOf(world, world.browser);
    for (let index = 0; index < 100; index += 1) {
      const answer = await turn(index).query("system.info");
      expect([answer.status, limitOf(answer)]).toEqual([200, `100/${99 - index}`]);
    }
    for (let index = 0; index < 3; index += 1) {
      const answer = await turn(index).query("system.info");
      expect([answer.status, limitOf(answer)]).toEqual([429, "100/0"]);
      expect(answer.refusal?.code).toBe("rate_limited");
      const seconds = Number(answer.headers.get("retry-after"));
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThanOrEqual(60);
      for (const name of ["ratelimit-reset", "x-ratelimit-reset"]) {
        expect(answer.headers.get(name)).toBe(String(seconds));
      }
      expect(answer.headers.get("x-ratelimit-limit")).toBe("100");
      expect(answer.headers.get("x-ratelimit-remaining")).toBe("0");
    }
  });

  test("has each procedure of a request counted, whether or not it is let in", async () => {
    const { browser } = await annasServer();
    const answers = [];
    for (let index = 0; index < 10; index += 1) answers.push(await readTen(browser));
    expect(answers.map(({ status }) => status)).toEqual(times(10, 401));
    expect(answers.map(limitOf)).toEqual(times(10, 0).map((_, index) => `100/${90 - index * 10}`));
    expect((await browser.query("system.info")).status).toBe(429);
  });

  test("shares a hundred with their IPv6 line and with nobody else's", async () => {
    const world = await annasServer(1, BEHIND_PROXY);
    const from = (address: string) =>
      openBrowser(world.replicas[0].baseUrl, { "x-forwarded-for": address });
    for (let host = 0; host < 10; host += 1) await readTen(from(`2001:db8:1:2:${host}::1`));
    expect((await from("2001:db8:1:2:ffff::1").query("system.info")).status).toBe(429);
    expect((await from("2001:db8:1:3::1").query("system.info")).status).toBe(200);
    expect((await from("203.0.113.7").query("system.info")).status).toBe(200);
  });

  test("takes nothing from those who are signed in behind the same address", async () => {
    const { browser, replicas } = await withAnna();
    const stranger = openBrowser(replicas[0].baseUrl);
    for (let index = 0; index < 10; index += 1) await readTen(stranger);
    expect((await stranger.query("system.info")).status).toBe(429);
    expect((await browser.query("auth.me")).status).toBe(200);
    expect((await browser.mutate(NOTE)).status).toBe(200);
  });

  test("takes nothing from a browser that only has to renew its token, nor gives it more", async () => {
    const clock = await createClockedDatabase();
    const { browser, deps, replicas } = await withAnna(1, { database: clock.database });
    const stranger = openBrowser(replicas[0].baseUrl);
    await clock.pass(deps, 11 * 60_000);
    for (let index = 0; index < 10; index += 1) await readTen(stranger);
    expect((await stranger.query("system.info")).status).toBe(429);

    expect((await browser.query("auth.me")).status).toBe(401);
    for (let index = 0; index < 9; index += 1) expect((await readTen(browser)).status).toBe(401);
    for (let index = 0; index < 9; index += 1) await browser.query("auth.me");
    expect((await browser.query("auth.me")).status).toBe(429);
  });

  test("works again in the next minute", async () => {
    let aheadMs = 0;
    const world = await annasServer(1, { now: () => new Date(Date.now() + aheadMs) });
    for (let index = 0; index < 11; index += 1) await readTen(world.browser);
    expect((await world.browser.query("system.info")).status).toBe(429);
    aheadMs = 60_001;
    await write(world.deps, (tx) =>
      tx.update(rateLimits).set({ windowEndsAt: sql`now() - interval '1 millisecond'` }),
    );
    expect(limitOf(await world.browser.query("system.info"))).toBe("100/99");
  });

  test("who goes on and on costs the store of all servers no more than one count a second", async () => {
    const frozen = new Date();
    const world = await annasServer(1, { now: () => frozen });
    for (let index = 0; index < 40; index += 1) await readTen(world.browser);
    const [hits] = await hitsOf(world, "calls anyone");
    expect(hits).toBeGreaterThan(100);
    expect(hits).toBeLessThanOrEqual(110);
  });
});

describe("somebody who is signed in", () => {
  test("may make a hundred changes a minute over all servers, whoever else is in the house", async () => {
    const world = await withAnna(2);
    const ben = await createPerson(world.deps, "ben");
    const bens = openBrowser(world.replicas[0].baseUrl);
    await signIn(bens, ben);
    const csrf = await world.browser.csrfToken();
    const turn = turnsOf(world, world.browser);
    // Some other server has counted most of them.
    await world.deps.counters.count(`calls changes ${world.anna.userId}`, 60_000, 80);
    for (let index = 0; index < 20; index += 1) {
      const answer = await turn(index).mutate(NOTE, undefined, { csrf });
      expect([answer.status, limitOf(answer)]).toEqual([200, `100/${19 - index}`]);
    }
    const answer = await turn(0).mutate(NOTE, undefined, { csrf });
    expect([answer.status, answer.refusal?.code]).toEqual([429, "rate_limited"]);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await turn(1).mutate(NOTE, undefined, { csrf })).status).toBe(429);

    const phone = openBrowser(world.replicas[1]?.baseUrl ?? "");
    await signIn(phone, world.anna);
    expect((await phone.mutate(NOTE)).status).toBe(429);

    expect((await turn(0).query("auth.me")).status).toBe(200);
    expect((await bens.mutate(NOTE)).status).toBe(200);
    expect(world.replicas.map(({ notes }) => notes())).toEqual([11, 10]);
  });

  test("may read 1,200 times a minute, told to the other servers by the fifty", async () => {
    const world = await withAnna();
    const before = Number(
      (await world.browser.query("auth.me")).headers.get("ratelimit-remaining"),
    );
    expect(before).toBeGreaterThan(READS - 10);
    expect(await hitsOf(world, "calls reads")).toEqual([]);
    for (let index = 0; index < 4; index += 1) await readTen(world.browser);
    expect(await hitsOf(world, "calls reads")).toEqual([]);
    await readTen(world.browser);
    await expect.poll(() => hitsOf(world, "calls reads")).toEqual([SHARE]);

    let answer = await readTen(world.browser);
    let asked = 70;
    while (answer.status === 200) {
      answer = await readTen(world.browser);
      asked += 10;
    }
    expect(asked).toBeGreaterThanOrEqual(READS);
    expect(asked).toBeLessThanOrEqual(READS + 20);
    const refused = await world.browser.query("auth.me");
    expect([refused.status, limitOf(refused)]).toEqual([429, `${READS}/0`]);
  });

  test("gets little more from three servers than from one", async () => {
    const world = await withAnna(3);
    const turn = turnsOf(world, world.browser);
    let letIn = 0;
    let refused = 0;
    for (let index = 0; refused < 3 && index < 400; index += 1) {
      const answer = await readTen(turn(index));
      if (answer.status === 200) letIn += 10;
      refused = answer.status === 200 ? 0 : refused + 1;
    }
    expect(letIn).toBeGreaterThanOrEqual(READS - 20);
    // Of each of the two others: what it had not told yet, and as much again until this one asks anew.
    expect(letIn).toBeLessThanOrEqual(READS + 2 * 2 * SHARE);
  });
});

describe("covers and pictures", () => {
  const PICTURES = 3_000;

  test("are 3,000 a minute for an account, apart from what it reads", async () => {
    const world = await withAnna();
    const ben = await createPerson(world.deps, "ben");
    const bens = openBrowser(world.replicas[0].baseUrl);
    await signIn(bens, ben);
    const own = `/picture/${world.anna.userId}`;
    const cover = `/cover/${crypto.randomUUID()}`;
    const ask = (path: string) => world.browser.fetch(path);
    const left = Number((await world.browser.query("auth.me")).headers.get("ratelimit-remaining"));
    for (const [index, path] of [own, cover, own].entries()) {
      const answer = await ask(path);
      expect([answer.status, limitOf(answer)]).toEqual([
        404,
        `${PICTURES}/${PICTURES - 1 - index}`,
      ]);
    }
    // Some other server has counted most of them.
    await world.deps.counters.count(`calls pictures ${world.anna.userId}`, 60_000, 2_950);
    for (let index = 3; index < SHARE; index += 1) expect((await ask(cover)).status).toBe(404);
    await expect.poll(async () => limitOf(await ask(cover))).toBe(`${PICTURES}/0`);

    for (const path of [own, cover]) {
      const answer = await ask(path);
      expect([answer.status, limitOf(answer)]).toEqual([429, `${PICTURES}/0`]);
      expect(answer.refusal).toMatchObject({ code: "rate_limited" });
      expect(answer.refusal?.message).toContain("for pictures");
      const seconds = Number(answer.headers.get("retry-after"));
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThanOrEqual(60);
      expect(answer.headers.get("ratelimit-reset")).toBe(String(seconds));
    }
    expect((await bens.fetch(own)).status).toBe(404);
    const reading = await world.browser.query("auth.me");
    expect(limitOf(reading)).toBe(`${READS}/${left - 1}`);
  });

  test("of five screens that are scrolled past, a thousand, are all sent", async () => {
    const world = await withAnna();
    const cover = `/cover/${crypto.randomUUID()}`;
    // Ten at a time, as a browser asks at most.
    for (let asked = 0; asked < 1_000; asked += 10) {
      const answers = await Promise.all(times(10, cover).map((path) => world.browser.fetch(path)));
      expect(answers.map(({ status }) => status)).toEqual(times(10, 404));
    }
    await expect.poll(() => hitsOf(world, "calls pictures")).toEqual([1_000]);
  });

  test("are counted for the network of whoever is not signed in", async () => {
    const world = await withAnna();
    const stranger = openBrowser(world.replicas[0].baseUrl);
    const cover = `/cover/${crypto.randomUUID()}`;
    await world.deps.counters.count("calls pictures 127.0.0.1", 60_000, PICTURES);
    const answers = [];
    for (let index = 0; index < SHARE; index += 1) answers.push(await stranger.fetch(cover));
    expect(answers.map(({ status }) => status)).toEqual(times(SHARE, 401));
    await expect.poll(async () => (await stranger.fetch(cover)).status).toBe(429);
    expect((await world.browser.fetch(cover)).status).toBe(404);
    expect((await stranger.query("system.info")).status).toBe(200);
  });
});

test("while nobody can count together, all goes on, each server counts alone, and the log says so", async () => {
  const lines: string[] = [];
  const log = pino({ level: "warn" }, { write: (line: string) => void lines.push(line) });
  const world = await withAnna(1, { log });
  const csrf = await world.browser.csrfToken();
  await write(world.deps, (tx) => tx.execute(sql`alter table rate_limits rename to away`));
  const stranger = openBrowser(world.replicas[0].baseUrl);
  expect((await stranger.query("system.info")).status).toBe(200);
  expect((await world.browser.mutate(NOTE, undefined, { csrf })).status).toBe(200);
  for (let index = 0; index < 20; index += 1) {
    expect((await readTen(world.browser)).status).toBe(200);
  }
  for (let index = 0; index < 99; index += 1) await stranger.query("system.info");
  expect((await stranger.query("system.info")).status).toBe(429);
  const told = lines.filter((line) => line.includes("counted by this server alone"));
  // Not with every one of the 120 that were counted alone.
  expect(told.length).toBeGreaterThan(0);
  expect(told.length).toBeLessThan(10);
});
