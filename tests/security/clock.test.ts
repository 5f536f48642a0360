import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import type { Me } from "#contract/auth.ts";
import { createToken, hashToken, totpCodeAt } from "#server/auth/crypto.ts";
import { replaceMailedToken } from "#server/auth/mailed-token-store.ts";
import { write } from "#server/base/db.ts";
import { type Answer, type Browser, openBrowser } from "#tests/auth/browser.ts";
import { createPerson, type Person, signIn } from "#tests/auth/people.ts";
import { createClockedDatabase } from "#tests/support/database-clock.ts";
import { type Replicas, startReplicas } from "#tests/support/replicas.ts";

const MINUTE_MS = 60_000;
const STEP_MS = 30_000;

/** Three servers, of which the second is ten minutes ahead and the third ten minutes behind. */
const OFF = [{}, { clockAheadMs: 10 * MINUTE_MS }, { clockAheadMs: -10 * MINUTE_MS }];
const NAMES = ["right", "ahead", "behind"];

interface Clocks extends Replicas {
  readonly anna: Person;
  /** A browser of nobody's in front of each, from addresses of their own. */
  readonly fresh: () => Browser[];
  readonly pass: (ms: number) => Promise<void>;
  readonly nowMs: () => number;
}

async function clocks(): Promise<Clocks> {
  const clock = await createClockedDatabase();
  const world = await startReplicas(OFF, { database: clock.database });
  const anna = await createPerson(world.deps, "anna");
  let addresses = 0;
  const fresh = () =>
    world.replicas.map(({ baseUrl }) => {
      addresses += 1;
      return openBrowser(baseUrl, { "x-forwarded-for": `203.0.113.${addresses}` });
    });
  return { ...world, anna, fresh, pass: (ms) => clock.pass(world.deps, ms), nowMs: clock.nowMs };
}

/** What each server answers, by the name of its clock. */
async function atEach(
  { replicas }: Pick<Replicas, "replicas">,
  browser: Browser,
  ask: (at: Browser) => Promise<Answer>,
): Promise<Record<string, number>> {
  const statuses: [string, number][] = [];
  for (const [index, { baseUrl }] of replicas.entries()) {
    statuses.push([NAMES[index] ?? "", (await ask(browser.at(baseUrl))).status]);
  }
  return Object.fromEntries(statuses);
}

const all = (status: number) => ({ right: status, ahead: status, behind: status });
const me = (at: Browser): Promise<Answer> => at.query("auth.me");

/** When a server thought that it made this id: the first 48 bits of a UUIDv7 (RFC 9562 §5.7). */
const madeAtMs = (id: string): number => Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);

/** The same cookies, as another tab of the browser would have them. */
const asItWas = (browser: Browser): Browser =>
  openBrowser("", {}, { cookies: new Map(browser.cookies), setCookies: [] });

async function link(
  { deps, anna }: Clocks,
  kind: "verify" | "reset",
  lifetimeSeconds: number,
): Promise<string> {
  const token = createToken();
  const row = { tokenHash: hashToken(token), kind, userId: anna.userId, email: anna.email };
  const mailed = { ...row, passwordHash: null, name: null };
  await write(deps, (tx) => replaceMailedToken(tx, mailed, lifetimeSeconds));
  return token;
}

const ticketOf = ({ data }: Answer): string => (data as { ticket: string }).ticket;

/** Who signs in at any of them is signed in at all, for ten minutes and some skew. */
async function signedInAtAll(world: Clocks): Promise<void> {
  const skews: string[] = [];
  const browsers: Browser[] = [];
  for (const browser of world.fresh()) {
    const { me: signedIn } = (await signIn(browser, world.anna)).data as { me: Me };
    skews.push(((madeAtMs(signedIn.sessionId) - Date.now()) / MINUTE_MS).toFixed(0));
    browsers.push(browser);
  }
  // They really are off.
  expect(skews.map(Number)).toEqual([expect.closeTo(0), 10, -10]);
  for (const browser of browsers) expect(await atEach(world, browser, me)).toEqual(all(200));
  await world.pass(10 * MINUTE_MS);
  for (const browser of browsers) expect(await atEach(world, browser, me)).toEqual(all(200));
  await world.pass(31_000);
  for (const browser of browsers) expect(await atEach(world, browser, me)).toEqual(all(401));

  // Whichever renews it, all take what it gives.
  for (const [index, browser] of browsers.entries()) {
    const { baseUrl } = world.replicas[(index + 1) % 3] ?? world.replicas[0] ?? { baseUrl: "" };
    const csrf = await browser.csrfToken();
    expect((await browser.at(baseUrl).mutate("auth.refresh", undefined, { csrf })).status).toBe(
      200,
    );
    expect(await atEach(world, browser, me)).toEqual(all(200));
  }
}

/** A session ends at all of them at once when nobody used it for a week. */
async function endsAfterAWeek(world: Clocks): Promise<void> {
  const [browser] = world.fresh();
  if (!browser) throw new Error("no browser");
  await signIn(browser, world.anna);
  const csrf = await browser.csrfToken();
  const renew = (at: Browser) => at.mutate("auth.refresh", undefined, { csrf });
  await world.pass(7 * 24 * 60 * MINUTE_MS - 1_000);
  expect(await atEach(world, browser, renew)).toEqual(all(200));
  await world.pass(7 * 24 * 60 * MINUTE_MS + 1_000);
  expect(await atEach(world, browser, renew)).toEqual(all(401));
}

/** A refresh token is answered the same for ten seconds, and is a copy after them. */
async function renewsForTenSeconds(world: Clocks): Promise<void> {
  const [browser] = world.fresh();
  if (!browser) throw new Error("no browser");
  await signIn(browser, world.anna);
  const csrf = await browser.csrfToken();
  const before = asItWas(browser);
  const renew = (at: Browser) => at.mutate("auth.refresh", undefined, { csrf });
  await renew(browser);
  await world.pass(9_000);
  for (const { baseUrl } of world.replicas) {
    const copy = asItWas(before).at(baseUrl);
    expect((await renew(copy)).status).toBe(200);
    expect(copy.cookies.get("backline-refresh")).toBe(browser.cookies.get("backline-refresh"));
  }
  await world.pass(2_000);
  expect(await atEach(world, asItWas(before), renew)).toEqual(all(401));
  expect(await atEach(world, browser, renew)).toEqual(all(401));
}

/** A link from a mail is good for its hour at all of them, and not a second longer. */
async function linksLastAnHour(world: Clocks): Promise<void> {
  const open = (token: string) => (at: Browser) => at.mutate("auth.verifyEmail", { token });
  for (const browser of world.fresh()) {
    const token = await link(world, "verify", 3_600);
    await world.pass(3_599_000);
    expect((await open(token)(browser)).status).toBe(200);
  }
  const token = await link(world, "verify", 3_600);
  await world.pass(3_601_000);
  expect(await atEach(world, openBrowser(""), open(token))).toEqual(all(404));
}

/** The code of an app is right at all of them, and the one of their own time at none. */
async function codesAreOfOneTime(world: Clocks): Promise<void> {
  const { anna, deps, fresh, nowMs, pass } = world;
  const [desk] = fresh();
  if (!desk) throw new Error("no browser");
  await signIn(desk, anna);
  const offered = await desk.mutate("account.twoFactor.begin");
  const { secret } = offered.data as { secret: string };
  const codeAt = (ms: number) => totpCodeAt(secret, Math.floor(ms / STEP_MS));
  const ahead = world.replicas[1]?.baseUrl ?? "";
  const confirm = { code: await codeAt(nowMs()) };
  expect((await desk.at(ahead).mutate("account.twoFactor.confirm", confirm)).status).toBe(200);

  const statuses: number[][] = [];
  for (const [index, browser] of fresh().entries()) {
    await pass(STEP_MS);
    const ticket = ticketOf(await signIn(browser, anna));
    // The ticket is shown to the next server.
    const next = browser.at(world.replicas[(index + 1) % 3]?.baseUrl ?? "");
    const own = OFF[(index + 1) % 3]?.clockAheadMs ?? 20 * MINUTE_MS;
    const enter = (code: string) => next.mutate("auth.signInSecondFactor", { ticket, code });
    const wrong = await enter(await codeAt(nowMs() + own));
    const right = await enter(await codeAt(nowMs()));
    statuses.push([wrong.status, right.status]);
  }
  expect(statuses).toEqual([
    [403, 200],
    [403, 200],
    [403, 200],
  ]);

  await write(deps, (tx) => tx.execute(sql`delete from rate_limits`));
  const tickets: string[] = [];
  for (const browser of fresh()) tickets.push(ticketOf(await signIn(browser, anna)));
  await pass(301_000);
  const late = fresh().map(async (browser, index) => {
    const step = { ticket: tickets[index], code: await codeAt(nowMs()) };
    return (await browser.mutate("auth.signInSecondFactor", step)).status;
  });
  expect(await Promise.all(late)).toEqual([401, 401, 401]);
}

/** Tries are counted in the same minute at all of them. */
async function triesShareAMinute(world: Clocks): Promise<void> {
  const browsers = world.replicas.map(({ baseUrl }) =>
    openBrowser(baseUrl, { "x-forwarded-for": "198.51.100.1" }),
  );
  const tryEach = () =>
    Promise.all(browsers.map((browser) => browser.mutate("auth.verifyEmail", { token: "x" })));
  for (let round = 0; round < 10; round += 1) {
    expect((await tryEach()).map(({ status }) => status)).toEqual([404, 404, 404]);
  }
  const refused = await tryEach();
  expect(refused.map(({ status, headers }) => [status, headers.get("retry-after")])).toEqual([
    [429, "60"],
    [429, "60"],
    [429, "60"],
  ]);
  await world.pass(MINUTE_MS + 1);
  expect((await tryEach()).map(({ status }) => status)).toEqual([404, 404, 404]);
}

/** A password counts as shown a moment ago for ten minutes at all of them. */
async function passwordsAreRecent(world: Clocks): Promise<void> {
  const [browser] = world.fresh();
  if (!browser) throw new Error("no browser");
  await signIn(browser, world.anna);
  const csrf = await browser.csrfToken();
  const begin = (at: Browser) => at.mutate("account.twoFactor.begin", undefined, { csrf });
  await world.pass(9 * MINUTE_MS);
  expect(await atEach(world, browser, begin)).toEqual(all(200));
  await world.pass(1.25 * MINUTE_MS);
  expect(await atEach(world, browser, begin)).toEqual(all(403));
}

describe("while the clocks of two servers are ten minutes off, in both directions", {
  timeout: 60_000,
}, () => {
  test("a session is one at all of them, from its beginning to its end", async () => {
    const world = await clocks();
    await signedInAtAll(world);
    await renewsForTenSeconds(world);
    await endsAfterAWeek(world);
  });

  test("links, codes, limits and what asks for a password keep the time of the database", async () => {
    const world = await clocks();
    await passwordsAreRecent(world);
    await linksLastAnHour(world);
    await codesAreOfOneTime(world);
    await triesShareAMinute(world);
  });
});
