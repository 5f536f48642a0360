import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { Connection } from "#contract/connections.ts";
import { write } from "#server/base/db.ts";
import { attachStorage } from "#server/connections/service.ts";
import { findConnectionById } from "#server/connections/store.ts";
import type { Deps } from "#server/deps.ts";
import { refusalOf } from "#tests/storage/refusals.ts";
import { readRange } from "#tests/storage/worlds.ts";
import { type TestDeps, testDeps } from "#tests/support/deps.ts";
import { toError } from "#tests/support/fake-drive.ts";
import { json } from "#tests/support/fake-service.ts";
import { runJobs, trackAt } from "#tests/support/world.ts";
import { annasGoogle, type GoogleWorld } from "./google-world.ts";

const ROUNDS = 200;
const CALLERS = 50;
const KILLS = 8;

/** Another server over the same database, with the same keys and a pool of its own. */
const startReplica = ({ server: { deps } }: GoogleWorld): Promise<TestDeps> =>
  testDeps({
    database: deps.testDatabase,
    keys: deps.testKeys,
    providers: { "google-drive": deps.providers["google-drive"] },
  });

async function open(deps: Deps, id: Connection["id"]) {
  const row = (await findConnectionById(deps.db, id)) ?? expect.unreachable();
  return attachStorage(deps, row, new AbortController().signal);
}

const list = async (deps: Deps, id: Connection["id"]) => (await open(deps, id)).list(null, null);

const renewals = ({ google }: GoogleWorld): number =>
  google.tokenRequests.filter((each) => each === "refresh_token").length;

const lettersOf = async ({ server }: GoogleWorld) =>
  server.deps.db.execute(sql`select id from mails where kind = 'reconnect'`);

/** Nobody has to wait for the next try. */
const letTimePass = ({ server }: GoogleWorld) =>
  write(server.deps, (tx) =>
    tx.execute(
      sql`update connections set renewal_lease_until = null where renewal_lease_id is null`,
    ),
  );

test.each([
  ["keeps its refresh tokens", ROUNDS, false],
  ["gives each refresh token once", 20, true],
])(
  "of a provider that %s, %i expiries under 50 callers on each of 3 servers are as many requests",
  { timeout: 240_000 },
  async (_, rounds, rotates) => {
    const world = await annasGoogle();
    if (rotates) world.google.renewal = "single use";
    const { id } = await world.connect();
    const servers = [world.server.deps, await startReplica(world), await startReplica(world)];
    let failures = 0;
    for (let round = 1; round <= rounds; round += 1) {
      world.google.expireTokens();
      const asked = servers.flatMap((deps) =>
        Array.from({ length: CALLERS }, () => list(deps, id)),
      );
      const answers = await Promise.allSettled(asked);
      failures += answers.filter(({ status }) => status === "rejected").length;
      expect(renewals(world)).toBe(round);
    }
    const said = `${rounds} expiries x 3 servers x ${CALLERS} callers: ${renewals(world)} token requests, ${failures} failures`;
    process.stdout.write(`${said}\n`);
    expect(failures).toBe(0);
    expect((await world.find(id)).health).toBe("active");
    expect(await lettersOf(world)).toEqual([]);
  },
);

test("access that will end soon is renewed beside what is asked, and before it is refused", async () => {
  let ahead = 0;
  const world = await annasGoogle({ now: () => new Date(Date.now() + ahead) });
  const { google, server } = world;
  const { id } = await world.connect();
  ahead = 3_290_000;
  await list(server.deps, id);
  expect(renewals(world)).toBe(0);

  ahead = 3_370_000;
  google.holdToken(true);
  google.driveRequests.length = 0;
  await list(server.deps, id);
  expect(google.driveRequests).toHaveLength(1);
  await expect.poll(() => renewals(world)).toBe(1);
  google.holdToken(false);
  const version = async () => (await findConnectionById(server.deps.db, id))?.credentialVersion;
  await expect.poll(version).toBe(2);
  await list(server.deps, id);
  expect(renewals(world)).toBe(1);

  ahead += 3_550_000;
  google.driveRequests.length = 0;
  await list(server.deps, id);
  expect(renewals(world)).toBe(2);
  expect(google.driveRequests).toHaveLength(1);
});

test("access that could not be renewed early is asked for again when it is needed, and not before", async () => {
  let ahead = 0;
  const world = await annasGoogle({ now: () => new Date(Date.now() + ahead) });
  const { id } = await world.connect();
  ahead = 3_370_000;
  world.google.failToken(json({}, 503));
  const storage = await open(world.server.deps, id);
  for (let time = 0; time < 5; time += 1) await storage.list(null, null);
  const isPutOff = async () => {
    const [row] = await world.server.deps.db.execute<{ isPutOff: boolean }>(sql`
      select renewal_lease_id is null and renewal_lease_until is not null as "isPutOff"
      from connections where id = ${id}`);
    return row?.isPutOff;
  };
  await expect.poll(isPutOff).toBe(true);
  expect(renewals(world)).toBe(1);
  expect((await world.find(id)).health).toBe("active");
  world.google.failToken(null);
  await letTimePass(world);
  ahead = 3_570_000;
  await storage.list(null, null);
  expect(renewals(world)).toBe(2);
});

test("only the end of the grant asks for a new one: once, with a letter and a line in the audit", async () => {
  const world = await annasGoogle();
  const { id } = await world.connect();
  world.google.revokeGrants();
  const servers = [world.server.deps, await startReplica(world), await startReplica(world)];
  const codes = await Promise.all(
    servers.flatMap((deps) =>
      Array.from({ length: 20 }, async () => (await refusalOf(list(deps, id))).code),
    ),
  );
  expect(new Set(codes)).toEqual(new Set(["storage_reconnect"]));
  expect(renewals(world)).toBe(1);
  const connection = await world.find(id);
  expect(connection.health).toBe("needs_reconnect");
  expect(connection.unavailableSince).not.toBeNull();
  expect(await lettersOf(world)).toHaveLength(1);
  const events = await world.server.deps.db.execute(
    sql`select band_id, details from audit_events where action = 'connection.refused'`,
  );
  expect(events).toEqual([{ band_id: world.bandId, details: { providers: ["google-drive"] } }]);

  await refusalOf(list(world.server.deps, id));
  expect(renewals(world)).toBe(1);
});

test.each([
  ["429", json({ error: "slow_down" }, 429)],
  ["500", json({}, 500)],
  ["503", json({ error: "invalid_grant" }, 503)],
  ["a web page", { status: 400, body: "<html>invalid_grant</html>" }],
  ["a web page that looks fine", { status: 200, body: "<html></html>" }],
  ["another refusal", json({ error: "invalid_request" }, 400)],
  ["a connection that breaks", "reset" as const],
])("a token endpoint that answers %s ends nothing, and is asked again later", async (_, answer) => {
  const world = await annasGoogle();
  const { id } = await world.connect();
  world.google.expireTokens();
  world.google.failToken(answer);
  const codes = await Promise.all(
    Array.from({ length: 20 }, async () => (await refusalOf(list(world.server.deps, id))).code),
  );
  for (const code of codes) expect(code).toMatch(/^(storage_unavailable|rate_limited)$/);
  await refusalOf(list(world.server.deps, id));
  expect(renewals(world)).toBe(1);
  await world.anna.api.connections.check.mutate({ connectionId: id });
  expect((await world.find(id)).health).toBe("unavailable");
  expect(await lettersOf(world)).toEqual([]);

  world.google.failToken(null);
  await letTimePass(world);
  await world.anna.api.connections.check.mutate({ connectionId: id });
  expect((await world.find(id)).health).toBe("active");
});

test("a client that is refused is somebody's to mend, and not the end of the grant", async () => {
  const world = await annasGoogle();
  const { id } = await world.connect();
  world.google.expireTokens();
  world.google.failToken(json({ error: "invalid_client" }, 401));
  expect((await refusalOf(list(world.server.deps, id))).code).toBe("storage_refused");
  expect((await world.find(id)).health).not.toBe("needs_reconnect");
});

test("a refusal of what somebody else has renewed in the meantime counts for nothing", async () => {
  const world = await annasGoogle();
  const { deps } = world.server;
  const { id } = await world.connect();
  const held = await open(deps, id);
  const waiting = await open(deps, id);
  world.google.expireTokens();
  await held.list(null, null);
  // It still holds the version from before, and its token is refused.
  await waiting.list(null, null);
  expect(renewals(world)).toBe(1);

  world.google.revokeGrants();
  const url = await world.begin(id);
  const late = await open(deps, id);
  await world.comeBack(await world.google.agree(url));
  await late.list(null, null);
  expect((await world.find(id)).health).toBe("active");
  expect(await lettersOf(world)).toEqual([]);
});

test("a server that dies while it renews leaves it to the others", async () => {
  const world = await annasGoogle();
  const { deps } = world.server;
  const { id } = await world.connect();
  world.google.expireTokens();
  await write(deps, (tx) =>
    tx.execute(
      sql`update connections set renewal_lease_id = gen_random_uuid(), renewal_lease_until = clock_timestamp() + interval '1 second'`,
    ),
  );
  await list(deps, id);
  expect(renewals(world)).toBe(1);
});

test("a server that is killed while it renews leaves nothing stuck, and nobody has to reconnect", {
  timeout: 180_000,
}, async () => {
  const world = await annasGoogle();
  const { google, server } = world;
  const { id } = await world.connect();
  let wereLeased = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    google.expireTokens();
    const before = renewals(world);
    // Every other one dies while the provider has its question; the rest wherever they are then.
    const isInCall = kill % 2 === 0;
    google.holdToken(isInCall);
    const child = startProcess(world, id);
    await once(child, "message");
    const ended = once(child, "exit");
    if (isInCall) await expect.poll(() => renewals(world), { interval: 5 }).toBe(before + 1);
    else await sleep(Math.random() * 60);
    child.kill("SIGKILL");
    await ended;
    google.holdToken(false);
    const [lease] = await server.deps.db.execute<{ isHeld: boolean; isBounded: boolean }>(sql`
        select renewal_lease_id is not null as "isHeld",
          coalesce(renewal_lease_until < now() + interval '21 seconds', true) as "isBounded"
        from connections where id = ${id}`);
    expect(lease?.isBounded).toBe(true);
    if (lease?.isHeld) wereLeased += 1;
    await write(server.deps, (tx) =>
      tx.execute(sql`update connections set renewal_lease_until = now()`),
    );
    await list(server.deps, id);
  }
  process.stdout.write(`${KILLS} killed while they renewed, ${wereLeased} with the lease\n`);
  expect(wereLeased).toBeGreaterThanOrEqual(KILLS / 2);
  expect((await world.find(id)).health).toBe("active");
  expect(await lettersOf(world)).toEqual([]);
});

function startProcess(world: GoogleWorld, connectionId: Connection["id"]): ChildProcess {
  const { deps } = world.server;
  const { clientId, clientSecret } = world.google.client;
  const given = {
    connectionId,
    database: deps.testDatabase,
    google: world.google.addresses,
    key: deps.testKeys.encryption.toString("base64"),
    settings: { GOOGLE_CLIENT_ID: clientId, GOOGLE_CLIENT_SECRET: clientSecret },
  };
  return fork(new URL("renew-process.ts", import.meta.url), [JSON.stringify(given)]);
}

test("new access that is refused as well is no reason to ask for another sign-in", async () => {
  const world = await annasGoogle();
  const { id } = await world.connect();
  world.google.failDrive(toError(401, "authError"), 2);
  expect((await refusalOf(list(world.server.deps, id))).code).toBe("storage_unavailable");
  expect(renewals(world)).toBe(1);
});

test("access that another server has renewed, and that has ended as well, is renewed once more, not for ever", async () => {
  const world = await annasGoogle();
  const { google, server } = world;
  const { id } = await world.connect();
  const held = await open(server.deps, id);
  const other = await startReplica(world);
  google.expireTokens();
  await list(other, id);
  google.expireTokens();
  expect(await held.list(null, null)).toMatchObject({ entries: [] });
  expect(renewals(world)).toBe(2);

  google.failDrive(toError(401, "authError"), 100);
  expect((await refusalOf(list(other, id))).code).toBe("storage_unavailable");
  expect(renewals(world)).toBe(3);
  google.driveRequests.length = 0;
  expect((await refusalOf(held.list(null, null))).code).toBe("storage_unavailable");
  expect([renewals(world), google.driveRequests.length]).toEqual([4, 3]);
});

test("whoever leaves while it is renewed loses nothing for the others", async () => {
  const world = await annasGoogle();
  const { deps } = world.server;
  const { id } = await world.connect();
  world.google.tree.put("take 1.mp3", "hello");
  const storage = await open(deps, id);
  const [take] = (await storage.list(null, null)).entries;
  world.google.expireTokens();
  const leave = new AbortController();
  const reason = new Error("gone");
  const reading = readRange(storage, take?.ref ?? "?", { start: 0, end: 4 }, leave.signal);
  setTimeout(() => leave.abort(reason), 1);
  await expect(reading).rejects.toThrow();
  const bytes = await readRange(await open(deps, id), take?.ref ?? "?", { start: 0, end: 4 });
  expect(bytes.toString()).toBe("hello");
  expect(renewals(world)).toBe(1);
});

test("a recording plays on when the access ends in the middle of it", async () => {
  const world = await annasGoogle();
  const bytes = Buffer.alloc(24 * 1024 * 1024, "take one of many ");
  world.google.tree.put("Live/take 1.mp3", bytes);
  const { id } = await world.connect();
  await world.anna.api.connections.setRoot.mutate({ connectionId: id, folder: null });
  await runJobs(world.server);
  const track = await trackAt(world, "Live/take 1.mp3");
  const answer = await world.anna.fetch(world.anna.streamUrl(track.id));
  const reader = (answer.body ?? expect.unreachable()).getReader();
  const pieces: Uint8Array[] = [];
  const first = await reader.read();
  if (first.value) pieces.push(first.value);
  const before = renewals(world);
  world.google.expireTokens();
  world.google.cutDownloads();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    pieces.push(next.value);
  }
  expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  expect(renewals(world)).toBe(before + 1);
});
