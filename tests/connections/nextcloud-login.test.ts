import { sql } from "drizzle-orm";
import { describe, expect, onTestFinished, test } from "vitest";
import { StorageLoginId } from "#contract/ids.ts";
import { sessions } from "#drizzle/schema/index.ts";
import type { Backline } from "#sdk/index.ts";
import { write } from "#server/base/db.ts";
import { forgetEndedLogins, pollNextcloudLogin } from "#server/connections/nextcloud-login.ts";
import { createPerson } from "#tests/auth/people.ts";
import { testDeps } from "#tests/support/deps.ts";
import {
  type FaultServer,
  type FaultServerOptions,
  startFaultServer,
} from "#tests/support/fault-server.ts";
import { refused } from "#tests/support/refused.ts";
import { ADMIN, type TestServer } from "#tests/support/server.ts";
import { annasServer, connect, listTracks, runJobs, type World } from "#tests/support/world.ts";

const POLL = "/index.php/login/v2/poll";

async function annasCloud(options: FaultServerOptions = {}) {
  const cloud = await startFaultServer({ persona: "nextcloud", ...options });
  onTestFinished(() => cloud.stop());
  cloud.tree.put("Live/take 1.mp3", "one");
  const world = await annasServer();
  const { bandId } = world;
  const { connections } = world.anna.api;
  const begin = (
    more: Partial<Parameters<typeof connections.beginNextcloudLogin.mutate>[0]> = {},
  ) => connections.beginNextcloudLogin.mutate({ bandId, url: cloud.baseUrl, ...more });
  const poll = (loginId: StorageLoginId) => connections.pollNextcloudLogin.mutate({ loginId });
  const cancel = (loginId: StorageLoginId) => connections.cancelNextcloudLogin.mutate({ loginId });
  const cards = () => connections.list.query({ bandId });
  return { ...world, cloud, begin, poll, cancel, cards };
}

async function signedIn(
  server: TestServer,
  { email, password }: { readonly email: string; readonly password: string },
): Promise<Backline> {
  const guest = server.guest();
  await guest.api.auth.signIn.mutate({ email, password, rememberMe: false });
  return guest;
}

const stateOf = async ({ server }: World): Promise<string | null | undefined> => {
  const [row] = await server.deps.db.execute<{ sealed_state: string | null }>(
    sql`select sealed_state from nextcloud_logins`,
  );
  return row?.sealed_state;
};

const letMinutesPass = ({ server }: World, minutes: number) =>
  write(server.deps, (tx) =>
    tx.execute(
      sql`update nextcloud_logins set expires_at = expires_at - make_interval(mins => ${minutes})`,
    ),
  );

const polls = (cloud: FaultServer): number => cloud.count({ method: "POST", path: POLL });

describe("signing in at a Nextcloud", () => {
  test("connects it without a password ever being typed here", async () => {
    const world = await annasCloud();
    const { cloud, begin, poll, cards, anna } = world;
    const begun = await begin();
    expect(begun).toMatchObject({ host: new URL(cloud.url).host, product: "Nextcloud 33.0.2" });
    expect(new URL(begun.loginUrl).origin).toBe(new URL(cloud.url).origin);
    expect(await poll(begun.loginId)).toEqual({ status: "waiting" });
    expect(await cards()).toEqual([]);

    cloud.grantLogins();
    const done = await poll(begun.loginId);
    expect(done).toMatchObject({
      status: "connected",
      connection: {
        provider: "webdav",
        name: "Nextcloud",
        identity: `anna at ${begun.host}`,
        product: "Nextcloud 33.0.2",
        isPrimary: true,
      },
    });
    if (done.status !== "connected") throw new Error("It is not connected.");
    await anna.api.connections.setRoot.mutate({ connectionId: done.connection.id, folder: null });
    await runJobs(world.server);
    const tracks = await listTracks(world);
    expect(tracks.map(({ path }) => path)).toEqual(["Live/take 1.mp3"]);
  });

  test("is asked only with the token, by this server alone, which keeps it sealed", async () => {
    const world = await annasCloud();
    const { cloud, begin, poll } = world;
    const begun = await begin();
    await poll(begun.loginId);
    const sealed = (await stateOf(world)) ?? "";
    expect(sealed).toMatch(/^v1\./);
    expect(JSON.stringify(begun)).not.toContain("poll");
    cloud.grantLogins();
    await poll(begun.loginId);
    const [appPassword] = cloud.appPasswords.keys();
    expect(appPassword).toHaveLength(72);
    expect(await stateOf(world)).toBeNull();
    const flow = cloud.requests.filter(({ target }) => target.startsWith("/index.php/login/v2"));
    expect(flow.map(({ method, headers }) => [method, headers.authorization])).toEqual([
      ...[1, 2, 3].map(() => ["POST", undefined]),
    ]);
  });

  test("is told once more what it has connected, however often it is asked", async () => {
    const { cloud, begin, poll, cards } = await annasCloud();
    const { loginId } = await begin();
    cloud.grantLogins();
    const first = await poll(loginId);
    expect(await poll(loginId)).toEqual(first);
    expect(await cards()).toHaveLength(1);
    expect(polls(cloud)).toBe(1);
  });

  test("connects once when it is asked many times at once", async () => {
    const { cloud, begin, poll, cards } = await annasCloud();
    const { loginId } = await begin();
    cloud.grantLogins();
    const answers = await Promise.all(Array.from({ length: 12 }, () => poll(loginId)));
    const last = await poll(loginId);
    const connected = answers.filter(({ status }) => status === "connected");
    expect(connected.length).toBeGreaterThan(0);
    for (const each of connected) expect(each).toEqual(last);
    expect(await cards()).toHaveLength(1);
  });

  test("connects once when many have seen at once that it was granted", async () => {
    const { cloud, begin, poll, cards } = await annasCloud();
    const { loginId } = await begin();
    cloud.grantLogins();
    const heal = cloud.fault({ method: "PROPFIND", status: 502 });
    await refused(poll(loginId));
    heal();
    const answers = await Promise.all(Array.from({ length: 12 }, () => poll(loginId)));
    const [card] = await cards();
    expect(answers).toEqual(answers.map(() => ({ status: "connected", connection: card })));
    expect(await cards()).toHaveLength(1);
  });

  test("goes on at another replica", async () => {
    const { cloud, begin, server, cards } = await annasCloud();
    const { testDatabase: database, testKeys: keys } = server.deps;
    const other = await testDeps({ database, keys });
    const { loginId } = await begin();
    cloud.grantLogins();
    const [actor] = await other.db
      .select({ userId: sessions.userId, sessionId: sessions.id, role: sql<"admin">`'admin'` })
      .from(sessions);
    if (!actor) throw new Error("Nobody is signed in.");
    expect(await pollNextcloudLogin(other, actor, loginId)).toMatchObject({ status: "connected" });
    expect(await cards()).toHaveLength(1);
  });

  test("keeps what was granted while the Nextcloud goes away", async () => {
    const { cloud, begin, poll, cards } = await annasCloud();
    const { loginId } = await begin();
    cloud.grantLogins();
    const heal = cloud.fault({ method: "PROPFIND", status: 502 });
    expect((await refused(poll(loginId))).code).toBe("storage_unavailable");
    expect(await cards()).toEqual([]);
    heal();
    expect(await poll(loginId)).toMatchObject({ status: "connected" });
    expect(polls(cloud)).toBe(1);
  });

  test("waits through maintenance", async () => {
    const { cloud, begin, poll } = await annasCloud();
    const { loginId } = await begin();
    cloud.nextcloud.maintenance = true;
    const { code, message } = await refused(poll(loginId));
    expect([code, message]).toEqual([
      "storage_unavailable",
      expect.stringContaining("maintenance"),
    ]);
    cloud.nextcloud.maintenance = false;
    expect(await poll(loginId)).toEqual({ status: "waiting" });
  });

  test("is over after twenty minutes, and is forgotten", async () => {
    const world = await annasCloud();
    const { cloud, begin, poll, cards, server } = world;
    const { loginId, expiresAt } = await begin();
    const minutes = (Date.parse(expiresAt) - server.deps.now().getTime()) / 60_000;
    expect(Math.round(minutes)).toBe(20);
    await letMinutesPass(world, 21);
    cloud.grantLogins();
    expect(await poll(loginId)).toEqual({ status: "expired" });
    expect([polls(cloud), await cards()]).toEqual([0, []]);
    await forgetEndedLogins(server.deps);
    expect(await stateOf(world)).toMatch(/^v1\./);
    await letMinutesPass(world, 20);
    await forgetEndedLogins(server.deps);
    expect(await stateOf(world)).toBeUndefined();
  });

  test("can be cancelled, and then nothing comes of it", async () => {
    const world = await annasCloud();
    const { cloud, begin, poll, cancel, cards } = world;
    const { loginId } = await begin();
    await cancel(loginId);
    cloud.grantLogins();
    expect((await refused(poll(loginId))).code).toBe("not_found");
    expect((await refused(cancel(loginId))).code).toBe("not_found");
    expect([polls(cloud), await cards()]).toEqual([0, []]);
  });

  test("when it is cancelled after it was granted, gives the access back", async () => {
    const { cloud, begin, poll, cancel, server } = await annasCloud();
    const { loginId } = await begin();
    cloud.grantLogins();
    cloud.fault({ method: "PROPFIND", status: 502 });
    await refused(poll(loginId));
    expect(cloud.appPasswords.size).toBe(1);
    await cancel(loginId);
    await runJobs(server);
    expect(cloud.appPasswords.size).toBe(0);
  });

  test("when it is begun anew, ends the one before", async () => {
    const { begin, poll } = await annasCloud();
    const first = await begin();
    const second = await begin();
    expect((await refused(poll(first.loginId))).code).toBe("not_found");
    expect(await poll(second.loginId)).toEqual({ status: "waiting" });
  });

  test("gives new access to a connection that stays what it is", async () => {
    const world = await annasCloud();
    const { cloud, begin, poll, cards } = world;
    const connection = await connect(world, cloud);
    const [track] = await listTracks(world);
    cloud.setPassword("anna", "changed-4712");
    const { loginId } = await begin({ connectionId: connection.id });
    cloud.grantLogins();
    expect(await poll(loginId)).toMatchObject({
      status: "connected",
      connection: { id: connection.id, health: "active", trackCount: 1 },
    });
    expect(await cards()).toHaveLength(1);
    expect(await listTracks(world)).toEqual([track]);
  });

  test("for a storage that is removed meanwhile, ends with it", async () => {
    const world = await annasCloud();
    const { cloud, begin, poll, anna, cards } = world;
    const { id: connectionId } = await connect(world, cloud);
    const { loginId } = await begin({ connectionId });
    await anna.api.connections.remove.mutate({ connectionId });
    cloud.grantLogins();
    expect((await refused(poll(loginId))).code).toBe("not_found");
    expect(await cards()).toEqual([]);
  });

  test("is for storages of that kind only", async () => {
    const { begin, anna, bandId } = await annasCloud();
    const { id: connectionId } = await anna.api.connections.createDemo.mutate({ bandId });
    expect((await refused(begin({ connectionId }))).code).toBe("conflict");
  });
});

describe("nobody else goes on with a sign-in", () => {
  test("not another person, not the same one in another browser, not for another band", async () => {
    const { cloud, begin, poll, server, cards } = await annasCloud();
    const { loginId } = await begin();
    cloud.grantLogins();
    const ben = await signedIn(server, await createPerson(server.deps, "ben"));
    for (const { api } of [ben, await signedIn(server, ADMIN)]) {
      const { pollNextcloudLogin: pollIt, cancelNextcloudLogin: cancelIt } = api.connections;
      expect((await refused(pollIt.mutate({ loginId }))).code).toBe("not_found");
      expect((await refused(cancelIt.mutate({ loginId }))).code).toBe("not_found");
    }
    expect(polls(cloud)).toBe(0);
    expect(await poll(loginId)).toMatchObject({ status: "connected" });
    expect(await cards()).toHaveLength(1);
  });

  test("not for a storage of another band", async () => {
    const { begin, bandId, anna, server, cloud } = await annasCloud();
    const { id: connectionId } = await anna.api.connections.createDemo.mutate({ bandId });
    const ben = await signedIn(server, await createPerson(server.deps, "ben"));
    const { personalBandId } = await ben.api.auth.me.query();
    const mine = { bandId: personalBandId, url: cloud.baseUrl };
    const { beginNextcloudLogin } = ben.api.connections;
    const foreign = await refused(beginNextcloudLogin.mutate({ ...mine, connectionId }));
    expect(foreign.code).toBe("not_found");
    expect((await refused(beginNextcloudLogin.mutate({ ...mine, bandId }))).code).toBe("not_found");
    expect((await refused(begin({ bandId: personalBandId }))).code).toBe("forbidden");
    expect(cloud.requests).toEqual([]);
  });

  test("not who is no owner of the band any more", async () => {
    const { cloud, begin, poll, server } = await annasCloud();
    const { loginId } = await begin();
    cloud.grantLogins();
    await write(server.deps, (tx) => tx.execute(sql`update members set role = 'editor'`));
    expect((await refused(poll(loginId))).code).toBe("forbidden");
    expect(polls(cloud)).toBe(0);
  });

  test("and a sealed one opens in no other place", async () => {
    const world = await annasCloud();
    const { cloud, begin, poll, server } = world;
    const { loginId } = await begin();
    const other = StorageLoginId.parse(crypto.randomUUID());
    await write(server.deps, (tx) =>
      tx.execute(sql`update nextcloud_logins set id = ${other} where id = ${loginId}`),
    );
    expect((await refused(poll(other))).code).toBe("internal");
    expect(polls(cloud)).toBe(0);
  });
});

describe("what a server says of itself is not believed", () => {
  const answer = (poll: string, login: string) => ({
    method: "POST",
    path: "/index.php/login/v2",
    status: 200,
    text: JSON.stringify({ poll: { token: "t".repeat(128), endpoint: poll }, login }),
  });

  test.each([
    ["asks elsewhere", (origin: string) => answer("https://other.example/poll", `${origin}/flow`)],
    [
      "shows a page elsewhere",
      (origin: string) => answer(`${origin}/poll`, "https://other.example/"),
    ],
    [
      "shows a page at another port",
      (origin: string) => answer(`${origin}/poll`, "http://127.0.0.1:1/"),
    ],
    ["shows a script", (origin: string) => answer(`${origin}/poll`, "javascript:alert(1)")],
    ["shows a file", (origin: string) => answer(`${origin}/poll`, "file:///etc/passwd")],
    [
      "hides a name in it",
      (origin: string) => answer(`${origin}/poll`, origin.replace("//", "//other.example@")),
    ],
    ["shows no address", (origin: string) => answer(`${origin}/poll`, "sign in")],
  ])("one that %s is refused", async (_, faultAt) => {
    const world = await annasCloud();
    const { cloud, begin } = world;
    cloud.fault(faultAt(new URL(cloud.url).origin));
    expect((await refused(begin())).code).toBe("storage_refused");
    expect(await stateOf(world)).toBeUndefined();
  });

  test("one that grants access to somewhere else is refused, and nothing is sent there", async () => {
    const { cloud, begin, poll, cards } = await annasCloud();
    const { loginId } = await begin();
    const granted = { server: "https://other.example", loginName: "anna", appPassword: "x-4711" };
    cloud.fault({ path: POLL, status: 200, text: JSON.stringify(granted), times: 1 });
    const { code, message } = await refused(poll(loginId));
    expect(code).toBe("storage_refused");
    expect(message).toContain("other.example");
    expect((await refused(poll(loginId))).code).toBe("not_found");
    expect(await cards()).toEqual([]);
  });

  test.each([
    ["has no Nextcloud", { path: "/status.php", status: 404 }, "storage_refused", "No Nextcloud"],
    [
      "has an old one",
      { path: "/index.php/login/v2", status: 404 },
      "storage_refused",
      "app password",
    ],
    [
      "forwards",
      { path: "/index.php/login/v2", status: 302, headers: { location: "https://login.example/" } },
      "storage_refused",
      "login.example",
    ],
    [
      "says nothing of use",
      { path: "/index.php/login/v2", status: 200, text: "{}" },
      "storage_unavailable",
      "understand",
    ],
    ["shuts us out", { path: "/index.php/login/v2", status: 429 }, "rate_limited", "slow down"],
  ])("one that %s gets a sentence", async (_, fault, code, words) => {
    const { cloud, begin } = await annasCloud();
    cloud.fault(fault);
    const refusal = await refused(begin());
    expect(refusal.code).toBe(code);
    expect(refusal.message).toContain(words);
  });

  test("addresses that a person must not reach are not reached", async () => {
    const { begin } = await annasCloud();
    for (const url of ["http://169.254.169.254/", "http://10.0.0.7", "file:///etc/passwd"]) {
      expect((await refused(begin({ url }))).code).toBe("storage_refused");
    }
  });
});

test("an access that was granted wrongly is not kept", async () => {
  const { cloud, begin, poll, cards } = await annasCloud();
  const { loginId } = await begin();
  cloud.grantLogins();
  cloud.fault({ method: "PROPFIND", status: 401 });
  expect((await refused(poll(loginId))).code).toBe("storage_reconnect");
  cloud.heal();
  expect((await refused(poll(loginId))).code).toBe("not_found");
  expect(await cards()).toEqual([]);
});
