import { like, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { rateLimits, sessions } from "#drizzle/schema/index.ts";
import { clientKey } from "#server/base/client-key.ts";
import { write } from "#server/base/db.ts";
import { openBrowser } from "#tests/auth/browser.ts";
import { annasServer, PASSWORD, signIn, type World } from "#tests/auth/people.ts";
import { testDeps } from "#tests/support/deps.ts";

const BEHIND_PROXY = { environment: { TRUST_PROXY: "127.0.0.1" } };

/** Signs Anna in once from each of these addresses, as the proxy reports them. */
async function signInFrom(world: World, addresses: readonly string[]): Promise<number[]> {
  const statuses: number[] = [];
  for (const [index, address] of addresses.entries()) {
    const replica = world.replicas[index % world.replicas.length] ?? world.replicas[0];
    const browser = openBrowser(replica.baseUrl, { "x-forwarded-for": address });
    statuses.push((await signIn(browser, world.anna)).status);
  }
  return statuses;
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe("signing in", () => {
  test("may be tried ten times a minute over all servers, right or wrong; then it says when", async () => {
    const world = await annasServer(3);
    const { anna, replicas } = world;
    const browsers = replicas.map((each) => openBrowser(each.baseUrl));
    const answers = [];
    for (let index = 0; index < 11; index += 1) {
      const browser = browsers[index % 3] ?? world.browser;
      answers.push(await signIn(browser, anna));
    }

    expect(answers.map((each) => each.status)).toEqual([...times(10, 200), 429]);
    expect(answers.map((each) => each.headers.get("ratelimit-remaining"))).toEqual([
      "9",
      "8",
      "7",
      "6",
      "5",
      "4",
      "3",
      "2",
      "1",
      "0",
      "0",
    ]);
    const last = answers[10];
    expect(last?.refusal?.code).toBe("rate_limited");
    expect(last?.headers.get("x-ratelimit-limit")).toBe("10");
    const seconds = Number(last?.headers.get("retry-after"));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(last?.headers.get("ratelimit-reset")).toBe(String(seconds));
    expect(last?.refusal?.retryAfterSeconds).toBe(seconds);
  });

  test("works again in the next minute", async () => {
    const world = await annasServer();
    await signInFrom(world, times(11, "ignored"));
    await write(world.deps, (tx) =>
      tx.update(rateLimits).set({ windowEndsAt: sql`now() - interval '1 millisecond'` }),
    );
    expect((await signIn(world.browser, world.anna)).status).toBe(200);
  });

  test("counts who connects, whatever they say about themselves", async () => {
    const world = await annasServer();
    const addresses = Array.from({ length: 11 }, (_, index) => `203.0.113.${index}`);
    expect(await signInFrom(world, addresses)).toEqual([...times(10, 200), 429]);
  });

  test("counts two clients behind a trusted proxy apart", async () => {
    const world = await annasServer(1, BEHIND_PROXY);
    expect(await signInFrom(world, times(11, "203.0.113.1"))).toEqual([...times(10, 200), 429]);
    expect(await signInFrom(world, ["203.0.113.2"])).toEqual([200]);
    // Only the last entry is the proxy's own word.
    expect(await signInFrom(world, ["198.51.100.7, 203.0.113.1"])).toEqual([429]);
  });

  test("counts a whole IPv6 line as one, and the next line apart", async () => {
    const world = await annasServer(1, BEHIND_PROXY);
    const hosts = Array.from({ length: 11 }, (_, index) => `2001:db8:1:2:${index}::1`);
    expect(await signInFrom(world, hosts)).toEqual([...times(10, 200), 429]);
    expect(await signInFrom(world, ["2001:db8:1:3::1"])).toEqual([200]);
  });

  test("counts an IPv4 address that is written as IPv6 as itself", async () => {
    const world = await annasServer(1, BEHIND_PROXY);
    const spellings = Array.from({ length: 11 }, (_, index) =>
      index % 2 === 0 ? "203.0.113.9" : "::ffff:203.0.113.9",
    );
    expect(await signInFrom(world, spellings)).toEqual([...times(10, 200), 429]);
  });

  test("can't be tried a hundred times in one request", async () => {
    const world = await annasServer();
    const { browser, anna, deps } = world;
    const input = { email: anna.email, password: PASSWORD, rememberMe: false };
    const batch = (count: number) =>
      browser.mutate(
        `${times(count, "auth.signIn").join(",")}?batch=1`,
        Object.fromEntries(times(count, input).entries()),
      );
    for (const count of [2, 100]) {
      const answer = await batch(count);
      expect(answer.status).toBe(400);
    }
    const encoded = await browser.mutate("auth.signIn%2Cauth.signIn?batch=1", {
      0: input,
      1: input,
    });
    expect(encoded.status).toBe(400);
    expect(await deps.db.$count(sessions)).toBe(0);
    expect(await deps.db.$count(rateLimits, like(rateLimits.key, "signIn %"))).toBe(0);
    expect((await batch(1)).status).toBe(200);
  });

  test("is not answered as a stream, which could set no cookies", async () => {
    const { browser, anna, deps, replicas } = await annasServer();
    const csrf = await browser.csrfToken();
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const input = { email: anna.email, password: PASSWORD, rememberMe: false };
    const answer = await fetch(`${replicas[0].baseUrl}/trpc/auth.signIn?batch=1`, {
      method: "POST",
      headers: {
        cookie,
        "content-type": "application/json",
        origin: replicas[0].baseUrl,
        "trpc-accept": "application/jsonl",
        "x-csrf-token": csrf,
      },
      body: JSON.stringify({ 0: input }),
    });
    expect(await answer.text()).toContain("not as a stream");
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(await deps.db.$count(sessions)).toBe(0);
  });

  test("is refused while nobody can count, and so are setting up and renewing", async () => {
    const { browser, anna, deps } = await annasServer();
    await signIn(browser, anna);
    await write(deps, (tx) => tx.execute(sql`alter table rate_limits rename to away`));
    const setup = { setupToken: "x", email: anna.email, name: "x", password: PASSWORD };
    const answers = [
      await signIn(browser, anna),
      await browser.mutate("auth.setup", setup),
      await browser.mutate("auth.refresh"),
    ];
    expect(answers.map((each) => each.status)).toEqual([503, 503, 503]);
    expect(answers[0]?.refusal?.code).toBe("busy");
    expect(Number(answers[0]?.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await browser.query("auth.me")).status).toBe(200);
  });
});

describe("a count", () => {
  test("loses none of 60 that three servers add at once", async () => {
    const { deps } = await annasServer();
    const hits = await Promise.all(times(60, 0).map(() => deps.counters.count("k", 60_000)));
    expect(hits.map((each) => each.hits).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 60 }, (_, index) => index + 1),
    );
  });

  test("is forgotten when its window is over", async () => {
    const deps = await testDeps();
    await deps.counters.count("old", 60_000);
    await write(deps, (tx) =>
      tx.update(rateLimits).set({ windowEndsAt: sql`now() - interval '1 s'` }),
    );
    await deps.counters.count("new", 60_000);
    await deps.counters.forgetOld();
    const rows = await deps.db.select({ key: rateLimits.key }).from(rateLimits);
    expect(rows).toEqual([{ key: "new" }]);
  });
});

test.each([
  ["203.0.113.7", "203.0.113.7"],
  ["::ffff:203.0.113.7", "203.0.113.7"],
  ["::ffff:cb00:7107", "203.0.113.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:DB8:1:2::", "2001:db8:1:2::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["not an address", "unknown"],
  ["", "unknown"],
])("a client at %s is counted as %s", (ip, key) => {
  expect(clientKey({ ip })).toBe(key);
});
