import { sql } from "drizzle-orm";
import { expect, onTestFinished, test } from "vitest";
import type { Connection } from "#contract/connections.ts";
import type { ConnectionId } from "#contract/ids.ts";
import { refusalOf } from "#sdk/index.ts";
import { write } from "#server/base/db.ts";
import { createId } from "#server/base/ids.ts";
import { setPrimary } from "#server/connections/primary.ts";
import { createPerson } from "#tests/auth/people.ts";
import { testDeps } from "#tests/support/deps.ts";
import { startFaultServer } from "#tests/support/fault-server.ts";
import { refused } from "#tests/support/refused.ts";
import { annasServer, connect, type World } from "#tests/support/world.ts";
import { listenTo } from "./told.ts";

const RACERS = 64;
const SOON = { timeout: 10_000, interval: 50 };

/** So many storages of Anna's band, the first of which is its primary. */
async function annasStorages(count: number): Promise<World & { ids: ConnectionId[] }> {
  const world = await annasServer();
  const ids: ConnectionId[] = [];
  for (let made = 0; made < count; made += 1) {
    const cloud = await startFaultServer();
    onTestFinished(() => cloud.stop());
    ids.push((await connect(world, cloud)).id);
  }
  return { ...world, ids };
}

const cards = ({ anna, bandId }: World): Promise<Connection[]> =>
  anna.api.connections.list.query({ bandId });

const primariesOf = async (world: World): Promise<ConnectionId[]> =>
  (await cards(world)).filter((each) => each.isPrimary).map(({ id }) => id);

test("of many who make another storage the primary at once, over three servers, one is it in the end", async () => {
  const world = await annasStorages(4);
  const { deps } = world.server;
  const replica = () => testDeps({ database: deps.testDatabase, keys: deps.testKeys });
  const servers = [deps, await replica(), await replica()];
  const [member] = await deps.db.execute<{ userId: never }>(
    sql`select user_id as "userId" from members where band_id = ${world.bandId}`,
  );
  const actor = { userId: member?.userId, sessionId: null } as never;
  const wishes = Array.from({ length: RACERS }, (_, index) => {
    const [server = deps, id] = [servers[index % 3], world.ids[index % world.ids.length]];
    return setPrimary(server, actor, id as ConnectionId);
  });
  const answers = await Promise.allSettled(wishes);

  const reasons = answers.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
  // Where the machine has much else to do, some are turned away in the queue for a connection.
  expect(reasons.filter(({ code }) => code !== "busy")).toEqual([]);
  expect(await primariesOf(world)).toHaveLength(1);
});

test("the primary moves at once, and only to what the band has", async () => {
  const world = await annasStorages(2);
  const [first, second] = world.ids as [ConnectionId, ConnectionId];
  const { api } = world.anna;
  expect(await primariesOf(world)).toEqual([first]);
  const made = await api.connections.setPrimary.mutate({ connectionId: second });
  expect(made).toMatchObject({ id: second, isPrimary: true });
  expect(await primariesOf(world)).toEqual([second]);

  await api.connections.remove.mutate({ connectionId: first });
  const error = await api.connections.setPrimary
    .mutate({ connectionId: first })
    .catch((reason: unknown) => reason);
  expect(refusalOf(error)?.code).toMatch(/^(forbidden|not_found)$/);
  expect(await primariesOf(world)).toEqual([second]);
});

test("a storage that is disconnected while it becomes the primary leaves the other one so", async () => {
  const world = await annasStorages(3);
  const { api } = world.anna;
  const [, second, third] = world.ids as [ConnectionId, ConnectionId, ConnectionId];
  for (const id of [second, third]) {
    await Promise.allSettled([
      api.connections.setPrimary.mutate({ connectionId: id }),
      api.connections.remove.mutate({ connectionId: id }),
    ]);
    expect(await primariesOf(world)).toHaveLength(1);
  }
});

test("whoever sees one of the cards is told that the primary moves", async () => {
  const world = await annasStorages(2);
  const told = await Promise.all(world.ids.map((id) => listenTo(world.server.deps, id)));
  expect(told.map((isTold) => isTold())).toEqual([false, false]);
  const [, second] = world.ids as [ConnectionId, ConnectionId];
  await world.anna.api.connections.setPrimary.mutate({ connectionId: second });
  await expect.poll(() => told.map((isTold) => isTold()), SOON).toEqual([true, true]);
});

test("a storage that goes leaves the primary one where it is, and that of other bands too", async () => {
  const world = await annasStorages(3);
  const { api } = world.anna;
  const [first, second, third] = world.ids as [ConnectionId, ConnectionId, ConnectionId];
  const { deps } = world.server;
  const { userId } = await createPerson(deps, "ben");
  const id = createId<ConnectionId>(deps.now());
  await write(deps, (tx) =>
    tx.execute(sql`
      insert into connections (id, band_id, provider, name, sealed_credential, is_primary)
      select ${id}, band_id, 'webdav', 'Ben’s', 'v1', true from members where user_id = ${userId}`),
  );
  await api.connections.setPrimary.mutate({ connectionId: third });
  await api.connections.remove.mutate({ connectionId: second });
  expect(await primariesOf(world)).toEqual([third]);
  const primaries = await deps.db.execute<{ id: string }>(
    sql`select id from connections where is_primary`,
  );
  expect(primaries.map((each) => each.id).toSorted()).toEqual([third, id].toSorted());
  expect((await cards(world)).map(({ id }) => id)).toEqual([first, third]);
});

test("a paused storage does not become the primary", async () => {
  const world = await annasStorages(2);
  const { api } = world.anna;
  const [first, second] = world.ids as [ConnectionId, ConnectionId];
  await api.connections.pause.mutate({ connectionId: second });
  const call = api.connections.setPrimary.mutate({ connectionId: second });
  expect(await refused(call)).toMatchObject({
    code: "storage_refused",
    message: expect.stringContaining("paused"),
  });
  expect(await primariesOf(world)).toEqual([first]);
});

test("who only edits the band's recordings neither moves the primary nor pauses a storage", async () => {
  const world = await annasStorages(2);
  const { api } = world.anna;
  const [first, second] = world.ids as [ConnectionId, ConnectionId];
  await write(world.server.deps, (tx) => tx.execute(sql`update members set role = 'editor'`));
  for (const call of [
    api.connections.setPrimary.mutate({ connectionId: second }),
    api.connections.pause.mutate({ connectionId: second }),
    api.connections.resume.mutate({ connectionId: second }),
  ]) {
    expect(await refused(call)).toMatchObject({ code: "forbidden" });
  }
  expect(await primariesOf(world)).toEqual([first]);
});

test("a storage that goes in the very moment leaves the band its primary", async () => {
  const world = await annasStorages(2);
  const { deps } = world.server;
  const [first, second] = world.ids as [ConnectionId, ConnectionId];
  const [member] = await deps.db.execute<{ userId: never }>(
    sql`select user_id as "userId" from members where band_id = ${world.bandId}`,
  );
  const actor = { userId: member?.userId, sessionId: null } as never;
  // Between finding it and taking the lock.
  const transaction: typeof deps.db.transaction = async (...given) => {
    await write(deps, (tx) => tx.execute(sql`delete from connections where id = ${second}`));
    return deps.db.transaction(...given);
  };
  const db = new Proxy(deps.db, {
    get: (target, name) => (name === "transaction" ? transaction : Reflect.get(target, name)),
  });
  await expect(setPrimary({ ...deps, db }, actor, second)).rejects.toMatchObject({
    code: "not_found",
  });
  expect(await primariesOf(world)).toEqual([first]);
});

test("the oldest storage of the band's own follows a primary that is disconnected, and is named before", async () => {
  const world = await annasServer();
  const { api } = world.anna;
  const { bandId } = world;
  const demo = await api.connections.createDemo.mutate({ bandId });
  expect(await primariesOf(world)).toEqual([demo.id]);
  const clouds = [await startFaultServer(), await startFaultServer()] as const;
  for (const cloud of clouds) onTestFinished(() => cloud.stop());
  const first = await connect(world, clouds[0]);
  const second = await connect(world, clouds[1]);
  // The demo takes no recordings, so it was the primary only until there was another.
  expect(await primariesOf(world)).toEqual([first.id]);
  const error = await api.connections.setPrimary
    .mutate({ connectionId: demo.id })
    .catch((reason: unknown) => reason);
  expect(refusalOf(error)).toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/demo/),
  });

  const before = await api.connections.removalPreview.query({ connectionId: first.id });
  expect(before).toMatchObject({ nextPrimary: second.name, staying: 0 });
  expect(await api.connections.removalPreview.query({ connectionId: second.id })).toMatchObject({
    nextPrimary: null,
  });
  await api.connections.remove.mutate({ connectionId: first.id });
  expect(await primariesOf(world)).toEqual([second.id]);
  const last = await api.connections.removalPreview.query({ connectionId: second.id });
  expect(last.nextPrimary).toBe(demo.name);
  await api.connections.remove.mutate({ connectionId: second.id });
  expect(await primariesOf(world)).toEqual([demo.id]);
});
