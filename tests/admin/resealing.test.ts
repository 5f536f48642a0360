import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { describe, expect, onTestFinished, test } from "vitest";
import type { BandId, ConnectionId } from "#contract/ids.ts";
import { getEncryptionKeys, resealAll, startResealing } from "#server/admin/resealing.ts";
import { sealedColumns } from "#server/admin/sealed-columns.ts";
import { makeWish } from "#server/auth/wishes.ts";
import { write } from "#server/base/db.ts";
import { createId } from "#server/base/ids.ts";
import { createVault, type KeyRing } from "#server/base/vault.ts";
import { openCredential, sealCredential } from "#server/connections/credentials.ts";
import { sealedReleases } from "#server/connections/release.ts";
import { handlers } from "#server/worker.ts";
import { createPerson } from "#tests/auth/people.ts";
import { createRandom } from "#tests/library/disturbances.ts";
import { mp3 } from "#tests/library/made-audio.ts";
import { type TestDeps, testDeps } from "#tests/support/deps.ts";
import { startFaultServer } from "#tests/support/fault-server.ts";
import { recordLog } from "#tests/support/log.ts";
import { annasStorage, listTracks } from "#tests/support/world.ts";

const never = new AbortController().signal;
const KILLS = 20;
const ROWS = 1_500;

/** The ring before, while both are known, and when the old key is gone. */
function rings({
  testKeys,
}: Pick<TestDeps, "testKeys">): Record<"old" | "both" | "young", KeyRing> {
  const [k1, k2] = [
    { kid: "test", key: testKeys.encryption },
    { kid: "k2", key: randomBytes(32) },
  ];
  return { old: [k1], both: [k2, k1], young: [k2] };
}

const withRing = <D extends TestDeps>(deps: D, ring: KeyRing): D => ({
  ...deps,
  vault: createVault(ring),
});

interface Stored {
  readonly id: ConnectionId;
  readonly bandId: BandId;
  readonly sealedCredential: string;
}

async function fill(deps: TestDeps, count: number): Promise<void> {
  const { userId } = await createPerson(deps, "anna");
  const [band] = await deps.db.execute<{ id: BandId }>(
    sql`select band_id as id from members where user_id = ${userId}`,
  );
  const bandId = band?.id ?? expect.unreachable();
  const rows = Array.from({ length: count }, (_, value) => {
    const id = createId<ConnectionId>(deps.now());
    return { id, sealed: sealCredential(deps, { id, bandId }, { value, version: 0 }) };
  });
  await write(deps, (tx) =>
    tx.execute(sql`
      insert into connections (id, band_id, provider, name, sealed_credential, is_primary)
      select id, ${bandId}, 'webdav', 'x', sealed, false
      from json_to_recordset(${JSON.stringify(rows)}::json) as n(id uuid, sealed text)`),
  );
}

const stored = (deps: TestDeps): Promise<readonly Stored[]> =>
  deps.db.execute<Stored & Record<string, unknown>>(sql`
    select id, band_id as "bandId", sealed_credential as "sealedCredential" from connections
    order by id`);

/** As a stream does it: finds the row and opens what it holds, again and again. */
async function readOn(deps: TestDeps, until: { isOver: boolean }) {
  const random = createRandom(7);
  const ids = (await stored(deps)).map(({ id }) => id);
  let [reads, failures] = [0, 0];
  while (!until.isOver) {
    const id = ids[Math.floor(random() * ids.length)];
    const [row] = await deps.db.execute<Stored & Record<string, unknown>>(sql`
      select id, band_id as "bandId", sealed_credential as "sealedCredential"
      from connections where id = ${id ?? ""}`);
    try {
      openCredential(deps, row ?? expect.unreachable());
    } catch {
      failures += 1;
    }
    reads += 1;
  }
  return { reads, failures };
}

/** As a renewal does it: puts newer credentials in place, sealed by a server that knows no newer key. */
async function renewOn(deps: TestDeps, until: { isOver: boolean }) {
  const random = createRandom(11);
  const rows = await stored(deps);
  const newest = new Map<string, number>();
  for (let version = 1; !until.isOver; version += 1) {
    const row = rows[Math.floor(random() * rows.length)] ?? expect.unreachable();
    const sealed = sealCredential(deps, row, { version });
    await write(deps, (tx) =>
      tx.execute(sql`update connections set sealed_credential = ${sealed} where id = ${row.id}`),
    );
    newest.set(row.id, version);
    await sleep(50);
  }
  return newest;
}

function startProcess(deps: TestDeps, ring: KeyRing): ChildProcess {
  const keys = ring.map(({ kid, key }) => ({ kid, key: key.toString("base64") }));
  const given = JSON.stringify({ database: deps.testDatabase, keys });
  return fork(new URL("reseal-process.ts", import.meta.url), [given]);
}

const kidsOf = (rows: readonly Stored[]): Set<string | undefined> =>
  new Set(rows.map(({ sealedCredential }) => sealedCredential.split(".")[1]));

describe("a newer key takes over while the server runs", () => {
  test("killed 20 times on the way no read fails, no newer credential is lost, and then the old key may go", {
    timeout: 600_000,
  }, async () => {
    const deps = await testDeps();
    const { old, both, young } = rings(deps);
    await fill(deps, ROWS);
    const until = { isOver: false };
    const server = withRing(deps, both);
    const reading = readOn(server, until);
    const renewing = renewOn(withRing(deps, old), until);

    const random = createRandom(3);
    // Longer for as long as nothing was done in it: a slow machine needs more to seal its first row.
    let spanMs = 150;
    let wasCut = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const child = startProcess(deps, both);
      await once(child, "message");
      const isDone = once(child, "message").then(() => true);
      const ended = once(child, "exit");
      await sleep(20 + random() * spanMs);
      child.kill("SIGKILL");
      const [code] = await ended;
      if (code === null) wasCut += 1;
      void isDone;
      if (!kidsOf(await stored(deps)).has("k2")) spanMs *= 1.5;
    }
    const halfWay = kidsOf(await stored(deps));
    until.isOver = true;
    const { reads, failures } = await reading;
    const newest = await renewing;
    await resealAll(server, never);
    process.stdout.write(
      `${wasCut} of ${KILLS} processes were killed on their way; ${reads} reads, ${failures} failed; ${newest.size} credentials renewed meanwhile\n`,
    );

    expect(wasCut).toBeGreaterThan(KILLS / 2);
    expect(halfWay.has("k2")).toBe(true);
    expect(reads).toBeGreaterThan(100);
    expect(failures).toBe(0);
    const rows = await stored(deps);
    expect(kidsOf(rows)).toEqual(new Set(["k2"]));
    const alone = withRing(deps, young);
    for (const row of rows) {
      const { version } = openCredential(alone, row) as { version: number };
      expect(version).toBe(newest.get(row.id) ?? 0);
    }
  });

  test("a credential that is written between reading and replacing stays", async () => {
    const deps = await testDeps();
    const { both } = rings(deps);
    await fill(deps, 3);
    const server = withRing(deps, both);
    const [row] = await stored(deps);
    if (!row) expect.unreachable();
    const newer = sealCredential(deps, row, { version: 99 });
    const db = new Proxy(deps.db, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (name !== "transaction" || typeof value !== "function") return value;
        return async (...given: unknown[]) => {
          await write(deps, (tx) =>
            tx.execute(
              sql`update connections set sealed_credential = ${newer} where id = ${row.id}`,
            ),
          );
          return value.apply(target, given);
        };
      },
    });
    // As slow as it gets: somebody writes right after it was read.
    await resealAll({ ...server, db }, never);
    // Whether it is moved as well depends on where its random letters stand among the others.
    const after = (await stored(deps)).find(({ id }) => id === row.id) ?? expect.unreachable();
    expect(openCredential(server, after)).toEqual({ version: 99 });
    await resealAll(server, never);
    expect(kidsOf(await stored(deps))).toEqual(new Set(["k2"]));
  });

  test("every column of the schema that is sealed is moved", async () => {
    const deps = await testDeps();
    const found = await deps.db.execute<{ table: string; column: string }>(sql`
      select table_name as "table", column_name as "column" from information_schema.columns
      where table_schema = 'public' and column_name like 'sealed%' order by 1, 2`);
    const known = sealedColumns.map(({ table, column }) => `${table}.${column}`).sort();
    expect(known).toEqual(found.map(({ table, column }) => `${table}.${column}`));
    expect(known.length).toBeGreaterThan(7);
  });

  test("a key that nobody has costs its rows and nothing else", async () => {
    const deps = await testDeps();
    const { old, young } = rings(deps);
    await fill(deps, 2);
    const alone = withRing(deps, young);
    const rows = await stored(deps);
    for (const row of rows) {
      expect(() => openCredential(alone, row)).toThrow("could not be read");
    }
    expect(await resealAll(alone, never)).toBe(0);
    expect(await getEncryptionKeys(alone)).toEqual([
      { kid: "k2", role: "current", values: 0 },
      { kid: "test", role: "unknown", values: 2 },
    ]);
    expect(await stored(deps)).toEqual(rows);
    // Put back, all is well again.
    expect(await resealAll(withRing(deps, [...young, ...old]), never)).toBe(2);
  });

  test("what any of several older keys has sealed is moved, and what waits in the queue counts", async () => {
    const deps = await testDeps();
    const { both, young } = rings(deps);
    const k3 = { kid: "k3", key: randomBytes(32) };
    await fill(deps, 3);
    const [row] = await stored(deps);
    if (!row) expect.unreachable();
    const sealed = sealCredential(withRing(deps, young), row, { version: 1 });
    const device = { userAgent: "", ipAddress: "127.0.0.1", network: "127.0.0.1" };
    await write(deps, async (tx) => {
      await tx.execute(
        sql`update connections set sealed_credential = ${sealed} where id = ${row.id}`,
      );
      await makeWish(deps, tx, { kind: "reset", email: "nobody@band.example" }, device);
    });
    const server = withRing(deps, [k3, ...both]);
    const count = async () =>
      (await getEncryptionKeys(server)).map(({ kid, values }) => [kid, values]);
    expect(await count()).toEqual([
      ["k3", 0],
      ["k2", 1],
      ["test", 3],
    ]);
    expect(await resealAll(server, never)).toBe(3);
    expect(await count()).toEqual([
      ["k3", 3],
      ["k2", 0],
      ["test", 1],
    ]);
    while (await server.jobs.runNext(server, handlers, never));
    expect((await count())[2]).toEqual(["test", 0]);
  });

  test("nothing more is moved once the server stops", async () => {
    const deps = await testDeps();
    const { both } = rings(deps);
    await fill(deps, 2);
    await expect(resealAll(withRing(deps, both), AbortSignal.abort("stop"))).rejects.toBe("stop");
    expect(kidsOf(await stored(deps))).toEqual(new Set(["test"]));
  });

  test("a server without the key of something says so in its log, and which key that is", async () => {
    const { log, lines } = recordLog();
    const deps = await testDeps({ log });
    await fill(deps, 2);
    const over = new AbortController();
    onTestFinished(() => over.abort());
    startResealing(withRing(deps, rings(deps).young), over.signal);
    const told = () => lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 50);
    await expect.poll(told, { timeout: 20_000 }).toMatchObject([{ kid: "test", values: 2 }]);
  });

  test("a value that was tampered with stays, and does not hold up the others", async () => {
    const deps = await testDeps();
    const { both } = rings(deps);
    await fill(deps, 5);
    const [first, second] = await stored(deps);
    // One before all others in the order in which they are read, and one behind them.
    for (const [row, sealed] of [
      [first, "v1.test.----.----"],
      [second, "v1.test.zzzz.zzzz"],
    ] as const) {
      await write(deps, (tx) =>
        tx.execute(sql`update connections set sealed_credential = ${sealed}
          where id = ${row?.id ?? ""}`),
      );
    }
    const server = withRing(deps, both);
    expect(await resealAll(server, never, 2)).toBe(3);
    expect((await getEncryptionKeys(server))[1]).toEqual({ kid: "test", role: "older", values: 2 });
  });

  test("the server asks for it by itself, and administrators see when the old key may go", async () => {
    const deps = await testDeps();
    const { both } = rings(deps);
    await fill(deps, 4);
    const server = withRing(deps, both);
    expect(await getEncryptionKeys(server)).toEqual([
      { kid: "k2", role: "current", values: 0 },
      { kid: "test", role: "older", values: 4 },
    ]);
    const over = new AbortController();
    startResealing(server, over.signal);
    await expect
      .poll(() => server.jobs.runNext(server, handlers, never), { timeout: 20_000 })
      .toBe(true);
    over.abort();
    expect(await getEncryptionKeys(server)).toEqual([
      { kid: "k2", role: "current", values: 4 },
      { kid: "test", role: "older", values: 0 },
    ]);
    const next = new AbortController();
    onTestFinished(() => next.abort());
    startResealing(server, next.signal);
    await sleep(1_000);
    expect(await server.jobs.runNext(server, handlers, never)).toBe(false);
  });
});

test("what features have sealed by themselves opens for them with the new key alone", async () => {
  const world = await annasStorage(({ tree }) => tree.put("a.mp3", mp3({ TIT2: "A" }, 1)), {
    cloud: { persona: "nextcloud" },
  });
  const { deps } = world.server;
  const { api } = world.anna;
  const { bandId } = world;
  const other = await startFaultServer({ persona: "nextcloud" });
  onTestFinished(() => other.stop());
  await api.connections.beginNextcloudLogin.mutate({ bandId, url: other.baseUrl });
  const client = { clientId: "client-id.example", clientSecret: "client-secret-4711" };
  await api.connections.saveOAuthClient.mutate({ bandId, provider: "google-drive", client });
  await api.connections.beginOAuth.mutate({ bandId, provider: "google-drive" });
  await api.account.twoFactor.begin.mutate();
  await write(deps, async (tx) => {
    const id = createId<string>(deps.now());
    const sealed = deps.vault.seal("{}", sealedReleases.placeOf({ id }));
    await tx.execute(sql`insert into released_credentials (id, provider, sealed_credential)
      values (${id}, 'webdav', ${sealed})`);
  });
  const { both, young } = rings(deps);
  const before = await getEncryptionKeys(withRing(deps, both));
  expect(before[1]?.values).toBeGreaterThanOrEqual(6);
  await resealAll(withRing(deps, both), never);
  expect((await getEncryptionKeys(withRing(deps, both)))[1]?.values).toBe(0);

  const alone = withRing(deps, young);
  for (const column of sealedColumns) {
    const reads = Object.entries(column.reads).map(
      ([as, read]) => sql`${sql.identifier(read)}::text as ${sql.identifier(as)}`,
    );
    const rows = await deps.db.execute<Record<string, string>>(sql`
      select ${sql.join(reads, sql`, `)}, ${sql.identifier(column.column)} as sealed
      from ${sql.identifier(column.table)} where ${sql.identifier(column.column)} is not null`);
    for (const { sealed = "", ...row } of rows) {
      expect(() => alone.vault.open(sealed, column.placeOf(row))).not.toThrow();
    }
  }
  expect(await listTracks(world)).toHaveLength(1);
});
