import { randomBytes } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import type { Connection } from "#contract/connections.ts";
import type { Track } from "#contract/library.ts";
import { streamPath, THROUGH_SERVER } from "#contract/playback.ts";
import { type FakeS3, startFakeS3 } from "#tests/support/fake-s3.ts";
import { refused } from "#tests/support/refused.ts";
import { startServer, type TestServerOptions } from "#tests/support/server.ts";
import { annasServer, annasStorage, runJobs, trackAt, type World } from "#tests/support/world.ts";

const take = randomBytes(300_000);

interface BucketWorld extends World {
  readonly cloud: FakeS3;
  readonly connection: Connection;
  readonly track: Track;
}

/** Anna's band with a bucket, which the administrator allows browsers to fetch from, or not. */
async function annasBucket({ isAllowed = true } = {}): Promise<BucketWorld> {
  const cloud = await startFakeS3();
  onTestFinished(() => cloud.stop());
  cloud.put("Live/take 1.mp3", take);
  const origins = isAllowed ? { DIRECT_ORIGINS: cloud.endpoint } : {};
  const server: TestServerOptions = { environment: origins };
  const world = await annasServer(server);
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = cloud;
  const keys = { endpoint, region, bucket, accessKeyId, secretAccessKey };
  const { api } = world.anna;
  const { id } = await api.connections.create.mutate({
    bandId: world.bandId,
    form: { provider: "s3", ...keys, pathStyle: true },
  });
  const connection = await api.connections.setRoot.mutate({ connectionId: id, folder: null });
  await runJobs(world.server);
  return { ...world, cloud, connection, track: await trackAt(world, "Live/take 1.mp3") };
}

const set = ({ anna, connection }: BucketWorld, isOn: boolean) =>
  anna.api.connections.setDirect.mutate({ connectionId: connection.id, isOn });

/** The server's own answer, which is not followed. */
const ask = ({ anna, server, track }: BucketWorld, query = "", init: RequestInit = {}) =>
  anna.fetch(`${server.baseUrl}${streamPath(track.id)}${query}`, { redirect: "manual", ...init });

test("where an owner wants it, members fetch recordings from the storage itself", async () => {
  const world = await annasBucket();
  expect(world.connection.direct).toBe("off");
  expect((await ask(world)).status).toBe(200);

  expect(await set(world, true)).toMatchObject({ direct: "on" });
  const answer = await ask(world);
  expect([answer.status, answer.headers.get("cache-control")]).toEqual([302, "private, no-store"]);
  const location = new URL(answer.headers.get("location") ?? "");
  expect(location.origin).toBe(world.cloud.endpoint);
  expect(location.searchParams.get("X-Amz-Expires")).toBe("300");
  expect(location.href).not.toContain(world.cloud.secretAccessKey);
  const part = await fetch(location, { headers: { range: "bytes=100-199" } });
  expect(part.status).toBe(206);
  expect(Buffer.from(await part.arrayBuffer())).toEqual(take.subarray(100, 200));

  expect(await set(world, false)).toMatchObject({ direct: "off" });
  expect((await ask(world)).status).toBe(200);
});

test("what has no address of its own there comes through the server all the same", async () => {
  const world = await annasBucket();
  await set(world, true);
  const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());
  const through = await ask(world, `?${THROUGH_SERVER}`);
  expect([through.status, await bytesOf(through)]).toEqual([200, take]);
  expect((await ask(world, "", { method: "HEAD" })).status).toBe(200);
  // A download has its name from us.
  const url = world.anna.downloadUrl(world.track.id);
  const download = await world.anna.fetch(url, { redirect: "manual" });
  expect([download.status, await bytesOf(download)]).toEqual([200, take]);
});

test("guests of a public link are never sent there", async () => {
  const world = await annasBucket();
  await set(world, true);
  const terms = { expiresAt: null, playLimit: null, canDownload: true };
  const { share, path } = await world.anna.api.playback.shares.create.mutate({
    ...{ trackId: world.track.id, terms, password: null },
  });
  const guest = world.server.guest();
  await guest.api.playback.shares.open.mutate({ token: path.slice("/s/".length) });
  await guest.api.playback.shares.beginListen.mutate({
    ...{ shareId: share.id, trackId: world.track.id },
  });
  const url = world.server.baseUrl + streamPath(world.track.id, share.id);
  expect((await guest.fetch(url, { redirect: "manual" })).status).toBe(200);
});

test("who may not hear it gets no address, and a storage that is paused gives none", async () => {
  const world = await annasBucket();
  await set(world, true);
  const stranger = await fetch(`${world.server.baseUrl}${streamPath(world.track.id)}`, {
    redirect: "manual",
  });
  expect(stranger.status).toBe(401);
  await world.anna.api.connections.pause.mutate({ connectionId: world.connection.id });
  expect((await ask(world)).status).toBe(422);
});

test("an origin that the administrator has not allowed is named, and nothing is changed", async () => {
  const world = await annasBucket({ isAllowed: false });
  const refusal = await refused(set(world, true));
  expect(refusal.code).toBe("conflict");
  expect(refusal.message).toContain(world.cloud.endpoint);
  expect(refusal.message).toContain("DIRECT_ORIGINS");
  expect((await ask(world)).status).toBe(200);
});

test("an origin that is not allowed any more is not led to", async () => {
  const world = await annasBucket();
  await set(world, true);
  const { testDatabase, testKeys } = world.server.deps;
  const { baseUrl } = await startServer({ database: testDatabase, keys: testKeys });
  const url = baseUrl + streamPath(world.track.id);
  expect((await world.anna.fetch(url, { redirect: "manual" })).status).toBe(200);
});

test("a storage that gives nobody an address says so", async () => {
  const world = await annasStorage((cloud) => cloud.tree.put("take.mp3", take));
  expect(world.connection.direct).toBeNull();
  const order = { connectionId: world.connection.id, isOn: true };
  expect((await refused(world.anna.api.connections.setDirect.mutate(order))).code).toBe("conflict");
});

test("it is written down who switched it", async () => {
  const world = await annasBucket();
  await set(world, true);
  await set(world, true);
  await set(world, false);
  const { events } = await world.anna.api.account.audit.list.query({
    action: "connection.direct_changed",
  });
  expect(events.map(({ details }) => details)).toEqual([
    { isOn: false, providers: ["s3"] },
    { isOn: true, providers: ["s3"] },
  ]);
});
