import { sql } from "drizzle-orm";
import { expect, onTestFinished, test } from "vitest";
import { write } from "#server/base/db.ts";
import { accessReleased, forgetOldReleases } from "#server/connections/release.ts";
import { type FaultServer, startFaultServer } from "#tests/support/fault-server.ts";
import type { TestServer } from "#tests/support/server.ts";
import { annasServer, connect, runJobs } from "#tests/support/world.ts";

const APP_PASSWORD = "/ocs/v2.php/core/apppassword";

/** Anna's Nextcloud, connected with an app password. */
async function annasCloud() {
  const cloud = await startFaultServer({ persona: "nextcloud" });
  onTestFinished(() => cloud.stop());
  cloud.tree.put("take.mp3", "one");
  const world = await annasServer();
  const connection = await connect(world, cloud);
  const { password } = cloud;
  const remove = (id = connection.id) =>
    world.anna.api.connections.remove.mutate({ connectionId: id });
  return { ...world, cloud, connection, password, remove };
}

const toldTo = (cloud: FaultServer): number =>
  cloud.count({ method: "DELETE", path: APP_PASSWORD });

const keptBy = async ({ deps }: TestServer): Promise<number> =>
  (await deps.db.execute(sql`select id from released_credentials`)).length;

/** As if so much time had passed since the storage was disconnected. */
const letHoursPass = ({ deps }: TestServer, hours: number) =>
  write(deps, async (tx) => {
    await tx.execute(
      sql`update released_credentials set released_at = released_at - make_interval(hours => ${hours})`,
    );
    await tx.execute(sql`update pgboss.job set start_after = now() where state < 'active'`);
  });

test("a storage that is disconnected ends its app password in the Nextcloud, and keeps none here", async () => {
  const { server, cloud, password, remove } = await annasCloud();
  await remove();
  expect(await keptBy(server)).toBe(1);
  await runJobs(server);
  expect(toldTo(cloud)).toBe(1);
  expect(cloud.password).not.toBe(password);
  expect(await keptBy(server)).toBe(0);
});

test("what somebody else's recordings still come through is not ended under them", async () => {
  const world = await annasCloud();
  const { server, cloud, password, remove } = world;
  const second = await connect(world, cloud);
  await remove();
  await runJobs(server);
  expect([toldTo(cloud), await keptBy(server)]).toEqual([0, 0]);
  expect(cloud.password).toBe(password);

  await remove(second.id);
  await runJobs(server);
  expect(toldTo(cloud)).toBe(1);
  expect(cloud.password).not.toBe(password);
});

test("the account's own password, an ended one and a server without app passwords are left alone", async () => {
  for (const prepare of [
    (cloud: FaultServer) => void Object.assign(cloud.nextcloud, { isAppPassword: false }),
    (cloud: FaultServer) => void cloud.fault({ method: "DELETE", status: 401 }),
    (cloud: FaultServer) => void cloud.fault({ method: "DELETE", status: 404 }),
  ]) {
    const { server, cloud, password, remove } = await annasCloud();
    prepare(cloud);
    await remove();
    await runJobs(server);
    expect([toldTo(cloud), await keptBy(server)]).toEqual([1, 0]);
    expect(cloud.password).toBe(password);
  }
});

test("a plain storage knows nothing of the kind: nothing of its password is kept for a moment", async () => {
  const plain = await startFaultServer();
  onTestFinished(() => plain.stop());
  const world = await annasServer();
  const { id } = await connect(world, plain);
  await world.anna.api.connections.remove.mutate({ connectionId: id });
  expect(await keptBy(world.server)).toBe(0);
  await runJobs(world.server);
  expect(plain.count({ method: "DELETE" })).toBe(0);
});

test("a Nextcloud that is away is told later", async () => {
  const { server, cloud, password, remove } = await annasCloud();
  cloud.nextcloud.maintenance = true;
  await remove();
  await runJobs(server);
  expect([toldTo(cloud), await keptBy(server)]).toEqual([1, 1]);
  await runJobs(server);
  expect(toldTo(cloud)).toBe(1);

  cloud.nextcloud.maintenance = false;
  await letHoursPass(server, 1);
  await runJobs(server);
  expect([toldTo(cloud), await keptBy(server)]).toEqual([2, 0]);
  expect(cloud.password).not.toBe(password);
});

test("after a day it is given up, and the password is gone from here all the same", async () => {
  const { server, cloud, remove } = await annasCloud();
  cloud.fault({ method: "DELETE", reset: true });
  await remove();
  await runJobs(server);
  expect(await keptBy(server)).toBe(1);
  await letHoursPass(server, 25);
  await runJobs(server);
  expect(await keptBy(server)).toBe(0);
  await runJobs(server);
  expect(toldTo(cloud)).toBe(2);
});

test("it is gone after a day even when its job was lost", async () => {
  const { server, remove } = await annasCloud();
  await remove();
  await write(server.deps, (tx) => tx.execute(sql`delete from pgboss.job`));
  await forgetOldReleases(server.deps);
  expect(await keptBy(server)).toBe(1);
  await letHoursPass(server, 25);
  await forgetOldReleases(server.deps);
  expect(await keptBy(server)).toBe(0);
});

test("telling it twice does no harm", async () => {
  const { server, cloud, remove } = await annasCloud();
  await remove();
  const [row] = await server.deps.db.execute<{ id: string }>(
    sql`select id from released_credentials`,
  );
  const again = { releaseId: row?.id ?? "", tries: 0 };
  await write(server.deps, (tx) => accessReleased.enqueue(server.deps, tx, again));
  await runJobs(server);
  expect(toldTo(cloud)).toBe(1);
});

test("new access for a storage ends the old one, in the Nextcloud too", async () => {
  const { server, cloud, connection, anna, ...world } = await annasCloud();
  const reconnect = (password: string) =>
    anna.api.connections.reconnect.mutate({
      connectionId: connection.id,
      form: { provider: "webdav", url: cloud.url, username: "anna", password },
    });
  // The same again is no other access.
  await reconnect(world.password);
  await runJobs(server);
  expect([toldTo(cloud), await keptBy(server)]).toEqual([0, 0]);

  cloud.appPasswords.set("second-4712", "anna");
  await reconnect("second-4712");
  await runJobs(server);
  expect([toldTo(cloud), await keptBy(server)]).toEqual([1, 0]);
  expect(cloud.password).not.toBe(world.password);
  expect(cloud.appPasswords.has("second-4712")).toBe(true);
});

test("access that the Nextcloud has refused is not tried once more", async () => {
  const { server, cloud, connection, anna, remove } = await annasCloud();
  cloud.setPassword("anna", "changed-4712");
  await anna.api.connections.check.mutate({ connectionId: connection.id });
  await remove();
  await runJobs(server);
  expect([toldTo(cloud), await keptBy(server)]).toEqual([0, 0]);
  expect(cloud.nextcloud.failures).toBe(1);
});

test("the account's own password is never kept: what it was exchanged for ends with the storage", async () => {
  const cloud = await startFaultServer({ persona: "nextcloud" });
  onTestFinished(() => cloud.stop());
  cloud.nextcloud.isAppPassword = false;
  cloud.tree.put("take.mp3", "one");
  const world = await annasServer();
  const { id: connectionId } = await connect(world, cloud);
  expect(cloud.appPasswords.size).toBe(1);
  const { password } = cloud;
  await world.anna.api.connections.remove.mutate({ connectionId });
  await runJobs(world.server);
  expect(cloud.appPasswords.size).toBe(0);
  expect(cloud.password).toBe(password);
});
