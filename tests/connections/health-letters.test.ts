import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { AppError } from "#server/base/errors.ts";
import { noteStorageFailure } from "#server/connections/health.ts";
import { findConnectionById } from "#server/connections/store.ts";
import { mp3 } from "#tests/library/made-audio.ts";
import { findConnection } from "#tests/library/scanning.ts";
import { testDeps } from "#tests/support/deps.ts";
import { annasStorage, listTracks, runJobs, type StorageWorld } from "#tests/support/world.ts";

const annasSongs = (): Promise<StorageWorld> =>
  annasStorage(({ tree }) => tree.put("Live/harbour.mp3", mp3({ TIT2: "Harbour Lights" }, 1)));

const check = ({ anna, connection }: StorageWorld) =>
  anna.api.connections.check.mutate({ connectionId: connection.id });

async function told({ server }: StorageWorld): Promise<{ letters: number; events: unknown[] }> {
  const letters = await server.deps.db.execute(sql`select id from mails where kind = 'reconnect'`);
  const events = await server.deps.db.execute(
    sql`select details from audit_events where action = 'connection.refused'`,
  );
  return { letters: letters.length, events: events.map((each) => each.details) };
}

const ONCE = { letters: 1, events: [{ providers: ["webdav"] }] };

test("a password that is refused is told to the owner once, however many meet it on however many servers", async () => {
  const world = await annasSongs();
  const [track] = await listTracks(world);
  world.cloud.setPassword(world.cloud.username, "another");
  const stream = `${world.server.baseUrl}/stream/${track?.id}`;
  const answers = await Promise.all(Array.from({ length: 15 }, () => world.anna.fetch(stream)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([409]));
  const { deps } = world.server;
  const replica = await testDeps({ database: deps.testDatabase, keys: deps.testKeys });
  const row = (await findConnectionById(deps.db, world.connection.id)) ?? expect.unreachable();
  const refusal = new AppError("storage_reconnect", "No longer.");
  await Promise.all(
    Array.from({ length: 30 }, (_, n) => noteStorageFailure(n % 2 ? deps : replica, row, refusal)),
  );
  await check(world);
  await world.anna.api.connections.scan.mutate({ connectionId: world.connection.id });
  await runJobs({ deps });

  expect((await findConnection(world)).health).toBe("needs_reconnect");
  expect(await told(world)).toEqual(ONCE);
});

test("a scan that is refused tells it too, and after a reconnection the next end is told again", async () => {
  const world = await annasSongs();
  const { api } = world.anna;
  const connectionId = world.connection.id;
  world.cloud.setPassword(world.cloud.username, "another");
  await api.connections.scan.mutate({ connectionId });
  await runJobs(world.server);
  expect(await told(world)).toEqual(ONCE);

  const { url, username } = world.cloud;
  const form = { provider: "webdav", url, username, password: "another" } as const;
  await api.connections.reconnect.mutate({ connectionId, form });
  expect(await told(world)).toEqual(ONCE);
  world.cloud.setPassword(world.cloud.username, "a third");
  await check(world);
  expect((await told(world)).letters).toBe(2);
});

test("an outage, a throttle and a page are nobody's letter", async () => {
  const world = await annasSongs();
  for (const fault of [{ status: 503 }, { status: 429 }, { reset: true as const }]) {
    const heal = world.cloud.fault(fault);
    expect((await check(world)).health).toBe("unavailable");
    heal();
    await check(world);
  }
  expect(await told(world)).toEqual({ letters: 0, events: [] });
});

test("a refusal of access that has been replaced meanwhile says nothing", async () => {
  const world = await annasSongs();
  const { deps } = world.server;
  const old = (await findConnectionById(deps.db, world.connection.id)) ?? expect.unreachable();
  const { url, username, password } = world.cloud;
  const form = { provider: "webdav", url, username, password } as const;
  await world.anna.api.connections.reconnect.mutate({ connectionId: world.connection.id, form });
  await noteStorageFailure(deps, old, new AppError("storage_reconnect", "No longer."));
  expect((await findConnection(world)).health).toBe("active");
  expect(await told(world)).toEqual({ letters: 0, events: [] });
});
