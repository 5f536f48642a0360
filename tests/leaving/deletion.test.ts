import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import type { DeletionPreview } from "#contract/leaving.ts";
import type { SharedLink, SharePage } from "#contract/shares.ts";
import { insertMember } from "#server/bands/store.ts";
import { write } from "#server/base/db.ts";
import { openBrowser } from "#tests/auth/browser.ts";
import { createPerson, signIn } from "#tests/auth/people.ts";
import { doInPieces, prepareCuts } from "#tests/security/cuts.ts";
import { fingerprints } from "#tests/security/database.ts";
import { listen } from "#tests/security/live.ts";
import { forgetTries } from "#tests/security/night-shift.ts";
import { linkIn } from "#tests/support/mail-server.ts";
import { startServer, type TestServer } from "#tests/support/server.ts";
import { runJobs } from "#tests/support/world.ts";
import {
  arrive,
  bensServer,
  handingOver,
  type Leaver,
  leave,
  letMinutesPass,
  makeBand,
  personalBandOf,
  tracksOf,
} from "./leaver.ts";

/** A recording that plays, and changes that are told, may go on for so long after the account. */
const GRACE_MS = 5_000;

const rowsOf = ({ deps }: TestServer, query: ReturnType<typeof sql>) => deps.db.execute(query);

test("who wants to leave is told before what would happen to each of their bands", async () => {
  const world = await bensServer();
  const { ben, bands, carla } = world;
  const { data } = await ben.browser.query("account.deletion.preview");
  const preview = data as DeletionPreview;
  expect(preview).toMatchObject({ isLastAdmin: false, confirmation: ben.email });
  expect(
    preview.bands.map(({ name, fate, heirs, connectionCount, trackCount }) => [
      ...[name, fate, heirs.map(({ name: heir }) => heir).join(), connectionCount, trackCount],
    ]),
  ).toEqual([
    ["ben", "removed", "", 1, 1],
    ["Choir", "left", "", 0, 0],
    ["Duo", "decide", "carla", 1, 1],
    ["Trio", "left", "", 0, 0],
  ]);
  expect(preview.bands[2]?.heirs).toEqual([{ id: carla.userId, name: "carla" }]);
  expect(preview.bands[2]?.id).toBe(bands.duo);
});

test("who leaves is nobody at once: no door, no password, no link and no band knows them any more", async () => {
  const world = await bensServer();
  const { server, ben, anna, mail } = world;
  const second = await arrive(server, ben);
  await server.guest().api.auth.requestPasswordReset.mutate({ email: ben.email });
  await runJobs(server);
  const link = linkIn(await mail.next(ben.email));

  expect((await leave(world, handingOver(world))).status).toBe(200);
  for (const { browser } of [ben, second]) {
    expect((await browser.query("auth.me")).status).toBe(401);
    expect((await browser.mutate("auth.refresh")).status).toBe(401);
  }
  const entering = await signIn(openBrowser(server.baseUrl), ben);
  const unknown = await signIn(openBrowser(server.baseUrl), { ...ben, email: "no@band.example" });
  expect([entering.status, entering.refusal]).toEqual([401, unknown.refusal]);
  const token = link.hash.slice("#token=".length);
  const reset = { token, password: "nine quiet clarinets" };
  expect((await openBrowser(server.baseUrl).mutate("auth.resetPassword", reset)).status).toBe(404);

  const people = await anna.browser.query("admin.users.list", {});
  expect(people.text).not.toContain(ben.userId);
  const about = { userId: ben.userId };
  expect((await anna.browser.mutate("admin.users.suspend", about)).status).toBe(404);
  const role = { ...about, role: "admin" };
  expect((await anna.browser.mutate("admin.users.setRole", role)).status).toBe(404);
});

test("the bands go where they were meant to, and their recordings with them", async () => {
  const world = await bensServer();
  const { server, ben, carla, anna, bands } = world;
  expect((await leave(world, handingOver(world))).status).toBe(200);
  const members = await rowsOf(
    server,
    sql`select bands.name, users.name as who, members.role from members
      join bands on bands.id = band_id join users on users.id = user_id
      where not is_personal order by 1, 2`,
  );
  expect([...members]).toEqual([
    { name: "Choir", who: "Anna", role: "owner" },
    { name: "Duo", who: "carla", role: "owner" },
    { name: "Trio", who: "Anna", role: "owner" },
  ]);
  expect(await rowsOf(server, sql`select id from bands where id = ${bands.personal}`)).toHaveLength(
    0,
  );

  const [track] = await tracksOf(carla, bands.duo);
  expect((await carla.browser.fetch(`/stream/${track?.id}`)).status).toBe(200);
  const own = await carla.browser.query("account.audit.list", { action: "band.handed_over" });
  expect(own.data).toMatchObject({ events: [{ actorId: ben.userId, bandId: bands.duo }] });
  const all = await anna.browser.query("admin.audit.list", { subjectId: ben.userId, limit: 4 });
  const { events } = all.data as { events: { action: string; details: unknown }[] };
  expect(events.map(({ action }) => action).slice(0, 2)).toEqual([
    "account.deleted",
    "credentials.purged",
  ]);
  expect(events[1]?.details).toEqual({ providers: ["webdav"] });
});

test("nothing here opens the storages of what is removed, and the Nextcloud is told", async () => {
  const world = await bensServer();
  const { server, bands, nextcloud, shared } = world;
  const before = nextcloud.password;
  await leave(world, [{ bandId: bands.duo, choice: "remove" }]);
  const left = await rowsOf(
    server,
    sql`select id from connections
    union all select id from tracks union all select id from scans`,
  );
  expect(left).toHaveLength(0);
  await runJobs(server);
  expect(nextcloud.password).not.toBe(before);
  expect(shared.count({ method: "DELETE" })).toBe(0);
  for (const table of ["released_credentials", "totp_factors", "upstream_tokens"]) {
    expect([table, await server.deps.db.$count(sql.raw(table))]).toEqual([table, 0]);
  }
});

test("a storage that is handed over stays connected, even with the password that Ben used for his own", async () => {
  const world = await bensServer();
  const { server, ben, carla, bands, nextcloud } = world;
  const { url, username, password } = nextcloud;
  const form = { provider: "webdav", url, username, password };
  await ben.browser.mutate("connections.create", { bandId: bands.duo, form });
  await leave(world, handingOver(world));
  await runJobs(server);
  expect(nextcloud.password).toBe(password);
  const { data } = await carla.browser.query("connections.list", { bandId: bands.duo });
  expect(data).toHaveLength(2);
});

test("the last letter says what was removed, and the heir learns of it", async () => {
  const world = await bensServer();
  const { server, ben, carla, mail } = world;
  await leave(world, handingOver(world));
  await runJobs(server);
  const letter = await mail.next(ben.email);
  expect(letter.subject).toBe("Your account is deleted");
  const text = letter.text?.replaceAll(/\s+/g, " ");
  expect(text).toContain("Your own library is removed, with 1 storage and 1 recording.");
  expect(text).toContain("Duo belongs to carla now");
  expect(text).toContain("You left Trio. It goes on without you.");
  expect(text).toContain("For 30 days");
  expect((await mail.next(carla.email)).subject).toBe("Duo belongs to you now");
});

test("whoever was in a band that goes with its owner is told which, and what is left", async () => {
  const world = await bensServer();
  const { server, ben, carla, anna, mail, bands } = world;
  const dora = await createPerson(server.deps, "dora");
  const emil = await createPerson(server.deps, "emil");
  await write(server.deps, async (tx) => {
    for (const { userId } of [dora, emil]) {
      await insertMember(tx, { bandId: bands.duo, userId, role: "listener" });
    }
    // Who came through another server has no address.
    await tx.execute(
      sql`update users set email = null, email_key = null where id = ${emil.userId}`,
    );
  });
  await leave(world, [{ bandId: bands.duo, choice: "remove" }]);
  await runJobs(server);

  for (const { email } of [carla, dora]) {
    const letter = await mail.next(email);
    expect([letter.subject, linkIn(letter).href]).toEqual([
      "Duo was removed",
      server.deps.config.http.publicUrl.href,
    ]);
    const text = letter.text?.replaceAll(/\s+/g, " ");
    expect(text).toContain(`Hello ${email.split("@")[0]}, ben, who owned Duo, has removed it.`);
    expect(text).toContain("The recordings themselves were not touched");
    expect(text).toContain("Your account, your own library and your other bands stay as they are");
    expect(text).toContain("connect that storage to your own library");
  }
  // Nobody else hears of it: not who left, and not who is in bands that go on.
  const told = mail.mails.map(({ subject, to }) => [subject, to?.[0]?.address]);
  expect(told.filter(([subject]) => subject?.includes("removed")).toSorted()).toEqual([
    ["Duo was removed", carla.email],
    ["Duo was removed", dora.email],
  ]);
  expect(told.map(([, to]) => to)).not.toContain(anna.email);
  expect((await mail.next(ben.email)).subject).toBe("Your account is deleted");
  expect((await carla.browser.query("bands.list")).data).toHaveLength(1);
});

test("whoever registers the address anew finds an empty account with another id", async () => {
  const world = await bensServer();
  const { server, ben, anna, mail } = world;
  await leave(world, handingOver(world));
  await runJobs(server);
  await mail.next(ben.email);
  await anna.browser.mutate("admin.registration.set", { mode: "open" });
  const { email, password } = ben;
  await server.guest().api.auth.register.mutate({ email, name: "Ben", password, invitation: null });
  await runJobs(server);
  expect((await mail.next(email)).subject).toBe("Confirm your e-mail address");
  await forgetTries(server);
  const again = openBrowser(server.baseUrl);
  expect((await signIn(again, ben)).status).toBe(200);
  const { data } = await again.query("auth.me");
  expect((data as { user: { id: string } }).user.id).not.toBe(ben.userId);
  const bandId = await personalBandOf(again);
  expect((await again.query("bands.list")).data).toHaveLength(1);
  expect((await again.query("connections.list", { bandId })).data).toEqual([]);
  const events = await again.query("account.audit.list", {});
  expect((events.data as { events: unknown[] }).events).toHaveLength(2);
});

test("what plays and what is watched on another server ends with the account", async () => {
  const world = await bensServer();
  const { server, ben, bands, shared } = world;
  const { testDatabase: database, testKeys: keys } = server.deps;
  const other = await startServer({ database, keys });
  const there = ben.browser.at(other.baseUrl);
  shared.tree.put("take.mp3", { sizeBytes: 10_000_000 });
  const [track] = await tracksOf(ben, bands.duo);
  await ben.browser.mutate("connections.scan", { connectionId: track?.connectionId });
  await runJobs(server);
  shared.fault({ method: "GET", stallAfterBytes: 500_000 });
  const stream = there.fetch(`/stream/${track?.id}`).then(
    () => "came to its end",
    () => "was cut",
  );
  const visitor = { baseUrl: other.baseUrl, browser: there, csrf: "", person: null };
  const live = await listen(visitor, "connections.scanProgress", {
    connectionId: track?.connectionId,
  });
  expect((await live.next())?.name).toBe("message");
  await expect.poll(() => shared.openDownloads()).toBe(1);

  const begunMs = performance.now();
  expect((await leave(world, handingOver(world))).status).toBe(200);
  expect(await stream).toBe("was cut");
  for (let event = await live.next(); event; event = await live.next()) {
    expect(event.name).not.toBe("message");
  }
  expect((await there.query("auth.me")).status).toBe(401);
  expect(performance.now() - begunMs).toBeLessThan(GRACE_MS);
});

test("who has not shown the password for eleven minutes is asked for it, and nothing happens", async () => {
  const world = await bensServer();
  const { server, ben } = world;
  await letMinutesPass(server, 11);
  const before = await fingerprints(server.deps);
  const answer = await leave(world, handingOver(world));
  expect([answer.status, answer.refusal?.code]).toEqual([403, "reauthentication_required"]);
  expect(await fingerprints(server.deps)).toEqual(before);
  await ben.browser.mutate("auth.reauthenticate", { way: "password", password: ben.password });
  expect((await leave(world, handingOver(world))).status).toBe(200);
});

describe("nothing is deleted", () => {
  const unfit: Readonly<Record<string, (world: Leaver) => readonly unknown[]>> = {
    "what becomes of a band is open": () => [],
    "the heir is not in the band": ({ bands, anna }) => [
      { bandId: bands.duo, choice: "hand_over", userId: anna.userId },
    ],
    "the heir leaves as well": ({ bands, ben }) => [
      { bandId: bands.duo, choice: "hand_over", userId: ben.userId },
    ],
    "it would take a band from another owner": (world) => [
      ...handingOver(world),
      { bandId: world.bands.trio, choice: "remove" },
    ],
    "Ben only listens in the band": (world) => [
      ...handingOver(world),
      { bandId: world.bands.choir, choice: "remove" },
    ],
    "the band is nothing to Ben": (world) => [
      ...handingOver(world),
      { bandId: world.anna.userId, choice: "remove" },
    ],
    "two things are decided for one band": (world) => [
      ...handingOver(world),
      { bandId: world.bands.duo, choice: "remove" },
    ],
  };

  test("while what is decided does not fit what there is to decide", async () => {
    const world = await bensServer();
    const before = await fingerprints(world.server.deps);
    for (const [why, decide] of Object.entries(unfit)) {
      const { status, refusal } = await leave(world, decide(world));
      expect([why, status, refusal?.code]).toEqual([why, 409, "conflict"]);
      expect(refusal?.message).toContain("Nothing was deleted");
    }
    expect(await fingerprints(world.server.deps)).toEqual(before);
  });

  test("by a slip: what has to be typed has to be typed", async () => {
    const world = await bensServer();
    const before = await fingerprints(world.server.deps);
    for (const typed of ["", "ben", "anna@band.example"]) {
      expect((await leave(world, handingOver(world), typed)).status).toBe(409);
    }
    expect(await fingerprints(world.server.deps)).toEqual(before);
    expect((await leave(world, handingOver(world), " BEN@band.example ")).status).toBe(200);
  });

  test("of the last administrator, until there is another", async () => {
    const world = await bensServer();
    const { anna, carla, server, bands } = world;
    const preview = await anna.browser.query("account.deletion.preview");
    expect(preview.data).toMatchObject({ isLastAdmin: true });
    const choices = [{ bandId: bands.choir, choice: "remove" }];
    const before = await fingerprints(server.deps);
    const refused = await leave({ ben: anna }, choices);
    expect([refused.status, refused.refusal?.message]).toEqual([
      409,
      expect.stringContaining("last administrator"),
    ]);
    expect(await fingerprints(server.deps)).toEqual(before);
    await anna.browser.mutate("admin.users.setRole", { userId: carla.userId, role: "admin" });
    expect((await leave({ ben: anna }, choices)).status).toBe(200);
    expect((await carla.browser.query("admin.users.list", {})).status).toBe(200);
  });
});

test("a suspended member is no heir", async () => {
  const world = await bensServer();
  const { anna, ben, carla } = world;
  await anna.browser.mutate("admin.users.suspend", { userId: carla.userId });
  const { data } = await ben.browser.query("account.deletion.preview");
  const duo = (data as DeletionPreview).bands.find(({ name }) => name === "Duo");
  expect([duo?.fate, duo?.heirs]).toEqual(["decide", []]);
  expect((await leave(world, handingOver(world))).status).toBe(409);
});

test("of two owners who leave at the same moment one is left to decide about their bands", async () => {
  const world = await bensServer();
  const { server, carla } = world;
  const pairs = await Promise.all(
    Array.from({ length: 8 }, async (_, n) => {
      const people = [`dora${n}`, `emil${n}`].map((name) => createPerson(server.deps, name));
      const [dora, emil] = await Promise.all(people);
      if (!dora || !emil) throw new Error("Two were made.");
      const { userId } = carla;
      const roles = {
        [dora.userId]: "owner",
        [emil.userId]: "owner",
        [userId]: "listener",
      } as const;
      return { dora, emil, bandId: await makeBand(server, `Pair ${n}`, roles) };
    }),
  );
  for (const { dora, emil, bandId } of pairs) {
    await forgetTries(server);
    const two = [await arrive(server, dora), await arrive(server, emil)];
    const statuses = await Promise.all(
      two.map(async (each) => (await leave({ ben: each }, [])).status),
    );
    expect(statuses.toSorted()).toEqual([200, 409]);
    const owners = sql`select 1 from members join users on users.id = user_id
      where band_id = ${bandId} and members.role = 'owner' and deleted_at is null`;
    expect(await rowsOf(server, owners)).toHaveLength(1);
  }
}, 120_000);

test("two administrators who leave at the same moment leave one behind", async () => {
  const world = await bensServer();
  const { server, anna, bands } = world;
  const dora = await createPerson(server.deps, "dora", { role: "admin" });
  const two = [anna, await arrive(server, dora)];
  const choices = (email: string) =>
    email === anna.email ? [{ bandId: bands.choir, choice: "remove" }] : [];
  const answers = await Promise.all(two.map((ben) => leave({ ben }, choices(ben.email))));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
});

test("who signs in while the account is deleted is not signed in afterwards", async () => {
  const world = await bensServer();
  const { server, ben } = world;
  const browsers = Array.from({ length: 6 }, () => openBrowser(server.baseUrl));
  const entering = browsers.map((browser) => signIn(browser, ben));
  expect((await leave(world, handingOver(world))).status).toBe(200);
  await Promise.all(entering);
  for (const browser of browsers) expect((await browser.query("auth.me")).status).toBe(401);
});

test("whoever is cut off while the account is deleted, at any step, keeps all of it", {
  timeout: 120_000,
}, async () => {
  const world = await bensServer();
  const { server } = world;
  const { deps } = server;
  await prepareCuts(deps);
  const choices = handingOver(world);
  const done = await doInPieces(deps, () => leave(world, choices));
  expect(done.wrong).toEqual([]);
  expect(done.answer.status).toBe(200);
  expect(done.cuts).toBeGreaterThanOrEqual(20);
});

describe("public links", () => {
  /** Ben shares a recording of a band that goes on without him, and one of his own. */
  async function bensLinks() {
    const world = await bensServer();
    const { ben, bands } = world;
    const share = async (bandId: string): Promise<string> => {
      const [track] = await tracksOf(ben, bandId);
      const terms = { expiresAt: null, playLimit: null, canDownload: false };
      const order = { trackId: track?.id, terms, password: null };
      const { data } = await ben.browser.mutate("playback.shares.create", order);
      return (data as SharedLink).path.slice("/s/".length);
    };
    const links = { duo: await share(bands.duo), personal: await share(bands.personal) };
    const guest = openBrowser(world.server.baseUrl);
    const opens = async (token: string) =>
      (await guest.mutate("playback.shares.open", { token })).status;
    expect([await opens(links.duo), await opens(links.personal)]).toEqual([200, 200]);
    return { world, links, opens };
  }

  test("of who leaves are counted before, by band", async () => {
    const { world } = await bensLinks();
    const { data } = await world.ben.browser.query("account.deletion.preview");
    const { bands } = data as DeletionPreview;
    expect(bands.map(({ name, shareCount }) => [name, shareCount])).toEqual([
      ["ben", 1],
      ["Choir", 0],
      ["Duo", 1],
      ["Trio", 0],
    ]);
  });

  test("lead nowhere from then on", async () => {
    const { world, links, opens } = await bensLinks();
    expect((await leave(world, handingOver(world))).status).toBe(200);
    expect([await opens(links.duo), await opens(links.personal)]).toEqual([404, 404]);
  });

  test("stay when that is wished, in bands that stay", async () => {
    const { world, links, opens } = await bensLinks();
    const { ben, carla, bands } = world;
    const wish = { bands: handingOver(world), keepShares: true, confirmation: ben.email };
    expect((await ben.browser.mutate("account.delete", wish)).status).toBe(200);
    expect([await opens(links.duo), await opens(links.personal)]).toEqual([200, 404]);
    const list = await carla.browser.query("playback.shares.list", { bandId: bands.duo });
    expect((list.data as SharePage).shares).toMatchObject([{ createdBy: null }]);
  });
});
