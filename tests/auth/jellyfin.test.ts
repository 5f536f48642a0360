import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import type { SignedIn } from "#contract/auth.ts";
import type { UserId } from "#contract/ids.ts";
import { refusalOf } from "#sdk/index.ts";
import { write } from "#server/base/db.ts";
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
} from "./jellyfin-people.ts";

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

const isRefusedAs = (code: string) => expect.objectContaining({ code });

const audited = async ({ anna }: MediaWorld, subjectId: UserId) => {
  const { events } = await anna.api.admin.audit.list.query({ subjectId });
  return events.map(({ action, details }) => ({ action, details }));
};

describe("an account of the media server", () => {
  test("makes an account here by signing in, and is that one from then on, also after it is renamed", async () => {
    const world = await annasMedia();
    const { me, device } = await enterFrom(world);
    expect(me.user).toMatchObject({ name: "Ben", email: null, role: "user", ways: ["jellyfin"] });
    expect((await device.api.auth.me.query()).user.id).toBe(me.user.id);
    expect(await device.api.bands.list.query()).toHaveLength(1);

    world.jellyfin.change(world.ben, { name: "Benedict" });
    expect(await refusalFrom(world)).toMatchObject({ code: "unauthenticated" });
    const again = await enterFrom(world, { username: "benedict" });
    expect(again.me.user.id).toBe(me.user.id);
    expect(await again.device.api.account.jellyfin.get.query()).toEqual({
      server: { name: "Media", product: "jellyfin" },
      linkedAs: "Benedict",
    });
    expect(await audited(world, me.user.id)).toEqual([
      { action: "session.opened", details: { rememberMe: false, way: "jellyfin" } },
      { action: "session.opened", details: { rememberMe: false, way: "jellyfin" } },
      { action: "account.registered", details: { role: "user", way: "jellyfin" } },
    ]);
    expect(world.jellyfin.complaints).toEqual([]);
  });

  test("is nobody who is known here by the same name or address", async () => {
    const world = await annasMedia();
    world.jellyfin.addUser("anna@band.example", PW);
    world.jellyfin.addUser("Anna", PW);
    const anna = await world.anna.api.auth.me.query();
    for (const username of ["Anna", "anna@band.example"]) {
      const { me } = await enterFrom(world, { username });
      expect(me.user.id).not.toBe(anna.user.id);
      expect(me.user).toMatchObject({ role: "user", email: null });
    }
  });

  test("is somebody else at another server, whatever their name and id there", async () => {
    const world = await annasMedia();
    const { me } = await enterFrom(world);
    world.jellyfin.become("0123456789abcdef0123456789abcdef");
    expect(await refusalFrom(world)).toMatchObject({ code: "storage_unavailable" });
    expect(world.jellyfin.liveTokens()).toHaveLength(1);

    await world.anna.api.admin.jellyfin.set.mutate({ url: world.site.url, newUsers: true });
    const other = await enterFrom(world);
    expect(other.me.user.id).not.toBe(me.user.id);
    world.jellyfin.become(world.jellyfin.serverId);
  });

  test("stays out while new people are not let in, and leaves nothing behind", async () => {
    const world = await annasMedia({ newUsers: false });
    await world.anna.api.admin.registration.set.mutate({ mode: "open" });
    const refusal = await refusalFrom(world);
    expect(refusal).toMatchObject({ code: "forbidden" });
    expect(refusal?.message).toContain("Media knows you");
    expect(world.jellyfin.liveTokens()).toEqual([]);
    const { users } = await world.anna.api.admin.users.list.query({});
    expect(users.map(({ name }) => name)).toEqual(["Anna"]);
  });

  test("is let in by the administrator's word for it, although nobody can register", async () => {
    const world = await annasMedia();
    await world.anna.api.admin.registration.set.mutate({ mode: "closed" });
    await enterFrom(world);
  });

  test("makes one account, for 20 who come at the same time", async () => {
    const world = await annasMedia({ server: { environment: { TRUST_PROXY: "127.0.0.1" } } });
    const answers = await Promise.all(
      times(20, null).map((_, n) => {
        const browser = openBrowser(world.server.baseUrl, { "x-forwarded-for": `203.0.113.${n}` });
        const input = { username: "Ben", password: PW, rememberMe: false };
        return browser.mutate("auth.signInJellyfin", input);
      }),
    );
    expect(answers.map(({ status }) => status)).toEqual(times(20, 200));
    const users = answers.map(({ data }) => (data as SignedIn).me.user.id);
    expect(new Set(users).size).toBe(1);
    expect((await world.anna.api.admin.users.list.query({})).users).toHaveLength(2);
  });

  test("is asked for in the way that Emby wants, too", async () => {
    const world = await annasMedia({ media: { product: "emby", name: "Attic" } });
    expect(world.site).toMatchObject({ product: "emby", name: "Attic", version: "4.9.1.80" });
    const { device } = await enterFrom(world);
    expect(world.jellyfin.liveTokens(world.ben)).toHaveLength(1);
    expect(world.jellyfin.complaints).toEqual([]);
    expect((await device.api.system.info.query()).jellyfin).toEqual({
      name: "Attic",
      product: "emby",
    });
  });

  test("without a password, or switched off, lets nobody in", async () => {
    const world = await annasMedia();
    const guest = world.jellyfin.addUser("guest", "");
    await expect(enterFrom(world, { username: "guest", password: "" })).rejects.toThrow();
    expect(await refusalFrom(world, { username: "guest", password: "x" })).toMatchObject({
      code: "unauthenticated",
    });
    world.jellyfin.change(guest, { isDisabled: true, password: PW });
    expect(await refusalFrom(world, { username: "guest" })).toMatchObject({
      code: "unauthenticated",
    });
    expect(world.jellyfin.liveTokens()).toEqual([]);
  });

  test("that its server lets in although it should not is kept out here", async () => {
    const world = await annasMedia();
    for (const says of [{ HasPassword: false }, { Policy: { IsDisabled: true } }]) {
      world.jellyfin.change(world.ben, { says });
      const refusal = await refusalFrom(world);
      expect(refusal).toMatchObject({ code: "forbidden" });
      expect(refusal?.message).toMatch(/no password|switched off/);
    }
    expect(world.jellyfin.liveTokens()).toEqual([]);
    const { users } = await world.anna.api.admin.users.list.query({});
    expect(users).toHaveLength(1);
  });

  test("may be called anything over there", async () => {
    const world = await annasMedia();
    world.jellyfin.change(world.ben, { says: { Name: `\u0000<b>${"x".repeat(300)}\ud800` } });
    const { me } = await enterFrom(world);
    expect(me.user.name).toMatch(/^<b>x{97}$/);
  });

  test("lets nobody in once the server is not trusted any more, and is kept for its return", async () => {
    const world = await annasMedia();
    const { me, device } = await enterFrom(world);
    await world.anna.api.admin.jellyfin.remove.mutate();
    expect(await refusalFrom(world)).toMatchObject({ code: "not_found" });
    expect((await device.api.auth.me.query()).user.ways).toEqual([]);
    expect((await device.api.system.info.query()).jellyfin).toBeNull();
    await world.anna.api.admin.jellyfin.set.mutate({ url: world.site.url, newUsers: false });
    expect((await enterFrom(world)).me.user.id).toBe(me.user.id);
  });
});

describe("whoever guesses at the media server's passwords", () => {
  const WRONG = { username: "Ben", password: "a wrong guess", rememberMe: false };

  test("hears the same of an unknown name, a wrong password and an account that is switched off", async () => {
    const world = await annasMedia();
    const carla = world.jellyfin.addUser("Carla", PW);
    world.jellyfin.change(carla, { isDisabled: true });
    const browser = openBrowser(world.server.baseUrl);
    const answers = [];
    for (const username of ["Ben", "nobody", "Carla"]) {
      await forgetTries(world.server);
      const { status, text } = await browser.mutate("auth.signInJellyfin", { ...WRONG, username });
      answers.push([status, text]);
    }
    expect(answers).toEqual(times(3, answers[0]));
    expect(answers[0]?.[0]).toBe(401);
  });

  test("waits after ten wrong ones, and the media server is not asked any more", async () => {
    const world = await annasMedia();
    const guess = async (input: typeof WRONG) => {
      const device = world.server.guest();
      await write(world.server.deps, (tx) =>
        tx.execute(sql`delete from rate_limits where key like 'signIn %'`),
      );
      return device.api.auth.signInJellyfin.mutate(input).then(
        () => "in",
        (error) => refusalOf(error)?.code,
      );
    };
    expect(await guess({ ...WRONG, password: PW })).toBe("in");
    for (let n = 0; n < 10; n += 1) expect(await guess(WRONG)).toBe("unauthenticated");
    const asked = world.jellyfin.tries();
    expect(await guess({ ...WRONG, password: PW })).toBe("rate_limited");
    expect(world.jellyfin.tries()).toBe(asked);
  });

  test("does not get more tries because the media server is away", async () => {
    const world = await annasMedia();
    world.jellyfin.fail(503);
    for (let n = 0; n < 12; n += 1) {
      await write(world.server.deps, (tx) =>
        tx.execute(sql`delete from rate_limits where key like 'signIn %'`),
      );
      const trying = world.server.guest().api.auth.signInJellyfin.mutate(WRONG);
      expect(await trying.catch(refusalOf)).toMatchObject({ code: "storage_unavailable" });
    }
    world.jellyfin.fail(null);
    await write(world.server.deps, (tx) =>
      tx.execute(sql`delete from rate_limits where key like 'signIn %'`),
    );
    await world.server.guest().api.auth.signInJellyfin.mutate({ ...WRONG, password: PW });
  });

  test("from everywhere slows one name down, but not its owner's own browser", async () => {
    const world = await annasMedia({ server: { environment: { TRUST_PROXY: "127.0.0.1" } } });
    const { baseUrl, deps } = world.server;
    const from = (address: string) => openBrowser(baseUrl, { "x-forwarded-for": address });
    const right = { ...WRONG, password: PW };
    const own = from("198.51.100.1");
    expect((await own.mutate("auth.signInJellyfin", right)).status).toBe(200);
    await own.mutate("auth.signOut");
    const statuses = [];
    for (let n = 0; n < 32; n += 1) {
      const answer = await from(`203.0.113.${n}`).mutate("auth.signInJellyfin", WRONG);
      statuses.push(answer.status);
    }
    expect(statuses).toEqual([...times(30, 401), 429, 429]);
    expect((await from("203.0.113.99").mutate("auth.signInJellyfin", right)).status).toBe(429);
    expect((await own.mutate("auth.signInJellyfin", right)).status).toBe(200);
    // The name is no secret here, but it is not ours to keep beside the tries.
    const keys = await deps.db.execute<{ key: string }>(sql`select key from rate_limits`);
    expect(JSON.stringify(keys).toLowerCase()).not.toContain("ben");
  });

  test("is asked one at a time", async () => {
    const world = await annasMedia();
    const browser = openBrowser(world.server.baseUrl);
    const path = "auth.signInJellyfin,auth.signInJellyfin?batch=1";
    const answer = await browser.mutate(path, { 0: WRONG, 1: WRONG });
    expect(answer.status).toBe(400);
    expect(world.jellyfin.tries()).toBe(0);
  });
});

describe("a second factor", () => {
  test("is asked for here as well, and nothing can be done before it is shown", async () => {
    const { world, code } = await benWithFactor();
    const { device, answer } = await arriveFrom(world);
    if (answer.status !== "second_factor") throw new Error("None was asked for.");
    expect(await device.api.auth.me.query().catch(refusalOf)).toMatchObject({
      code: "unauthenticated",
    });
    const entered = await device.api.auth.signInSecondFactor.mutate({
      ticket: answer.ticket,
      code: await code(),
    });
    expect(entered.me.user.ways).toEqual(["jellyfin"]);
    expect((await audited(world, entered.me.user.id))[0]).toEqual({
      action: "session.opened",
      details: { rememberMe: false, way: "jellyfin" },
    });
  });
});

describe("whoever is suspended or deleted", () => {
  test("is kept out with the right password, and no token stays behind", async () => {
    const world = await annasMedia();
    const { me } = await enterFrom(world);
    await world.anna.api.admin.users.suspend.mutate({ userId: me.user.id });
    const suspended = await refusalFrom(world);
    expect(suspended).toMatchObject({ code: "forbidden" });
    expect(suspended?.message).toContain("suspended");
    await runJobs(world.server);
    expect([world.jellyfin.liveTokens(), await countKept(world.server)]).toEqual([[], 0]);
    await world.anna.api.admin.users.restore.mutate({ userId: me.user.id });
    expect((await enterFrom(world)).me.user.id).toBe(me.user.id);
  });

  test("comes back as somebody new, where new people are let in", async () => {
    const world = await annasMedia();
    const { me } = await enterFrom(world);
    await write(world.server.deps, (tx) =>
      tx.execute(sql`update users set deleted_at = now() where id = ${me.user.id}`),
    );
    await world.anna.api.admin.jellyfin.set.mutate({ url: world.site.url, newUsers: false });
    expect(await refusalFrom(world)).toMatchObject({ code: "forbidden" });
    await world.anna.api.admin.jellyfin.set.mutate({ url: world.site.url, newUsers: true });
    expect((await enterFrom(world)).me.user.id).not.toBe(me.user.id);
  });
});

describe("linking", () => {
  async function bensAccount() {
    const world = await annasMedia({ newUsers: false });
    const own = { username: "ben", password: PW };
    return { world, own, anna: world.anna.api.account.jellyfin };
  }

  test("lets somebody sign in either way, until they unlink", async () => {
    const { world, own, anna } = await bensAccount();
    const { user } = await world.anna.api.auth.me.query();
    expect(await anna.get.query()).toMatchObject({ linkedAs: null });
    await anna.link.mutate(own);
    expect(world.jellyfin.liveTokens()).toEqual([]);
    expect(await countKept(world.server)).toBe(0);
    expect(await anna.get.query()).toMatchObject({ linkedAs: "Ben" });
    const { me } = await enterFrom(world);
    expect(me.user).toMatchObject({ id: user.id, role: "admin", ways: ["password", "jellyfin"] });

    await anna.unlink.mutate();
    expect(await refusalFrom(world)).toMatchObject({ code: "forbidden" });
    expect(await anna.unlink.mutate().catch(refusalOf)).toMatchObject({ code: "not_found" });
    const linked = (await audited(world, user.id)).filter(
      ({ action }) => action === "account.linked",
    );
    expect(linked.map(({ details }) => details)).toEqual([
      { way: "jellyfin", isOn: false },
      { way: "jellyfin", isOn: true },
    ]);
  });

  test("takes no account that is somebody's, and no second one", async () => {
    const { world, own, anna } = await bensAccount();
    await world.anna.api.admin.jellyfin.set.mutate({ url: world.site.url, newUsers: true });
    await enterFrom(world);
    expect(await anna.link.mutate(own).catch(refusalOf)).toEqual(isRefusedAs("conflict"));
    world.jellyfin.addUser("Anna", PW);
    world.jellyfin.addUser("Second", PW);
    await anna.link.mutate({ username: "Anna", password: PW });
    const second = anna.link.mutate({ username: "Second", password: PW });
    expect(await second.catch(refusalOf)).toEqual(isRefusedAs("conflict"));
    expect(world.jellyfin.liveTokens()).toHaveLength(1);
  });

  test("with a wrong password changes nothing, and leaves whoever tried signed in", async () => {
    const { own, anna } = await bensAccount();
    const wrong = anna.link.mutate({ ...own, password: "not it" });
    expect(await wrong.catch(refusalOf)).toEqual(isRefusedAs("forbidden"));
    expect(await anna.get.query()).toMatchObject({ linkedAs: null });
  });

  test("and unlinking ask for whoever showed a moment ago who they are", async () => {
    const { world, own, anna } = await bensAccount();
    await anna.link.mutate(own);
    await write(world.server.deps, (tx) =>
      tx.execute(sql`update sessions set authenticated_at = now() - interval '11 minutes'`),
    );
    const { set, remove } = world.anna.api.admin.jellyfin;
    const changes = [
      anna.link.mutate(own),
      anna.unlink.mutate(),
      set.mutate({ url: world.site.url, newUsers: false }),
      remove.mutate(),
    ];
    for (const change of changes) {
      expect(await change.catch(refusalOf)).toEqual(isRefusedAs("reauthentication_required"));
    }
    expect(await anna.get.query()).toMatchObject({ linkedAs: "Ben" });
  });

  test("is announced to the owner by mail when it comes and when it goes, and not when it fails", async () => {
    const mail = await startMailServer();
    const environment = { SMTP_URL: mail.url, PUBLIC_URL: "http://localhost:3000" };
    const world = await annasMedia({ server: { isWorking: true, environment } });
    const { user } = await world.anna.api.auth.me.query();
    const { link, unlink } = world.anna.api.account.jellyfin;
    expect(await unlink.mutate().catch(refusalOf)).toEqual(isRefusedAs("not_found"));
    const wrong = link.mutate({ username: "ben", password: "not it" });
    expect(await wrong.catch(refusalOf)).toEqual(isRefusedAs("forbidden"));
    await link.mutate({ username: "ben", password: PW });
    await unlink.mutate();
    const letters = [await mail.next(user.email ?? ""), await mail.next(user.email ?? "")];
    const said = new Map(letters.map((each) => [each.subject, each.text?.replaceAll("\n", " ")]));
    expect([...said.keys()].sort()).toEqual([
      "A way to sign in was added to your account",
      "A way to sign in was removed from your account",
    ]);
    const account = `The account “Ben” at ${world.site.name} was`;
    expect(said.get("A way to sign in was added to your account")).toContain(`${account} linked`);
    expect(said.get("A way to sign in was removed from your account")).toContain(
      `${account} unlinked`,
    );
    expect(letters.map((each) => linkIn(each).href)).toEqual(times(2, "http://localhost:3000/"));
    expect(JSON.stringify(mail.mails)).not.toContain(PW);
  });

  test("is never undone where it is the only way in", async () => {
    const world = await annasMedia();
    const { device, me } = await enterFrom(world);
    const { unlink } = device.api.account.jellyfin;
    expect(await unlink.mutate().catch(refusalOf)).toEqual(isRefusedAs("conflict"));
    // A password without an address to type lets nobody in.
    await device.api.account.changePassword.mutate({ password: "eleven green bassoons" });
    expect(await unlink.mutate().catch(refusalOf)).toEqual(isRefusedAs("conflict"));
    expect(await world.anna.api.admin.jellyfin.get.query()).toMatchObject({ dependents: 1 });
    await write(world.server.deps, (tx) =>
      tx.execute(sql`update users set email = 'b@band.example', email_key = 'b@band.example'
        where id = ${me.user.id}`),
    );
    await unlink.mutate();
    expect(await world.anna.api.admin.jellyfin.get.query()).toMatchObject({ dependents: 0 });
  });
});

describe("showing again who one is", () => {
  test("works with the account of the media server that is one's own", async () => {
    const world = await annasMedia();
    world.jellyfin.addUser("Carla", PW);
    await enterFrom(world, { username: "Carla" });
    const { device } = await enterFrom(world);
    const age = () =>
      write(world.server.deps, (tx) =>
        tx.execute(sql`update sessions set authenticated_at = now() - interval '11 minutes'`),
      );
    await age();
    const change = () =>
      device.api.account.changePassword.mutate({ password: "eleven green bassoons" });
    const show = async (username: string, password: string) => {
      await forgetTries(world.server);
      await device.api.auth.reauthenticate.mutate({ way: "jellyfin", username, password });
    };
    expect(await change().catch(refusalOf)).toEqual(isRefusedAs("reauthentication_required"));
    expect(await show("Ben", "wrong").catch(refusalOf)).toEqual(isRefusedAs("forbidden"));
    expect(await show("Carla", PW).catch(refusalOf)).toEqual(isRefusedAs("forbidden"));
    expect(await change().catch(refusalOf)).toEqual(isRefusedAs("reauthentication_required"));
    await show("ben", PW);
    await change();
    // What was only shown is given back; what the session came with stays.
    expect(world.jellyfin.liveTokens(world.ben)).toHaveLength(1);
    expect(world.jellyfin.liveTokens()).toHaveLength(2);
  });
});
