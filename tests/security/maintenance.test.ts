import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { auditEvents, sessions } from "#drizzle/schema/index.ts";
import { totpCodeAt } from "#server/auth/crypto.ts";
import { write } from "#server/base/db.ts";
import { type Answer, type Browser, openBrowser } from "#tests/auth/browser.ts";
import {
  annasServer,
  createPerson,
  type Person,
  replicaOf,
  signIn,
  type World,
} from "#tests/auth/people.ts";
import { NOTE, startReplica } from "#tests/auth/replica.ts";
import { mp3 } from "#tests/library/made-audio.ts";
import { newestScan } from "#tests/library/scanning.ts";
import type { TestDeps, TestDepsOptions } from "#tests/support/deps.ts";
import { annasStorage, runJobs } from "#tests/support/world.ts";
import { access } from "./access.ts";
import { fingerprints } from "./database.ts";
import { forgetTries, nightShift } from "./night-shift.ts";
import { procedures } from "./procedures.ts";

const ON = { isOn: true, message: "A new disk is being built in." } as const;
const OFF = { isOn: false, message: null } as const;

interface Maintained extends World {
  readonly admin: Person;
  /** In front of the first server. */
  readonly admins: Browser;
}

/** Anna is signed in, and so is an administrator. */
async function maintained(replicaCount = 1, options: TestDepsOptions = {}): Promise<Maintained> {
  const world = await annasServer(replicaCount, options);
  const admin = await createPerson(world.deps, "olga", { role: "admin" });
  const admins = openBrowser(world.replicas[0].baseUrl);
  await signIn(admins, admin);
  await signIn(world.browser, world.anna);
  return { ...world, admin, admins };
}

async function switchTo({ admins }: Pick<Maintained, "admins">, choice: object): Promise<void> {
  expect((await admins.mutate("admin.maintenance.set", choice)).status).toBe(200);
}

const change = (browser: Browser): Promise<Answer> => browser.mutate(NOTE);

const codeOf = ({ status, refusal }: Answer) => [status, refusal?.code ?? null];

const REFUSED = [503, "maintenance"];

describe("maintenance that is switched on at one server", () => {
  test("is on at all within two seconds, and off again, and every one says for how long", async () => {
    const world = await maintained(3);
    const annas = world.replicas.map(({ baseUrl }) => world.browser.at(baseUrl));
    for (const browser of annas) expect((await change(browser)).status).toBe(200);

    const until = new Date(Date.now() + 600_000).toISOString();
    await switchTo(world, { ...ON, until });
    for (const browser of annas) {
      await expect
        .poll(async () => codeOf(await change(browser)), { timeout: 2_000 })
        .toEqual(REFUSED);
      const { refusal, headers } = await change(browser);
      expect(refusal?.message).toContain(ON.message);
      const seconds = Number(headers.get("retry-after"));
      expect(seconds).toBeGreaterThan(500);
      expect(seconds).toBeLessThanOrEqual(600);
      const { data } = await browser.query("system.info");
      expect(data).toMatchObject({ maintenance: { message: ON.message, until } });
      expect((await browser.query("auth.me")).status).toBe(200);
      expect((await browser.fetch("/health/ready")).status).toBe(200);
      expect((await browser.fetch("/health/live")).status).toBe(200);
    }

    await switchTo(world, OFF);
    for (const browser of annas) {
      await expect.poll(async () => (await change(browser)).status, { timeout: 2_000 }).toBe(200);
      expect((await browser.query("system.info")).data).toMatchObject({ maintenance: null });
    }
  });

  test("is known ten seconds later to one that hears no events", async () => {
    let aheadMs = 0;
    const now = () => new Date(Date.now() + aheadMs);
    const world = await maintained(1, { now });
    const deaf: TestDeps = await replicaOf(world.deps, { now });
    const there = world.browser.at((await startReplica(deaf)).baseUrl);
    await deaf.events.close();
    expect((await change(there)).status).toBe(200);

    await switchTo(world, ON);
    await expect.poll(async () => codeOf(await change(world.browser))).toEqual(REFUSED);
    expect((await change(there)).status).toBe(200);
    aheadMs = 10_000;
    expect(codeOf(await change(there))).toEqual(REFUSED);
    await switchTo(world, OFF);
    expect(codeOf(await change(there))).toEqual(REFUSED);
    aheadMs = 20_000;
    expect((await change(there)).status).toBe(200);
  });

  test("is still on when a server starts anew", async () => {
    const world = await maintained();
    await switchTo(world, ON);
    await world.replicas[0].stop();
    const { baseUrl } = await startReplica(await replicaOf(world.deps));
    expect(codeOf(await change(world.browser.at(baseUrl)))).toEqual(REFUSED);
    const { data } = await world.admins.at(baseUrl).query("admin.maintenance.get");
    expect(data).toEqual({ ...ON, until: null, isHeldOn: false });
  });

  test("is written down with who did it", async () => {
    const world = await maintained();
    await switchTo(world, ON);
    await switchTo(world, OFF);
    const rows = await world.deps.db
      .select({ actorId: auditEvents.actorId, details: auditEvents.details })
      .from(auditEvents)
      .where(sql`${auditEvents.action} = 'admin.maintenance_changed'`)
      .orderBy(auditEvents.id);
    const actorId = world.admin.userId;
    expect(rows).toEqual([
      { actorId, details: { isOn: true } },
      { actorId, details: { isOn: false } },
    ]);
  });
});

test("a server that was started for maintenance is in it, whatever is chosen, and says so to administrators", async () => {
  const world = await maintained();
  const environment = { MAINTENANCE_MODE: "1" };
  const { baseUrl } = await startReplica(await replicaOf(world.deps, { environment }));
  const [there, adminThere] = [world.browser.at(baseUrl), world.admins.at(baseUrl)];
  await switchTo(world, OFF);
  expect(codeOf(await change(there))).toEqual(REFUSED);
  expect((await change(adminThere)).status).toBe(200);
  expect((await adminThere.query("admin.maintenance.get")).data).toEqual({
    ...OFF,
    until: null,
    isHeldOn: true,
  });
  expect((await there.query("system.info")).data).toMatchObject({
    maintenance: { message: null, until: null },
  });
  expect((await change(world.browser)).status).toBe(200);
});

describe("during maintenance", () => {
  test("nobody but administrators signs in, and no session opens", async () => {
    const world = await maintained();
    await switchTo(world, ON);
    const { baseUrl } = world.replicas[0];
    const before = await world.deps.db.$count(sessions);
    for (let attempt = 0; attempt < 12; attempt += 1) {
      await forgetSignIns(world);
      const answer = await signIn(openBrowser(baseUrl), world.anna);
      expect(codeOf(answer)).toEqual(REFUSED);
      expect(answer.refusal?.message).toContain(ON.message);
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(answer.headers.getSetCookie().join()).not.toMatch(/access|refresh/);
    }
    await forgetSignIns(world);
    const wrong = { ...world.anna, password: "eleven green bassoons" };
    expect((await signIn(openBrowser(baseUrl), wrong)).status).toBe(401);
    expect(await world.deps.db.$count(sessions)).toBe(before);
    expect((await signIn(openBrowser(baseUrl), world.admin)).status).toBe(200);
  });

  test("an administrator with a second factor signs in, and nobody else is asked for theirs", async () => {
    const world = await maintained();
    const codeOfAdmin = await takeFactor(world.admins);
    await takeFactor(world.browser);
    await switchTo(world, ON);
    const admins = openBrowser(world.replicas[0].baseUrl);
    const first = await signIn(admins, world.admin);
    const { ticket } = first.data as { ticket: string };
    const code = await codeOfAdmin();
    const second = await admins.mutate("auth.signInSecondFactor", { ticket, code });
    expect(second.status).toBe(200);
    expect((await change(admins)).status).toBe(200);
    expect(codeOf(await signIn(openBrowser(world.replicas[0].baseUrl), world.anna))).toEqual(
      REFUSED,
    );
  });

  test("a code that was asked for before opens nothing, and is no wrong one", async () => {
    const world = await maintained();
    const codeOfAnna = await takeFactor(world.browser);
    const browser = openBrowser(world.replicas[0].baseUrl);
    const { ticket } = (await signIn(browser, world.anna)).data as { ticket: string };
    await switchTo(world, ON);
    const enter = async () =>
      browser.mutate("auth.signInSecondFactor", { ticket, code: await codeOfAnna() });
    await expect.poll(async () => codeOf(await enter())).toEqual(REFUSED);
    const [codes] = await world.deps.db.execute<{ hits: number }>(
      sql`select hits from rate_limits where key like 'codes %'`,
    );
    expect(codes?.hits ?? 0).toBe(0);
    await switchTo(world, OFF);
    await expect.poll(async () => (await enter()).status).toBe(200);
  });

  test("whoever is signed in stays so, and may leave", async () => {
    const world = await maintained();
    await switchTo(world, ON);
    expect((await world.browser.mutate("auth.refresh")).status).toBe(200);
    expect((await world.browser.query("auth.me")).status).toBe(200);
    expect((await world.browser.mutate("auth.signOut")).status).toBe(200);
    expect((await world.browser.query("auth.me")).status).toBe(401);
  });

  /** What ends in a check of its own, or changes nothing that could be lost. */
  const GO_ON = [
    ...["auth.setup", "auth.signIn", "auth.signInSecondFactor", "auth.refresh"],
    ...["auth.signInJellyfin", "auth.passkeyOptions", "auth.signInPasskey"],
  ];

  test("recordings play and everything can be read, and no change of anybody's is made but an administrator's", async () => {
    const world = await nightShift();
    const { owner, admin, listener } = world.as;
    await switchTo({ admins: admin.browser }, ON);
    const before = await fingerprints(world.server.deps);
    const answers: Record<string, unknown> = {};
    const expected: Record<string, unknown> = {};
    for (const { path, type } of procedures) {
      if (type !== "mutation" || path === "auth.signOut" || GO_ON.includes(path)) continue;
      const { needs, input } = access[path] ?? { needs: "user" };
      const sent = input?.(world.theirs);
      await forgetTries(world.server);
      const { csrf, browser } = owner;
      answers[path] = codeOf(await browser.mutate(path, sent, { csrf }));
      expected[path] = needs === "admin" ? [403, "forbidden"] : REFUSED;
    }
    expect(answers).toEqual(expected);
    expect(Object.keys(answers).length).toBeGreaterThan(20);
    expect(await fingerprints(world.server.deps)).toEqual(before);

    const song = await listener.browser.fetch(`/stream/${world.theirs.trackId}`);
    expect(song.status).toBe(200);
    const list = { bandId: world.theirs.bandId };
    expect((await listener.browser.query("library.tracks.list", list)).status).toBe(200);
    expect((await admin.browser.mutate("admin.registration.set", { mode: "open" })).status).toBe(
      200,
    );
  });

  test("a scan waits, and goes on by itself afterwards", async () => {
    const world = await annasStorage(({ tree }) => tree.put("one.mp3", mp3({ TIT2: "One" })));
    const { deps } = world.server;
    const { api } = world.anna;
    world.cloud.tree.put("two.mp3", mp3({ TIT2: "Two" }));
    await api.admin.maintenance.set.mutate(ON);
    await expect.poll(() => deps.maintenance.find()).not.toBeNull();
    await api.connections.scan.mutate({ connectionId: world.connection.id });
    await runJobs(world.server);
    expect(await newestScan(world)).toMatchObject({ state: "queued", found: 0 });

    await api.admin.maintenance.set.mutate(OFF);
    await expect.poll(() => deps.maintenance.find()).toBeNull();
    await passTime(deps);
    await runJobs(world.server);
    expect(await newestScan(world)).toMatchObject({ state: "done", found: 2 });
  });

  test("a scan that runs stops within seconds, keeps what it has, and goes on from there", async () => {
    const world = await annasStorage(() => {});
    const { deps } = world.server;
    const { api } = world.anna;
    for (let index = 0; index < 30; index += 1) {
      world.cloud.tree.put(`${index}.mp3`, mp3({ TIT2: `Take ${index}` }));
    }
    await api.connections.scan.mutate({ connectionId: world.connection.id });
    world.cloud.fault({ stall: true });
    const running = runJobs(world.server);
    await expect.poll(async () => (await newestScan(world)).state).not.toBe("queued");
    await api.admin.maintenance.set.mutate(ON);
    await running;
    const paused = await newestScan(world);
    expect(paused.finishedAt).toBeNull();

    world.cloud.heal();
    await api.admin.maintenance.set.mutate(OFF);
    await expect.poll(() => deps.maintenance.find()).toBeNull();
    await passTime(deps);
    await runJobs(world.server);
    expect(await newestScan(world)).toMatchObject({ id: paused.id, state: "done", found: 30 });
  });
});

const stepNow = (): number => Math.floor(Date.now() / 30_000);

/** @returns what their app shows. */
async function takeFactor(browser: Browser): Promise<() => Promise<string>> {
  const { secret } = (await browser.mutate("account.twoFactor.begin")).data as { secret: string };
  // A code counts once, so that the one of now is kept for signing in.
  const code = await totpCodeAt(secret, stepNow() - 1);
  expect((await browser.mutate("account.twoFactor.confirm", { code })).status).toBe(200);
  return () => totpCodeAt(secret, stepNow());
}

/** What waits for its time has waited long enough. */
const passTime = (deps: TestDeps): Promise<unknown> =>
  write(deps, (tx) =>
    tx.execute(sql`update pgboss.job set start_after = now() where state = 'created'`),
  );

const forgetSignIns = ({ deps }: World): Promise<unknown> =>
  write(deps, (tx) => tx.execute(sql`delete from rate_limits where key like 'signIn %'`));
