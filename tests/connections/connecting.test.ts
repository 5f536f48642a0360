import { sql } from "drizzle-orm";
import { expect, onTestFinished, test } from "vitest";
import { refusalOf } from "#sdk/index.ts";
import { demoRecordings } from "#tests/support/demo.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { type FaultServer, startFaultServer } from "#tests/support/fault-server.ts";
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

/** What a person reads when a call is refused; fails when it is not. */
async function refused(call: Promise<unknown>): Promise<{ code: string; message: string }> {
  const error: unknown = await call.then(
    () => new Error("It was not refused."),
    (reason: unknown) => reason,
  );
  const refusal = refusalOf(error);
  if (!refusal) throw error;
  return refusal;
}

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
  await world.server.deps.db.transaction(
    (tx) =>
      tx.execute(sql`
        update connections set sealed_credential =
          (select sealed_credential from connections where id <> ${other.id}) where id = ${other.id}`),
    { accessMode: "read write" },
  );
  const asked = first.count();
  const refusal = await refused(
    world.anna.api.connections.browse.query({ connectionId: other.id, folder: null }),
  );

  expect(refusal.code).toBe("internal");
  expect(refusal.message).not.toContain("v1.");
  expect(first.count()).toBe(asked);
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
