import { eq, isNull, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { refreshTokens, sessions } from "#drizzle/schema/index.ts";
import { openSession } from "#server/auth/service.ts";
import { write } from "#server/base/db.ts";
import type { Deps } from "#server/deps.ts";
import { forgetTries } from "#tests/security/night-shift.ts";
import { recordLog } from "#tests/support/log.ts";
import { type Answer, type Browser, openBrowser } from "./browser.ts";
import { annasServer, replicaOf, signIn } from "./people.ts";
import { startReplica } from "./replica.ts";

const ACCESS = "backline-access";
const REFRESH = "backline-refresh";

/** Every client with limits of its own, by what the proxy says of it. */
const BEHIND_PROXY = { environment: { TRUST_PROXY: "127.0.0.1" } };

const device = { userAgent: "a test", ipAddress: "127.0.0.1", network: "127.0.0.1" };

const newestTokens = (deps: Deps) =>
  deps.db.select().from(refreshTokens).where(isNull(refreshTokens.spentAt));

/** As if tokens had been used a while earlier than they were. */
const letPass = (deps: Deps, seconds: number) =>
  write(deps, (tx) =>
    tx
      .update(refreshTokens)
      .set({ spentAt: sql`${refreshTokens.spentAt} - make_interval(secs => ${seconds})` }),
  );

/** The same browser as it was: a second tab, a lost answer, or a copy of its cookies. */
const asItWas = (browser: Browser, baseUrl: string): Browser =>
  openBrowser(baseUrl, {}, { cookies: new Map(browser.cookies), setCookies: [] });

/** Asks again when a server is busy, as a page would, and gives up with the test. */
async function patiently(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (answer.status !== 503) return answer;
  }
}

describe("a refresh token", () => {
  test("is traded for one successor, and only its hash is kept", async () => {
    const { browser, anna, deps } = await annasServer();
    await signIn(browser, anna);
    const first = browser.cookies.get(REFRESH);

    expect((await browser.mutate("auth.refresh")).status).toBe(200);
    const second = browser.cookies.get(REFRESH);
    expect(second).not.toBe(first);
    expect((await browser.query("auth.me")).status).toBe(200);

    const rows = await deps.db.select().from(refreshTokens).orderBy(refreshTokens.generation);
    expect(rows.map((row) => row.spentAt === null)).toEqual([false, true]);
    expect(JSON.stringify(rows)).not.toContain(second);
  });

  test("gives 64 askers at three servers the same single successor, round after round", {
    timeout: 60_000,
  }, async () => {
    const { browser, anna, deps, replicas } = await annasServer(3);
    await signIn(browser, anna);
    const csrf = await browser.csrfToken();
    let current = browser;
    for (let round = 1; round <= 5; round += 1) {
      const askers = Array.from({ length: 64 }, (_, index) =>
        asItWas(current, replicas[index % 3]?.baseUrl ?? ""),
      );
      const answers = await Promise.all(
        askers.map((each) => patiently(() => each.mutate("auth.refresh", undefined, { csrf }))),
      );

      expect(answers.map((each) => each.status)).toEqual(answers.map(() => 200));
      expect(new Set(askers.map((each) => each.cookies.get(REFRESH))).size).toBe(1);
      expect(await newestTokens(deps)).toHaveLength(1);
      expect(await deps.db.$count(refreshTokens)).toBe(round + 1);
      current = askers[round] ?? browser;
    }
    expect((await current.query("auth.me")).status).toBe(200);
  });

  test("that comes back later ends its session and no other", async () => {
    const { log, lines } = recordLog();
    const { browser, anna, deps, replicas } = await annasServer(1, { log });
    const phone = openBrowser(replicas[0].baseUrl);
    await signIn(phone, anna);
    await signIn(browser, anna);
    const thief = asItWas(browser, replicas[0].baseUrl);
    await browser.mutate("auth.refresh");

    await letPass(deps, 9);
    expect((await asItWas(thief, replicas[0].baseUrl).mutate("auth.refresh")).status).toBe(200);
    expect((await browser.query("auth.me")).status).toBe(200);

    await letPass(deps, 2);
    const refused = await thief.mutate("auth.refresh");
    expect(refused.status).toBe(401);
    expect(refused.refusal?.code).toBe("unauthenticated");
    expect(refused.headers.getSetCookie()).toEqual([]);

    expect((await browser.query("auth.me")).status).toBe(401);
    expect((await browser.mutate("auth.refresh")).status).toBe(401);
    expect((await phone.query("auth.me")).status).toBe(200);
    expect((await phone.mutate("auth.refresh")).status).toBe(200);
    const ended = await deps.db
      .select()
      .from(sessions)
      .where(eq(sessions.revokedBecause, "refresh_token_copied"));
    expect(ended).toHaveLength(1);
    expect(lines.join("")).toContain("a refresh token came back");
  });

  test("that was used stays used when every server is restarted", async () => {
    const { browser, anna, deps, replicas } = await annasServer(3);
    await signIn(browser, anna);
    const csrf = await browser.csrfToken();
    const before = asItWas(browser, replicas[0].baseUrl);
    await browser.mutate("auth.refresh", undefined, { csrf });
    await Promise.all(replicas.map((each) => each.stop()));

    const restarted = await Promise.all(
      [1, 2, 3].map(async () => (await startReplica(await replicaOf(deps))).baseUrl),
    );
    const refreshAt = async (who: Browser, baseUrl: string) => {
      const copy = asItWas(who, baseUrl);
      const { status } = await copy.mutate("auth.refresh", undefined, { csrf });
      return [status, copy.cookies.get(REFRESH)];
    };
    for (const baseUrl of restarted) {
      expect(await refreshAt(before, baseUrl)).toEqual([200, browser.cookies.get(REFRESH)]);
    }
    await letPass(deps, 11);
    for (const baseUrl of restarted) {
      expect((await refreshAt(before, baseUrl))[0]).toBe(401);
      expect((await refreshAt(browser, baseUrl))[0]).toBe(401);
    }
  });

  test("nobody gave out, or none at all, is no session", async () => {
    const { browser } = await annasServer();
    expect((await browser.mutate("auth.refresh")).refusal?.code).toBe("unauthenticated");
    browser.cookies.set(REFRESH, "A".repeat(43));
    expect((await browser.mutate("auth.refresh")).refusal?.code).toBe("unauthenticated");
  });

  test("does not carry a session past its end, used daily or not", async () => {
    const { browser, anna, deps } = await annasServer();
    await signIn(browser, anna, true);
    const [session] = await deps.db.select().from(sessions);
    const days = (from?: Date, to?: Date) =>
      Math.round(((to?.getTime() ?? 0) - (from?.getTime() ?? 0)) / 86_400_000);
    expect(days(session?.createdAt, session?.idleExpiresAt)).toBe(30);
    expect(days(session?.createdAt, session?.absoluteExpiresAt)).toBe(90);

    await write(deps, (tx) =>
      tx.update(sessions).set({ absoluteExpiresAt: sql`now() + interval '1 hour'` }),
    );
    await browser.mutate("auth.refresh");
    const [renewed] = await deps.db.select().from(sessions);
    expect(renewed?.idleExpiresAt).toEqual(renewed?.absoluteExpiresAt);
    expect(Number(/Max-Age=(\d+)/.exec(browser.setCookies.at(-1) ?? "")?.[1])).toBeLessThan(3_601);

    await write(deps, (tx) =>
      tx.update(sessions).set({ absoluteExpiresAt: sql`now() - interval '1 second'` }),
    );
    expect((await browser.mutate("auth.refresh")).status).toBe(401);
  });
});

test("renewing and ending a session at the same moment leaves nothing that works, 500 times", {
  timeout: 180_000,
}, async () => {
  const { anna, deps, replicas } = await annasServer(3, BEHIND_PROXY);
  const [here, there, elsewhere] = replicas.map((each) => each.baseUrl) as [string, string, string];

  const survivors: string[] = [];
  /** In a browser of its own, which has been signed in without a password. */
  const round = async (index: number): Promise<number> => {
    const opened = await write(deps, (tx) =>
      openSession(deps, tx, { userId: anna.userId, rememberMe: false, device }),
    );
    const headers = { "x-forwarded-for": `198.51.${index % 250}.1` };
    const cookies = new Map([
      [ACCESS, opened.accessToken],
      [REFRESH, opened.refreshToken],
    ]);
    const before = openBrowser(here, headers, { cookies, setCookies: [] });
    const csrf = await before.csrfToken();
    const copyAt = (baseUrl: string, of = before) =>
      openBrowser(baseUrl, headers, { cookies: new Map(of.cookies), setCookies: [] });

    const renewing = copyAt(here);
    const [renewed, ended] = await Promise.all([
      patiently(() => renewing.mutate("auth.refresh", undefined, { csrf })),
      patiently(() => copyAt(there).mutate("auth.signOut", undefined, { csrf })),
    ]);
    expect(ended.status).toBe(200);
    for (const holder of [copyAt(elsewhere), copyAt(elsewhere, renewing)]) {
      const seen = await patiently(() => holder.query("auth.me"));
      const again = await patiently(() => holder.mutate("auth.refresh", undefined, { csrf }));
      if (seen.status !== 401 || again.status !== 401) survivors.push(opened.sessionId);
    }
    return renewed.status;
  };

  const outcomes = new Set<number>();
  for (let index = 0; index < 500; index += 10) {
    // Anna signs out more often than anybody does within a minute.
    await forgetTries({ deps });
    const rounds = Array.from({ length: 10 }, (_, more) => round(index + more));
    for (const outcome of await Promise.all(rounds)) outcomes.add(outcome);
  }
  expect(survivors).toEqual([]);
  expect([...outcomes].toSorted()).toEqual([200, 401]);
});
