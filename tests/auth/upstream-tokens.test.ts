import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import type { UserId } from "#contract/ids.ts";
import { refusalOf } from "#sdk/index.ts";
import { write } from "#server/base/db.ts";
import { dump } from "#tests/security/database.ts";
import { recordLog } from "#tests/support/log.ts";
import { linkIn, startMailServer } from "#tests/support/mail-server.ts";
import { runJobs } from "#tests/support/world.ts";
import { openBrowser } from "./browser.ts";
import {
  annasMedia,
  arriveFrom,
  benWithFactor,
  countKept,
  enterFrom,
  forgetTries,
  type MediaWorld,
  PW,
  refusalFrom,
  runLaterJobs,
} from "./jellyfin-people.ts";

/** How many tokens of Ben's work at the media server, and how many are kept here. */
const tokensIn = async ({ jellyfin, server, ben }: MediaWorld) => [
  jellyfin.liveTokens(ben).length,
  await countKept(server),
];

const change = ({ server }: MediaWorld, statement: ReturnType<typeof sql>) =>
  write(server.deps, (tx) => tx.execute(statement));

describe("the token of the media server", () => {
  test("is kept sealed while somebody is signed in, and neither it nor the password is anywhere", async () => {
    const { log, lines } = recordLog();
    const world = await annasMedia({ server: { log } });
    const { device } = await enterFrom(world);
    await refusalFrom(world, { password: "canary-wrong-oboes" });
    world.jellyfin.fail(500);
    await refusalFrom(world, { password: "canary-late-oboes" });
    world.jellyfin.fail(null);
    await runJobs(world.server);
    expect(await tokensIn(world)).toEqual([1, 1]);
    expect((await device.api.account.audit.list.query({})).events.length).toBeGreaterThan(1);

    const secrets = [...world.jellyfin.secrets, "canary-late-oboes"];
    expect(secrets).toHaveLength(4);
    const places = { database: await dump(world.server.deps), log: lines.join("") };
    expect(places.log).toContain("auth.signInJellyfin");
    for (const [place, text] of Object.entries(places)) {
      for (const secret of secrets) expect([place, text.includes(secret)]).toEqual([place, false]);
    }
    const [row] = await world.server.deps.db.execute<{ sealed: string; days: number }>(sql`
      select sealed_token as sealed, round(extract(epoch from expires_at - now()) / 86400)::int as days
      from upstream_tokens`);
    expect(row?.sealed).toMatch(/^v1\.test\./);
    expect(row?.days).toBe(31);
  });

  test("is revoked over there when somebody signs out", async () => {
    const world = await annasMedia();
    const { device } = await enterFrom(world, { rememberMe: true });
    await runJobs(world.server);
    expect(await tokensIn(world)).toEqual([1, 1]);
    await device.api.auth.signOut.mutate();
    await runJobs(world.server);
    expect(await tokensIn(world)).toEqual([0, 0]);
    expect(world.jellyfin.complaints).toEqual([]);
  });

  test("is revoked later when the media server is away at that moment", async () => {
    const world = await annasMedia();
    const { device } = await enterFrom(world);
    world.jellyfin.fail(503);
    await device.api.auth.signOut.mutate();
    await runJobs(world.server);
    await runLaterJobs(world.server);
    expect(await tokensIn(world)).toEqual([1, 1]);
    world.jellyfin.fail(null);
    await runLaterJobs(world.server);
    expect(await tokensIn(world)).toEqual([0, 0]);
  });

  test("is given up when its own time is over", async () => {
    const world = await annasMedia();
    const { device } = await enterFrom(world);
    world.jellyfin.fail(503);
    await device.api.auth.signOut.mutate();
    await change(world, sql`update upstream_tokens set expires_at = now()`);
    await runJobs(world.server);
    expect(await countKept(world.server)).toBe(0);
  });

  test("is revoked after 31 days, although the session goes on", async () => {
    const world = await annasMedia();
    const { device } = await enterFrom(world, { rememberMe: true });
    await runLaterJobs(world.server);
    expect(await tokensIn(world)).toEqual([1, 1]);
    await change(world, sql`update upstream_tokens set expires_at = now()`);
    await runLaterJobs(world.server);
    expect(await tokensIn(world)).toEqual([0, 0]);
    await device.api.auth.me.query();
  });

  test("is revoked when the session has ended by age, which nobody tells", async () => {
    const world = await annasMedia();
    await enterFrom(world);
    await change(world, sql`update sessions set idle_expires_at = now()`);
    await runLaterJobs(world.server);
    expect(await tokensIn(world)).toEqual([0, 0]);
  });

  test("belongs to one browser: another one of the same person keeps its own, and so does somebody else in the same one", async () => {
    const world = await annasMedia();
    const carla = world.jellyfin.addUser("Carla", PW);
    const phone = await enterFrom(world);
    const laptop = await enterFrom(world);
    const [one, other] = world.jellyfin.liveTokens(world.ben);
    expect(one?.deviceId).not.toBe(other?.deviceId);
    // Again from the phone: the same device over there, so the older token is worth nothing.
    const before = world.jellyfin.liveTokens();
    await enterFrom(world, {}, phone.device);
    const after = world.jellyfin.liveTokens(world.ben);
    expect(after).toHaveLength(2);
    expect(new Set(after.map(({ deviceId }) => deviceId))).toEqual(
      new Set(before.map(({ deviceId }) => deviceId)),
    );
    await enterFrom(world, { username: "carla" }, phone.device);
    const [hers] = world.jellyfin.liveTokens(carla);
    expect(before.map(({ deviceId }) => deviceId)).not.toContain(hers?.deviceId);

    await laptop.device.api.auth.signOut.mutate();
    await runJobs(world.server);
    expect(world.jellyfin.liveTokens(world.ben)).toHaveLength(1);
    expect(world.jellyfin.complaints).toEqual([]);
  });

  test("has a device id that nobody can make who knows the cookie and the name", async () => {
    const world = await annasMedia();
    const browser = openBrowser(world.server.baseUrl);
    const input = { username: "Ben", password: PW, rememberMe: false };
    await browser.mutate("auth.signInJellyfin", input);
    const cookie = browser.cookies.get("backline-browser") ?? "";
    expect(cookie).toMatch(/^[\w-]{43}$/);
    const [token] = world.jellyfin.liveTokens();
    expect(token?.deviceId).toMatch(/^[\w-]{43}$/);
    expect(token?.deviceId).not.toBe(cookie);
    await browser.mutate("auth.signOut");
    expect(browser.cookies.get("backline-browser")).toBe(cookie);
  });
});

describe("whatever ends a session revokes its token", () => {
  const ended: Readonly<
    Record<string, (world: MediaWorld, of: { readonly userId: UserId }) => Promise<unknown>>
  > = {
    "an administrator's word": ({ anna }, { userId }) =>
      anna.api.admin.users.endSessions.mutate({ userId }),
    "being suspended": ({ anna }, { userId }) => anna.api.admin.users.suspend.mutate({ userId }),
    "signing out everywhere else": async (world) => {
      const { device } = await enterFrom(world);
      await device.api.account.sessions.revokeOthers.mutate();
      await device.api.auth.signOut.mutate();
    },
    "another password": async (world) => {
      const { device } = await enterFrom(world);
      await device.api.account.changePassword.mutate({ password: "eleven green bassoons" });
      await device.api.auth.signOut.mutate();
    },
  };

  test.each(Object.entries(ended))("%s", async (_, end) => {
    const world = await annasMedia();
    const { me } = await enterFrom(world);
    await end(world, { userId: me.user.id });
    await runJobs(world.server);
    expect(await tokensIn(world)).toEqual([0, 0]);
  });

  test("a password that is chosen anew by mail", async () => {
    const post = await startMailServer();
    const world = await annasMedia({ server: { environment: { SMTP_URL: post.url } } });
    await world.anna.api.account.jellyfin.link.mutate({ username: "Ben", password: PW });
    const { me, device } = await enterFrom(world);
    expect(me.user.email).not.toBeNull();
    const email = me.user.email ?? "";
    await runJobs(world.server);
    expect((await post.next(email)).subject).toBe("A way to sign in was added to your account");
    await world.server.guest().api.auth.requestPasswordReset.mutate({ email });
    await runJobs(world.server);
    const token = linkIn(await post.next(email)).hash.replace("#token=", "");
    const password = "eleven green bassoons";
    await world.server.guest().api.auth.resetPassword.mutate({ token, password });
    await runJobs(world.server);
    expect(await tokensIn(world)).toEqual([0, 0]);
    expect(await device.api.auth.me.query().catch(refusalOf)).toMatchObject({
      code: "unauthenticated",
    });
  });

  test("a copied refresh token", async () => {
    const world = await annasMedia();
    const browser = openBrowser(world.server.baseUrl);
    const input = { username: "Ben", password: PW, rememberMe: false };
    await browser.mutate("auth.signInJellyfin", input);
    const copied = browser.cookies.get("backline-refresh") ?? "";
    await browser.mutate("auth.refresh");
    await change(world, sql`update refresh_tokens set spent_at = spent_at - interval '1 minute'`);
    browser.cookies.set("backline-refresh", copied);
    expect((await browser.mutate("auth.refresh")).status).toBe(401);
    await runJobs(world.server);
    expect(await tokensIn(world)).toEqual([0, 0]);
  });

  test("unlinking, although the session goes on", async () => {
    const world = await annasMedia();
    await world.anna.api.account.jellyfin.link.mutate({ username: "Ben", password: PW });
    const { device } = await enterFrom(world);
    await device.api.account.jellyfin.unlink.mutate();
    await runJobs(world.server);
    expect(await tokensIn(world)).toEqual([0, 0]);
    await device.api.auth.me.query();
  });
});

describe("with a second factor", () => {
  /** With Ben's password shown, and his code owed. */
  async function onTheWay() {
    const { world, device, code } = await benWithFactor();
    await runJobs(world.server);
    const { answer } = await arriveFrom(world, {}, device);
    if (answer.status !== "second_factor") throw new Error("None was asked for.");
    return { world, device, ticket: answer.ticket, code };
  }

  test("the token waits for the code, and then belongs to the session", async () => {
    const { world, device, ticket, code } = await onTheWay();
    expect(await tokensIn(world)).toEqual([1, 1]);
    await device.api.auth.signInSecondFactor.mutate({ ticket, code: await code() });
    await runLaterJobs(world.server);
    expect(await tokensIn(world)).toEqual([1, 1]);
    await device.api.auth.signOut.mutate();
    await runJobs(world.server);
    expect(await tokensIn(world)).toEqual([0, 0]);
  });

  test("the token of a sign-in that nobody ends is revoked", async () => {
    const { world } = await onTheWay();
    await runJobs(world.server);
    expect(await tokensIn(world)).toEqual([1, 1]);
    await runLaterJobs(world.server);
    expect(await tokensIn(world)).toEqual([0, 0]);
  });
});

test("a token that there is no use for, and whose server is away just then, is revoked later", async () => {
  const world = await annasMedia({ newUsers: false });
  const carla = world.jellyfin.addUser("Carla", PW);
  world.jellyfin.failLogouts(true);
  expect(await refusalFrom(world, { username: "Carla" })).toMatchObject({ code: "forbidden" });
  await forgetTries(world.server);
  await world.anna.api.account.jellyfin.link.mutate({ username: "Ben", password: PW });
  expect(world.jellyfin.liveTokens()).toHaveLength(2);
  expect(await countKept(world.server)).toBe(2);
  await runLaterJobs(world.server);
  expect(await countKept(world.server)).toBe(2);
  world.jellyfin.failLogouts(false);
  await runLaterJobs(world.server);
  expect([world.jellyfin.liveTokens(carla), await countKept(world.server)]).toEqual([[], 0]);
});
