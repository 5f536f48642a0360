import { mkdirSync } from "node:fs";
import { sql } from "drizzle-orm";
import { expect, onTestFinished, test } from "vitest";
import type { ConnectionId } from "#contract/ids.ts";
import { write } from "#server/base/db.ts";
import { connectionTopic, openStorage } from "#server/connections/service.ts";
import { createPerson } from "#tests/auth/people.ts";
import { createSelfSigned } from "#tests/base/egress/certificates.ts";
import { startHttps } from "#tests/base/egress/peers.ts";
import { demoRecordings } from "#tests/support/demo.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { addEntityBomb } from "#tests/support/fault-listings.ts";
import { type FaultServer, startFaultServer } from "#tests/support/fault-server.ts";
import { refused } from "#tests/support/refused.ts";
import {
  annasServer,
  annasStorage,
  connect,
  listTracks,
  runJobs,
  type World,
} from "#tests/support/world.ts";

async function startCloud(options = {}): Promise<FaultServer> {
  const cloud = await startFaultServer(options);
  onTestFinished(() => cloud.stop());
  return cloud;
}

const formOf = (
  cloud: FaultServer,
  more: Partial<Record<"url" | "username" | "password", string>> = {},
) =>
  ({
    provider: "webdav",
    url: cloud.url,
    username: cloud.username,
    password: cloud.password,
    ...more,
  }) as const;

const cards = ({ anna, bandId }: World) => anna.api.connections.list.query({ bandId });

test("a Nextcloud is recognised by its address alone, and nothing is read before a root is chosen", async () => {
  const world = await annasServer();
  const cloud = await startCloud({ persona: "nextcloud" });
  cloud.tree.put("Music/take.mp3", "bytes");
  const connection = await world.anna.api.connections.create.mutate({
    bandId: world.bandId,
    form: formOf(cloud, { url: cloud.baseUrl }),
  });
  await runJobs(world.server);

  expect(connection).toMatchObject({
    provider: "webdav",
    product: "Nextcloud 33.0.2",
    identity: expect.stringContaining("anna at 127.0.0.1"),
    rootPath: null,
    isPrimary: true,
    health: "active",
    scan: null,
  });
  expect(await listTracks(world)).toEqual([]);
});

test("one folder level at a time leads to the root", async () => {
  const world = await annasServer();
  const cloud = await startCloud();
  cloud.tree.put("Music/Live/ö #1 100%.mp3", "bytes");
  cloud.tree.put("Music/Studio 10/x.mp3", "bytes");
  cloud.tree.put("Music/Studio 2/x.mp3", "bytes");
  cloud.tree.put("Music/a.flac", "bytes");
  cloud.tree.put("Music/notes.txt", "text");
  cloud.tree.put("Invoices/a.pdf", "text");
  const { api } = world.anna;
  const { id: connectionId } = await api.connections.create.mutate({
    bandId: world.bandId,
    form: formOf(cloud),
  });
  const top = await api.connections.browse.query({ connectionId, folder: null });
  const music = await api.connections.browse.query({ connectionId, folder: "Music" });
  const chosen = await api.connections.setRoot.mutate({ connectionId, folder: "Music" });

  expect(top.folders.map(({ name }) => name)).toEqual(["Invoices", "Music"]);
  expect(music.folders.map(({ name }) => name)).toEqual(["Live", "Studio 2", "Studio 10"]);
  expect(music.audioFileCount).toBe(1);
  expect(music.breadcrumb.map(({ ref }) => ref)).toEqual([null, "Music"]);
  expect(chosen.rootPath).toBe("Music");
  await runJobs(world.server);
  expect((await listTracks(world)).map(({ path }) => path)).toContain("Music/Live/ö #1 100%.mp3");
});

test.each([
  ["a wrong password", { password: "wrong" }, "storage_reconnect", /password/],
  ["no scheme that exists", { url: "gopher://127.0.0.1" }, "storage_refused", /http/],
  ["a name that nobody has", { url: "https://cloud.invalid" }, "storage_refused", /cloud\.invalid/],
  [
    "an address in a private network",
    { url: "http://192.168.7.7/dav/" },
    "storage_refused",
    /EGRESS_ALLOW/,
  ],
  [
    "the address of the metadata service",
    { url: "http://169.254.169.254/" },
    "storage_refused",
    /./,
  ],
  ["a port of another service", { url: "http://127.0.0.1:5432/" }, "storage_refused", /port/],
])("%s is refused beside the form, in a sentence", async (_, wrong, code, sentence) => {
  const world = await annasServer();
  const cloud = await startCloud();
  const refusal = await refused(
    world.anna.api.connections.create.mutate({ bandId: world.bandId, form: formOf(cloud, wrong) }),
  );

  expect(refusal).toMatchObject({ code, message: expect.stringMatching(sentence) });
  expect(refusal.message).not.toContain(cloud.password);
  expect(await cards(world)).toEqual([]);
});

test.each([
  ["forbidden", { status: 403 }, "storage_refused"],
  ["nothing there", { status: 404 }, "storage_refused"],
  ["too many tries", { status: 429, headers: { "retry-after": "120" } }, "rate_limited"],
  ["maintenance", { status: 503, headers: { "retry-after": "30" } }, "storage_unavailable"],
  [
    "a web page",
    { status: 200, headers: { "content-type": "text/html" }, text: "<html>" },
    "storage_refused",
  ],
  ["an entity bomb", { rewriteXml: addEntityBomb }, "storage_unavailable"],
  [
    "half a listing",
    { rewriteXml: (xml: string) => xml.slice(0, xml.length / 2) },
    "storage_unavailable",
  ],
  [
    "a redirect to a private address",
    { status: 302, headers: { location: "http://10.0.0.1/" } },
    "storage_refused",
  ],
  ["a closed connection", { reset: true as const }, "storage_unavailable"],
])(
  "a server that answers with %s gets a sentence and leaves nothing behind",
  async (_, fault, code) => {
    const world = await annasServer();
    const cloud = await startCloud();
    cloud.fault(fault);
    const refusal = await refused(
      world.anna.api.connections.create.mutate({ bandId: world.bandId, form: formOf(cloud) }),
    );

    expect(refusal.code).toBe(code);
    expect(refusal.message.length).toBeGreaterThan(40);
    expect(await cards(world)).toEqual([]);
  },
);

test("a certificate that is its own authority, and none at all, are told beside the form", async () => {
  const world = await annasServer();
  const cloud = await startCloud();
  const secure = await startHttps(
    createSelfSigned({ names: ["127.0.0.1"] }),
    (_request, response) => response.end(),
  );
  const create = (port: number | string) =>
    refused(
      world.anna.api.connections.create.mutate({
        bandId: world.bandId,
        form: formOf(cloud, { url: `https://127.0.0.1:${port}/dav/` }),
      }),
    );

  expect(await create(secure.port)).toMatchObject({
    code: "storage_refused",
    message: expect.stringMatching(/self-signed/),
  });
  expect(await create(new URL(cloud.url).port)).toMatchObject({
    code: expect.stringMatching(/^storage_/),
    message: expect.stringMatching(/http/),
  });
  expect(cloud.count()).toBe(0);
  expect(await cards(world)).toEqual([]);
});

test("a folder far down has a way back up, and only recordings are counted", async () => {
  const world = await annasServer();
  const cloud = await startCloud();
  cloud.tree.put("Music/Live/2026/TAKE 1.MP3", "bytes");
  cloud.tree.put("Music/Live/2026/take 2.flac", "bytes");
  cloud.tree.put("Music/Live/2026/notes.txt", "text");
  cloud.tree.mkdir("Music/Live/2026/not a file.mp3");
  const { api } = world.anna;
  const made = await api.connections.create.mutate({ bandId: world.bandId, form: formOf(cloud) });
  const page = await api.connections.browse.query({
    connectionId: made.id,
    folder: "Music/Live/2026",
  });

  expect(page.audioFileCount).toBe(2);
  expect(page.breadcrumb).toEqual([
    { ref: null, name: made.name },
    { ref: "Music", name: "Music" },
    { ref: "Music/Live", name: "Live" },
    { ref: "Music/Live/2026", name: "2026" },
  ]);
});

test("of a folder with thousands of folders every one can be seen, page by page", async () => {
  const root = await createTestFolder();
  const names = Array.from({ length: 5050 }, (_, index) => `Gig ${index}`);
  for (const name of names) mkdirSync(`${root}/${name}`);
  const world = await annasServer({ environment: { FOLDER_ROOTS: root } });
  const { api } = world.anna;
  const { id: connectionId } = await api.connections.create.mutate({
    bandId: world.bandId,
    form: { provider: "folder", folder: root },
  });
  const first = await api.connections.browse.query({ connectionId, folder: null });
  const cursor = first.next;
  const rest = await api.connections.browse.query({ connectionId, folder: null, cursor });

  expect(cursor).not.toBeNull();
  expect(rest.next).toBeNull();
  const seen = [...first.folders, ...rest.folders].map(({ name }) => name);
  expect(seen.toSorted()).toEqual(names.toSorted());
});

test("a folder that is not there is not chosen, and the root stays what it was", async () => {
  const world = await annasStorage((cloud) => cloud.tree.put("Live/take.mp3", "bytes"));
  const { id: connectionId } = world.connection;
  const { api } = world.anna;
  const refusal = await refused(api.connections.setRoot.mutate({ connectionId, folder: "Love" }));
  await runJobs(world.server);

  expect(refusal.code).toBe("not_found");
  expect(await cards(world)).toMatchObject([{ rootPath: "", trackCount: 1, missingCount: 0 }]);
});

test("a storage without a root is neither scanned nor played from", async () => {
  const world = await annasServer();
  const cloud = await startCloud();
  const { api } = world.anna;
  const made = await api.connections.create.mutate({ bandId: world.bandId, form: formOf(cloud) });
  const { id: connectionId } = made;
  const signal = AbortSignal.timeout(10_000);

  const scan = await refused(api.connections.scan.mutate({ connectionId }));
  expect(scan).toMatchObject({ code: "conflict", message: expect.stringMatching(/[Cc]hoose/) });
  await expect(openStorage(world.server.deps, connectionId, signal)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/Choose a folder/),
  });
});

test("a folder is connected only at or below what the administrator has allowed", async () => {
  const allowed = await createTestFolder();
  const elsewhere = await createTestFolder();
  const world = await annasServer({ environment: { FOLDER_ROOTS: allowed } });
  const { api } = world.anna;
  const create = (folder: string) =>
    api.connections.create.mutate({ bandId: world.bandId, form: { provider: "folder", folder } });

  expect((await refused(create(elsewhere))).code).toBe("storage_refused");
  expect((await refused(create(`${allowed}/../..`))).code).toBe("storage_refused");
  expect(await create(allowed)).toMatchObject({ provider: "folder", health: "active" });
});

test("the demo recordings are there once, however often they are asked for", async () => {
  const world = await annasServer();
  const ask = () => world.anna.api.connections.createDemo.mutate({ bandId: world.bandId });
  const made = await Promise.all([ask(), ask(), ask()]);
  await runJobs(world.server);

  expect(new Set(made.map(({ id }) => id)).size).toBe(1);
  expect(await cards(world)).toMatchObject([
    { isDemo: true, trackCount: demoRecordings.length, scan: { state: "done" } },
  ]);
  const tracks = await listTracks(world);
  expect(tracks.map(({ title, artist, album }) => ({ title, artist, album }))).toEqual(
    demoRecordings
      .toSorted((left, right) => (left.path < right.path ? -1 : 1))
      .map(({ title, artist, album }) =>
        expect.objectContaining({
          title,
          ...(artist ? { artist } : {}),
          ...(album ? { album } : {}),
        }),
      ),
  );
});

test("of many storages exactly one is primary, and another follows when it goes", async () => {
  const world = await annasServer();
  const [first, second] = [await startCloud(), await startCloud()];
  const made = await Promise.all(
    [first, second].map((cloud) =>
      world.anna.api.connections.create.mutate({ bandId: world.bandId, form: formOf(cloud) }),
    ),
  );
  const primary = made.find(({ isPrimary }) => isPrimary);

  expect(made.filter(({ isPrimary }) => isPrimary)).toHaveLength(1);
  await world.anna.api.connections.remove.mutate({
    connectionId: primary?.id ?? made[0]?.id ?? ("" as never),
  });
  expect(await cards(world)).toMatchObject([{ isPrimary: true }]);
});

test("a storage that goes away is unavailable since then, and works again when it is back", async () => {
  const world = await annasStorage((cloud) => cloud.tree.put("take.mp3", "bytes"));
  const { cloud, connection, anna } = world;
  const check = () => anna.api.connections.check.mutate({ connectionId: connection.id });
  cloud.fault({ status: 503 });
  const down = await check();
  const still = await check();
  cloud.heal();
  const back = await check();

  expect(down).toMatchObject({ health: "unavailable", healthMessage: expect.any(String) });
  expect(still.unavailableSince).toBe(down.unavailableSince);
  expect(back).toMatchObject({ health: "active", healthMessage: null, unavailableSince: null });
  expect(back.trackCount).toBe(1);
});

test("reconnecting with a new password keeps the library, its root and its tracks", async () => {
  const world = await annasStorage((cloud) => cloud.tree.put("Live/take.mp3", "bytes"));
  const { cloud, connection, anna } = world;
  const before = await listTracks(world);
  cloud.setPassword(cloud.username, "another-4712");
  const refusedCard = await anna.api.connections.check.mutate({ connectionId: connection.id });
  const again = await anna.api.connections.reconnect.mutate({
    connectionId: connection.id,
    form: formOf(cloud),
  });

  expect(refusedCard.health).toBe("needs_reconnect");
  expect(again).toMatchObject({ id: connection.id, health: "active", rootPath: "", trackCount: 1 });
  expect(await listTracks(world)).toEqual(before);
  const stream = await anna.fetch(anna.streamUrl(before[0]?.id ?? ("" as never)));
  expect(stream.status).toBe(200);
});

test("who reconnects begins with what was typed before, but for the password", async () => {
  const world = await annasStorage((cloud) => cloud.tree.put("take.mp3", "bytes"));
  const { cloud, connection, anna, bandId } = world;
  const { connections } = anna.api;
  expect(await connections.savedForm.query({ connectionId: connection.id })).toEqual({
    provider: "webdav",
    url: cloud.url,
    username: cloud.username,
  });
  const demo = await connections.createDemo.mutate({ bandId });
  expect(await connections.savedForm.query({ connectionId: demo.id })).toEqual({
    provider: "folder",
    folder: "",
  });
});

test("a storage cannot be reconnected as another kind", async () => {
  const world = await annasStorage((cloud) => cloud.tree.put("take.mp3", "bytes"));
  const refusal = await refused(
    world.anna.api.connections.reconnect.mutate({
      connectionId: world.connection.id,
      form: { provider: "folder", folder: "/" },
    }),
  );

  expect(refusal.code).toBe("conflict");
});

test("the password is nowhere but sealed: not in an answer, not in a plain row", async () => {
  const canary = "canary-3d1f-password";
  const world = await annasServer();
  const cloud = await startCloud({ accounts: { anna: canary } });
  const connection = await connect(world, cloud);
  const answers = JSON.stringify([connection, await cards(world), await listTracks(world)]);
  const dump = JSON.stringify(
    await world.server.deps.db.execute(sql`select to_jsonb(c) as row from connections c`),
  );

  expect(answers).not.toContain(canary);
  expect(dump).not.toContain(canary);
  expect(dump).toContain("v1.test.");
});

test("a credential moved to another row, band or table does not open", async () => {
  const world = await annasServer();
  const [first, second] = [await startCloud(), await startCloud()];
  await connect(world, first);
  const other = await connect(world, second);
  await write(world.server.deps, (tx) =>
    tx.execute(sql`
        update connections set sealed_credential =
          (select sealed_credential from connections where id <> ${other.id}) where id = ${other.id}`),
  );
  const asked = first.count();
  const refusal = await refused(
    world.anna.api.connections.browse.query({ connectionId: other.id, folder: null }),
  );

  expect(refusal.code).toBe("internal");
  expect(refusal.message).not.toContain("v1.");
  expect(first.count()).toBe(asked);
});

test("a storage that somebody moved into another band opens for nobody there", async () => {
  const world = await annasServer();
  const cloud = await startCloud();
  const form = formOf(cloud);
  const { api } = world.anna;
  const { id: connectionId } = await api.connections.create.mutate({ bandId: world.bandId, form });
  const { email, password } = await createPerson(world.server.deps, "ben");
  const guest = world.server.guest();
  await guest.api.auth.signIn.mutate({ email, password, rememberMe: false });
  const { personalBandId } = await guest.api.auth.me.query();
  await write(world.server.deps, (tx) =>
    tx.execute(sql`update connections set band_id = ${personalBandId} where id = ${connectionId}`),
  );
  const asked = cloud.count();
  const browsing = guest.api.connections.browse.query({ connectionId, folder: null });

  expect((await refused(browsing)).code).toBe("internal");
  expect(cloud.count()).toBe(asked);
});

test("disconnecting takes the tracks along and touches nothing in the storage", async () => {
  const world = await annasStorage((cloud) => cloud.tree.put("take.mp3", "bytes"));
  await world.anna.api.connections.remove.mutate({ connectionId: world.connection.id });

  expect(await cards(world)).toEqual([]);
  expect(await listTracks(world)).toEqual([]);
  expect(
    world.cloud.requests.every(({ method }) =>
      ["GET", "PROPFIND", "OPTIONS", "HEAD"].includes(method),
    ),
  ).toBe(true);
});

test("storages are listed in the order in which they were connected, and the oldest becomes primary", async () => {
  const world = await annasServer();
  const made: string[] = [];
  for (const cloud of [await startCloud(), await startCloud(), await startCloud()]) {
    const form = formOf(cloud);
    made.push((await world.anna.api.connections.create.mutate({ bandId: world.bandId, form })).id);
  }
  const seen = async () => (await cards(world)).map(({ id, isPrimary }) => [id, isPrimary]);
  const [first, second, third] = made;

  expect(await seen()).toEqual([
    [first, true],
    [second, false],
    [third, false],
  ]);
  await world.anna.api.connections.remove.mutate({ connectionId: first as ConnectionId });
  expect(await seen()).toEqual([
    [second, true],
    [third, false],
  ]);
  await world.anna.api.connections.remove.mutate({ connectionId: third as ConnectionId });
  expect(await seen()).toEqual([[second, true]]);
});

test("each band has its own storages and its own primary one, and sees no others", async () => {
  const world = await annasServer();
  const ben = await createPerson(world.server.deps, "ben");
  const guest = world.server.guest();
  const { email, password } = ben;
  await guest.api.auth.signIn.mutate({ email, password, rememberMe: false });
  const { personalBandId } = await guest.api.auth.me.query();
  const annas = await connect(world, await startCloud());
  const bens = await guest.api.connections.create.mutate({
    bandId: personalBandId,
    form: formOf(await startCloud()),
  });

  expect([annas.isPrimary, bens.isPrimary]).toEqual([true, true]);
  expect((await cards(world)).map(({ id }) => id)).toEqual([annas.id]);
});

test("a storage is away since its trouble began, whatever the reason is by now", async () => {
  const world = await annasStorage((cloud) => cloud.tree.put("take.mp3", "bytes"));
  const { cloud, connection, anna } = world;
  const check = () => anna.api.connections.check.mutate({ connectionId: connection.id });
  cloud.fault({ status: 503 });
  const away = await check();
  cloud.fault({ status: 403 });
  const forbidden = await check();
  cloud.setPassword(cloud.username, "another-4712");
  cloud.heal();
  const refusedNow = await check();

  expect(away).toMatchObject({ health: "unavailable", unavailableSince: expect.any(String) });
  expect(forbidden.health).toBe("unavailable");
  expect(forbidden.healthMessage).not.toBe(away.healthMessage);
  expect(refusedNow.health).toBe("needs_reconnect");
  expect(new Set([away, forbidden, refusedNow].map((card) => card.unavailableSince)).size).toBe(1);
});

test("a root that is gone from the storage is named, and nothing is lost", async () => {
  const world = await annasServer();
  const cloud = await startCloud();
  cloud.tree.put("Live/take.mp3", "bytes");
  const { id: connectionId } = await connect(world, cloud);
  const { api } = world.anna;
  await api.connections.setRoot.mutate({ connectionId, folder: "Live" });
  await runJobs(world.server);
  cloud.tree.move("Live", "Old");
  const card = await api.connections.check.mutate({ connectionId });

  expect(card).toMatchObject({
    health: "unavailable",
    healthMessage: expect.stringMatching(/folder Live is not in the storage .* kept/),
    trackCount: 1,
  });
});

test("looking through a storage that is down says so on its card, and so does its return", async () => {
  const world = await annasStorage((cloud) => cloud.tree.put("Live/take.mp3", "bytes"));
  const { cloud, anna } = world;
  const { id: connectionId } = world.connection;
  const browse = () => anna.api.connections.browse.query({ connectionId, folder: null });
  cloud.fault({ status: 503 });
  await refused(browse());
  expect(await cards(world)).toMatchObject([{ health: "unavailable" }]);
  cloud.heal();
  await refused(anna.api.connections.browse.query({ connectionId, folder: "Lost" }));
  expect(await cards(world), "one missing folder says nothing").toMatchObject([
    { health: "unavailable" },
  ]);
  await browse();
  await refused(anna.api.connections.browse.query({ connectionId, folder: "Lost" }));
  expect(await cards(world)).toMatchObject([{ health: "active", unavailableSince: null }]);
});

test("who mistypes the new password keeps the access that works", async () => {
  const world = await annasStorage((cloud) => cloud.tree.put("take.mp3", "bytes"));
  const { cloud, connection, anna } = world;
  const form = formOf(cloud, { password: "mistyped" });
  const refusal = await refused(
    anna.api.connections.reconnect.mutate({ connectionId: connection.id, form }),
  );

  expect(refusal.code).toBe("storage_reconnect");
  expect(await anna.api.connections.check.mutate({ connectionId: connection.id })).toMatchObject({
    health: "active",
  });
});

test("after reconnecting the card says who is connected now, and to what", async () => {
  const world = await annasServer();
  const cloud = await startCloud({ persona: "nextcloud", accounts: { anna: "a-4711" } });
  const connection = await connect(world, cloud);
  const moved = await startCloud({ persona: "nextcloud", accounts: { ben: "b-4711" } });
  const again = await world.anna.api.connections.reconnect.mutate({
    connectionId: connection.id,
    form: formOf(moved),
  });

  expect(connection.identity).toMatch(/^anna at /);
  expect(again).toMatchObject({ identity: expect.stringMatching(/^ben at /), health: "active" });
});

test("the demo recordings have no access that could be renewed", async () => {
  const world = await annasServer();
  const demo = await world.anna.api.connections.createDemo.mutate({ bandId: world.bandId });
  const refusal = await refused(
    world.anna.api.connections.reconnect.mutate({
      connectionId: demo.id,
      form: { provider: "folder", folder: "/" },
    }),
  );

  expect(refusal.code).toBe("conflict");
});

test("a server where folders are off says how an administrator allows them", async () => {
  const world = await annasServer();
  const form = { provider: "folder", folder: "/" } as const;
  const refusal = await refused(
    world.anna.api.connections.create.mutate({ bandId: world.bandId, form }),
  );

  expect(refusal).toMatchObject({
    code: "storage_refused",
    message: expect.stringMatching(/FOLDER_ROOTS/),
  });
});

test("whoever watches a storage hears of each of its changes", async () => {
  const world = await annasStorage((cloud) => cloud.tree.put("Live/take.mp3", "bytes"));
  const { cloud, server } = world;
  const { connections } = world.anna.api;
  const { id: connectionId } = world.connection;
  const leave = new AbortController();
  onTestFinished(() => leave.abort());
  const changes = server.deps.events.subscribe(connectionTopic(connectionId), leave.signal);
  const hears = async (change: () => Promise<unknown>): Promise<void> => {
    const next = changes.next();
    await change();
    expect(await next).toEqual({ done: false, value: undefined });
  };

  await hears(async () => "who begins to watch looks once");
  cloud.fault({ status: 503 });
  await hears(() => connections.check.mutate({ connectionId }));
  cloud.heal();
  await hears(() => connections.check.mutate({ connectionId }));
  await hears(() => connections.reconnect.mutate({ connectionId, form: formOf(cloud) }));
  await hears(() => connections.setRoot.mutate({ connectionId, folder: "Live" }));
  await hears(() => connections.remove.mutate({ connectionId }));
});
