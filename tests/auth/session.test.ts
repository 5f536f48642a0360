import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { sessions, users } from "#drizzle/schema/index.ts";
import { endWithSession, revokeSession, sessionTopic, whenRevoked } from "#server/auth/service.ts";
import { write } from "#server/base/db.ts";
import { createClockedDatabase } from "#tests/support/database-clock.ts";
import { type Browser, openBrowser } from "./browser.ts";
import { annasServer, signIn } from "./people.ts";

const meOf = async (browser: Browser) =>
  (await browser.query("auth.me")).data as { sessionId: never; user: { id: string } };

describe("a session", () => {
  test("that is left on one server is over on the other at once", async () => {
    const { browser, anna, replicas } = await annasServer(2);
    await signIn(browser, anna);
    const other = openBrowser(
      replicas[1]?.baseUrl ?? "",
      {},
      { cookies: new Map(browser.cookies), setCookies: [] },
    );
    expect((await other.query("auth.me")).status).toBe(200);

    expect((await browser.mutate("auth.signOut")).status).toBe(200);
    expect((await other.query("auth.me")).status).toBe(401);
    expect((await other.fetch("/stream/x")).status).toBe(401);
    expect((await other.mutate("auth.refresh")).status).toBe(401);
    // Whose browser it was lets nobody in.
    expect([...browser.cookies.keys()]).toEqual(["backline-device"]);
  });

  test("can be left although the access token is too old, and without one", async () => {
    const clock = await createClockedDatabase();
    const { browser, anna, deps } = await annasServer(1, { database: clock.database });
    await signIn(browser, anna);
    await clock.pass(deps, 3_600_000);
    expect((await browser.query("auth.me")).status).toBe(401);
    expect((await browser.mutate("auth.signOut")).status).toBe(200);
    const [session] = await deps.db.select().from(sessions);
    expect(session?.revokedBecause).toBe("signed_out");
    expect((await browser.mutate("auth.signOut")).status).toBe(200);
  });

  test("is renewed with the CSRF token that the page already has, after the access token expired", async () => {
    const clock = await createClockedDatabase();
    const { browser, anna, deps } = await annasServer(1, { database: clock.database });
    await signIn(browser, anna);
    const csrf = await browser.csrfToken();
    await clock.pass(deps, 700_000);
    expect((await browser.query("auth.me")).status).toBe(401);
    expect((await browser.mutate("auth.refresh", undefined, { csrf })).status).toBe(200);
    expect((await browser.query("auth.me")).status).toBe(200);
  });

  test("ends for a suspended user with the next request", async () => {
    const { browser, anna, deps } = await annasServer();
    await signIn(browser, anna);
    await write(deps, (tx) => tx.update(users).set({ suspendedAt: sql`now()` }));
    expect((await browser.query("auth.me")).status).toBe(401);
    expect((await browser.mutate("auth.refresh")).status).toBe(401);
  });

  test.each(["idleExpiresAt", "absoluteExpiresAt"] as const)("ends by its %s", async (column) => {
    const { browser, anna, deps } = await annasServer();
    await signIn(browser, anna);
    const end = (interval: string) =>
      write(deps, (tx) =>
        tx.update(sessions).set({ [column]: sql.raw(`now() + interval '${interval}'`) }),
      );
    await end("1 minute");
    expect((await browser.query("auth.me")).status).toBe(200);
    await end("-1 second");
    expect((await browser.query("auth.me")).status).toBe(401);
    expect((await browser.mutate("auth.refresh")).status).toBe(401);
  });

  test("in use is noted once a minute, and lives on", async () => {
    const { browser, anna, deps } = await annasServer();
    await signIn(browser, anna);
    const read = async () => (await deps.db.select().from(sessions))[0];
    const opened = await read();
    await browser.query("auth.me");
    expect(await read()).toEqual(opened);

    await write(deps, (tx) =>
      tx.update(sessions).set({
        lastUsedAt: sql`now() - interval '61 seconds'`,
        idleExpiresAt: sql`now() + interval '1 day'`,
      }),
    );
    await browser.query("auth.me");
    const used = await read();
    expect(Date.now() - (used?.lastUsedAt.getTime() ?? 0)).toBeLessThan(60_000);
    const idleDays = ((used?.idleExpiresAt.getTime() ?? 0) - Date.now()) / 86_400_000;
    expect(Math.round(idleDays)).toBe(7);
  });
});

describe("who watches a session", () => {
  test("hears of its end from another server", async () => {
    const { browser, anna, deps, replicas } = await annasServer(2);
    await signIn(browser, anna);
    const { sessionId } = await meOf(browser);
    const over = new AbortController();
    const signal = whenRevoked(deps, sessionId, over.signal);

    const elsewhere = browser.at(replicas[1]?.baseUrl ?? "");
    await elsewhere.mutate("auth.signOut");
    await expect.poll(() => signal.aborted).toBe(true);
    expect(signal.reason).toMatchObject({ code: "unauthenticated" });
    over.abort();
  });

  test("hears of it too when it had ended before", async () => {
    const { browser, anna, deps } = await annasServer();
    await signIn(browser, anna);
    const { sessionId } = await meOf(browser);
    await revokeSession(deps, sessionId, "signed_out");
    const over = new AbortController();
    const signal = whenRevoked(deps, sessionId, over.signal);
    await expect.poll(() => signal.aborted).toBe(true);
    over.abort();
  });

  test("and reads it afterwards hears of an end in between", async () => {
    const { browser, anna, deps } = await annasServer();
    await signIn(browser, anna);
    const { sessionId } = await meOf(browser);
    const signal = endWithSession(deps, sessionId, new AbortController());
    await revokeSession(deps, sessionId, "signed_out");
    await expect.poll(() => signal.aborted).toBe(true);
    expect(signal.reason).toMatchObject({ code: "unauthenticated" });
  });

  test("hears nothing of other sessions, nor after leaving", async () => {
    const { browser, anna, deps, replicas } = await annasServer();
    await signIn(browser, anna);
    const phone = openBrowser(replicas[0].baseUrl);
    await signIn(phone, anna);
    const here = (await meOf(browser)).sessionId;
    const there = (await meOf(phone)).sessionId;
    const staying = new AbortController();
    const leaving = new AbortController();
    const watched = whenRevoked(deps, here, staying.signal);
    const other = whenRevoked(deps, there, staying.signal);
    const left = whenRevoked(deps, there, leaving.signal);
    leaving.abort();

    await revokeSession(deps, there, "signed_out");
    await expect.poll(() => other.aborted).toBe(true);
    expect(watched.aborted).toBe(false);
    expect(left.aborted).toBe(false);
    staying.abort();
  });

  test("hears of it although the database did not answer when it was asked", async () => {
    const { browser, anna, deps } = await annasServer();
    await signIn(browser, anna);
    const { sessionId } = await meOf(browser);
    const over = new AbortController();
    const signal = whenRevoked(deps, sessionId, over.signal);
    await write(deps, async (tx) => {
      await tx.execute(sql`alter table sessions rename to away`);
      await deps.events.publish(tx, sessionTopic(sessionId));
    });
    await write(deps, (tx) => tx.execute(sql`update away set revoked_at = now()`));
    await sleep(300); // Time for the event to arrive; if it takes longer, this test only proves less.
    expect(signal.aborted).toBe(false);

    await write(deps, (tx) => tx.execute(sql`alter table away rename to sessions`));
    await expect.poll(() => signal.aborted, { timeout: 10_000 }).toBe(true);
    over.abort();
  });

  test("is not cut off because the database was away", async () => {
    const { browser, anna, deps } = await annasServer();
    await signIn(browser, anna);
    const { sessionId } = await meOf(browser);
    const over = new AbortController();
    const signal = whenRevoked(deps, sessionId, over.signal);
    await deps.db
      .execute(
        sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()`,
      )
      .catch(() => "that was our own connection");
    await expect.poll(async () => (await browser.query("auth.me")).status).toBe(200);
    expect(signal.aborted).toBe(false);

    await expect
      .poll(
        async () => {
          await revokeSession(deps, sessionId, "signed_out").catch(() => "not back yet");
          return signal.aborted;
        },
        { timeout: 10_000 },
      )
      .toBe(true);
    over.abort();
  });
});
