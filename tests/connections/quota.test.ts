import { sql } from "drizzle-orm";
import { expect, onTestFinished, test } from "vitest";
import { write } from "#server/base/db.ts";
import { lookAtQuota, noteQuota } from "#server/connections/quota.ts";
import type { Storage } from "#server/storage/provider.ts";
import { type FaultServer, startFaultServer } from "#tests/support/fault-server.ts";
import { annasServer, runJobs, type World } from "#tests/support/world.ts";
import { annasGoogle } from "./google-world.ts";
import { listenTo } from "./told.ts";

interface CloudWorld extends World {
  readonly cloud: FaultServer;
}

async function annasNextcloud(): Promise<CloudWorld> {
  const cloud = await startFaultServer({ persona: "nextcloud" });
  onTestFinished(() => cloud.stop());
  Object.assign(cloud.quota, { usedBytes: 750, availableBytes: 250 });
  return { ...(await annasServer()), cloud };
}

async function connect({ anna, bandId, cloud }: CloudWorld) {
  const { baseUrl: url, username, password } = cloud;
  const form = { provider: "webdav", url, username, password } as const;
  return anna.api.connections.create.mutate({ bandId, form });
}

const card = async ({ anna, bandId }: World) =>
  (await anna.api.connections.list.query({ bandId }))[0] ?? expect.unreachable();

test("the card knows who is connected by name, and how full it is soon after a folder was chosen", async () => {
  const world = await annasNextcloud();
  world.cloud.nextcloud.displayName = "Anna Larsson";
  const made = await connect(world);
  expect(made).toMatchObject({ displayName: "Anna Larsson", quota: null });
  expect(made.identity).toMatch(/^anna at 127\.0\.0\.1:\d+$/);
  await world.anna.api.connections.setRoot.mutate({ connectionId: made.id, folder: null });
  expect((await card(world)).quota).toBeNull();
  await runJobs(world.server);
  const { quota } = await card(world);
  expect(quota).toMatchObject({ usedBytes: 750, totalBytes: 1000 });
  expect(Math.abs(Date.now() - Date.parse(quota?.checkedAt ?? ""))).toBeLessThan(60_000);
});

test("a name that is the user name again is none, and another account brings its own", async () => {
  const world = await annasNextcloud();
  const { id: connectionId, displayName } = await connect(world);
  expect(displayName).toBeNull();
  world.cloud.nextcloud.displayName = "Anna L.";
  const { baseUrl: url, username, password } = world.cloud;
  const form = { provider: "webdav", url, username, password } as const;
  const again = await world.anna.api.connections.reconnect.mutate({ connectionId, form });
  expect(again.displayName).toBe("Anna L.");
});

test("a check asks anew; lists are answered from what was said, without a request", async () => {
  const world = await annasNextcloud();
  const { id: connectionId } = await connect(world);
  const { api } = world.anna;
  const checked = await api.connections.check.mutate({ connectionId });
  expect(checked.quota).toMatchObject({ usedBytes: 750, totalBytes: 1000 });
  Object.assign(world.cloud.quota, { usedBytes: 990, availableBytes: 10 });
  const asked = world.cloud.count();
  expect((await card(world)).quota).toEqual(checked.quota);
  expect(world.cloud.count()).toBe(asked);
  const again = await api.connections.check.mutate({ connectionId });
  expect(again.quota).toMatchObject({ usedBytes: 990, totalBytes: 1000 });
});

test("a storage that fails to say works all the same, and what it said stays with its time", async () => {
  const world = await annasNextcloud();
  const { id: connectionId } = await connect(world);
  const { api } = world.anna;
  const before = await api.connections.check.mutate({ connectionId });
  const heal = world.cloud.fault({ path: "/ocs/v2.php/cloud/user", status: 500 });
  const after = await api.connections.check.mutate({ connectionId });
  expect(after).toMatchObject({ health: "active", quota: before.quota });
  await lookAtQuota(world.server.deps, connectionId, new AbortController().signal);
  heal();
  Object.assign(world.cloud.quota, { usedBytes: null, availableBytes: null });
  expect((await api.connections.check.mutate({ connectionId })).quota).toBeNull();
  // So that nobody asks it once an hour.
  const [row] = await world.server.deps.db.execute(sql`select quota_checked_at from connections`);
  expect(row?.quota_checked_at).toBeNull();
});

test("one that is refused is not asked a second time for that", async () => {
  const world = await annasNextcloud();
  const { id: connectionId } = await connect(world);
  world.cloud.setPassword("anna", "another");
  world.cloud.appPasswords.clear();
  const asked = world.cloud.count();
  const checked = await world.anna.api.connections.check.mutate({ connectionId });
  expect(checked.health).toBe("needs_reconnect");
  expect(world.cloud.count()).toBe(asked + 1);
});

test("one that refuses our access is not asked by a job either", async () => {
  const world = await annasNextcloud();
  const { id: connectionId } = await connect(world);
  const { deps } = world.server;
  // As another server has found it.
  await write(deps, (tx) => tx.execute(sql`update connections set health = 'needs_reconnect'`));
  const asked = world.cloud.count();
  await lookAtQuota(deps, connectionId, new AbortController().signal);
  expect(world.cloud.count()).toBe(asked);
});

test("one that takes too long to say is no failure, and what else goes wrong is one", async () => {
  const world = await annasNextcloud();
  const { id } = await connect(world);
  const { deps } = world.server;
  const failing = (error: Error) =>
    noteQuota(deps, id, { quota: () => Promise.reject(error) } as unknown as Storage);
  await failing(new DOMException("Too long.", "TimeoutError"));
  await expect(failing(new TypeError("It is ours."))).rejects.toThrow("It is ours.");
});

test("whoever sees the card is told how full it is", async () => {
  const world = await annasNextcloud();
  const { id: connectionId } = await connect(world);
  const isTold = await listenTo(world.server.deps, connectionId);
  await world.anna.api.connections.check.mutate({ connectionId });
  await expect.poll(isTold, { timeout: 10_000 }).toBe(true);
});

test("Google Drive says it too, through a renewal", async () => {
  const world = await annasGoogle();
  const { id: connectionId } = await world.connect();
  world.google.expireTokens();
  const checked = await world.anna.api.connections.check.mutate({ connectionId });
  expect(checked.quota).toMatchObject({ usedBytes: 4711, totalBytes: 16_106_127_360 });
});
