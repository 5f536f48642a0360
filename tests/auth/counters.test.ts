import { describe, expect, test } from "vitest";
import type { Counters } from "#server/base/counters.ts";
import { testDeps } from "#tests/support/deps.ts";
import { hasRedis, startRedis } from "#tests/support/redis.ts";
import { startServer } from "#tests/support/server.ts";
import { openBrowser } from "./browser.ts";
import { type CountStore, STORES } from "./count-stores.ts";
import { annasServer, PASSWORD, signIn, type World } from "./people.ts";

const WRONG = "eleven green bassoons";
const WINDOW_MS = 60_000;

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

/** The limit of a minute is over before each of these. */
async function tryAll(
  store: CountStore,
  world: World,
  passwords: readonly string[],
): Promise<number[]> {
  const statuses: number[] = [];
  for (const [attempt, password] of passwords.entries()) {
    await store.forget(world.deps, "signIn ");
    const replica = world.replicas[attempt % world.replicas.length] ?? world.replicas[0];
    const person = { email: world.anna.email, password };
    statuses.push((await signIn(openBrowser(replica.baseUrl), person)).status);
  }
  return statuses;
}

test("CI has a Redis to count in", () => {
  const sentence = "Install redis-server with apt-get, so that CI tests it.";
  expect(hasRedis || process.env.CI !== "true", sentence).toBe(true);
});

describe.each(STORES)("counted in %s", (_, openStore) => {
  async function three(): Promise<readonly Counters[]> {
    const { environment } = await openStore();
    const first = await testDeps({ environment });
    const more = { environment, database: first.testDatabase, keys: first.testKeys };
    return [first, await testDeps(more), await testDeps(more)].map(({ counters }) => counters);
  }

  test("none of 300 that three servers add at once is lost", async () => {
    const counters = await three();
    const counts = await Promise.all(
      times(100, 0).flatMap(() => counters.map((each) => each.count("k", WINDOW_MS))),
    );
    expect(counts.map(({ hits }) => hits).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 300 }, (_each, index) => index + 1),
    );
    for (const { msLeft } of counts) {
      expect(msLeft).toBeGreaterThan(0);
      expect(msLeft).toBeLessThanOrEqual(WINDOW_MS);
    }
  });

  test("several count as one step, each key by itself, in a window that nothing makes longer", async () => {
    const [counters] = await three();
    expect(await counters?.count("many", WINDOW_MS, 50)).toMatchObject({ hits: 50 });
    const again = await counters?.count("many", 10 * WINDOW_MS, 7);
    expect(again?.hits).toBe(57);
    expect(again?.msLeft).toBeLessThanOrEqual(WINDOW_MS);
    expect(await counters?.count("other", WINDOW_MS)).toMatchObject({ hits: 1 });
  });

  test("a window that is over is forgotten", async () => {
    const [counters] = await three();
    await counters?.count("short", 20, 50);
    await expect.poll(async () => (await counters?.count("short", 20))?.hits).toBe(1);
    await counters?.forgetOld();
  });

  test("what is given back was no try, and less than none there is not", async () => {
    const counters = await three();
    const [counter] = counters;
    await counter?.giveBack(["k"]);
    expect(await counter?.count("k", WINDOW_MS, 30)).toMatchObject({ hits: 30 });
    await Promise.all(counters.flatMap((each) => times(5, 0).map(() => each.giveBack(["k"]))));
    const left = await counter?.count("k", WINDOW_MS);
    expect(left?.hits).toBe(16);
    expect(left?.msLeft).toBeLessThanOrEqual(WINDOW_MS);
    await Promise.all(times(40, 0).map(() => counter?.giveBack(["k"])));
    expect(await counter?.count("k", WINDOW_MS)).toMatchObject({ hits: 1 });
  });

  test("signing in may be tried ten times a minute over three servers", async () => {
    const { environment } = await openStore();
    const world = await annasServer(3, { environment });
    const answers = [];
    for (let index = 0; index < 11; index += 1) {
      const replica = world.replicas[index % 3] ?? world.replicas[0];
      answers.push(await signIn(openBrowser(replica.baseUrl), world.anna));
    }
    expect(answers.map(({ status }) => status)).toEqual([...times(10, 200), 429]);
    const left = answers.map(({ headers }) => headers.get("ratelimit-remaining"));
    expect(left).toEqual([..."9876543210", "0"]);
    expect(Number(answers[10]?.headers.get("retry-after"))).toBeLessThanOrEqual(60);
  });

  test("ten wrong passwords make the right one wait, and right ones in between count for nothing", async () => {
    const store = await openStore();
    const world = await annasServer(3, { environment: store.environment });
    const tries = [...times(9, WRONG), PASSWORD, PASSWORD, WRONG, PASSWORD, WRONG];
    const statuses = await tryAll(store, world, tries);
    expect(statuses).toEqual([...times(9, 401), 200, 200, 401, 429, 429]);
  });

  test("many wrong passwords at the same time are no more tries than one after the other", async () => {
    const store = await openStore();
    const world = await annasServer(1, { environment: store.environment });
    const person = { email: world.anna.email, password: WRONG };
    const statuses = await Promise.all(
      times(20, world.replicas[0]).map(async ({ baseUrl }) => {
        const browser = openBrowser(baseUrl);
        await browser.csrfToken();
        await store.forget(world.deps, "signIn ");
        return (await signIn(browser, person)).status;
      }),
    );
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(10);
  });

  test("nobody signs in while nobody can count; who is signed in goes on, and then all is as before", async () => {
    const store = await openStore();
    const world = await annasServer(1, { environment: store.environment });
    await signIn(world.browser, world.anna);
    await store.takeAway(world.deps);
    const stranger = openBrowser(world.replicas[0].baseUrl);
    const answer = await signIn(stranger, world.anna);
    expect([answer.status, answer.refusal?.code]).toEqual([503, "busy"]);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await world.browser.query("auth.me")).status).toBe(200);
    await store.bringBack(world.deps);
    await expect.poll(async () => (await signIn(stranger, world.anna)).status).toBe(200);
  });
});

const whereThereIsRedis = hasRedis ? describe : () => {};

whereThereIsRedis("Redis", () => {
  test("may be away while a server starts, which counts from when it comes", async () => {
    const redis = await startRedis();
    await redis.stop();
    const server = await startServer({ environment: { REDIS_URL: redis.url } });
    const { counters } = server.deps;
    await expect(counters.count("k", WINDOW_MS)).rejects.toMatchObject({ code: "busy" });
    await redis.start();
    const count = () =>
      counters.count("k", WINDOW_MS).then(
        ({ hits }) => hits,
        () => 0,
      );
    await expect.poll(count).toBeGreaterThan(0);
  });
});
