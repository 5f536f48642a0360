import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { Connection } from "#contract/connections.ts";
import { write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { noteStorageFailure } from "#server/connections/health.ts";
import { lookAtQuota } from "#server/connections/quota.ts";
import { attachStorage, findPlace, openStorage } from "#server/connections/service.ts";
import { findConnectionById } from "#server/connections/store.ts";
import { queueScan } from "#server/library/scan-queue.ts";
import { mp3 } from "#tests/library/made-audio.ts";
import { newestScan } from "#tests/library/scanning.ts";
import { refused } from "#tests/support/refused.ts";
import { annasStorage, listTracks, runJobs, type StorageWorld } from "#tests/support/world.ts";
import { annasGoogle } from "./google-world.ts";
import { listenTo } from "./told.ts";

const never = new AbortController().signal;
const song = mp3({ TIT2: "Harbour Lights" }, 20);

const annasSong = (): Promise<StorageWorld> =>
  annasStorage(({ tree }) => tree.put("Live/harbour.mp3", song));

const idOf = ({ connection }: StorageWorld) => ({ connectionId: connection.id });

test("nothing at all is asked of a storage that is paused, and everything of it is kept", async () => {
  const world = await annasSong();
  const { api } = world.anna;
  const before = await listTracks(world);
  const paused = await api.connections.pause.mutate(idOf(world));
  expect(paused).toMatchObject({ health: "paused", healthMessage: null, trackCount: 1 });
  expect(paused.unavailableSince).not.toBeNull();
  const asked = world.cloud.count();

  const browse = { ...idOf(world), folder: null };
  for (const call of [
    () => api.connections.check.mutate(idOf(world)),
    () => api.connections.scan.mutate(idOf(world)),
    () => api.connections.browse.query(browse),
    () => api.connections.setRoot.mutate(browse),
  ]) {
    expect(await refused(call())).toMatchObject({
      code: "storage_refused",
      message: expect.stringMatching(/paused.*kept.*resumes/),
    });
  }
  const song = await world.anna.fetch(`${world.server.baseUrl}/stream/${before[0]?.id}`);
  expect(song.status).toBe(422);
  expect(await song.json()).toMatchObject({ code: "storage_refused" });
  // Whoever looks on a schedule comes by here.
  const wish = { ...idOf(world), bandId: world.bandId, requestedBy: null, confirmMissing: false };
  const { deps } = world.server;
  expect(await write(deps, (tx) => queueScan(deps, tx, wish))).toBe(false);
  await runJobs(world.server);

  expect(world.cloud.count()).toBe(asked);
  expect(await listTracks(world)).toEqual(before);
  const [card] = await api.connections.list.query({ bandId: world.bandId });
  expect(card).toMatchObject({ health: "paused", isPrimary: true });
});

test("resumed it is asked at once, scanned for what has changed meanwhile, and plays", async () => {
  const world = await annasSong();
  const { api } = world.anna;
  const [before] = await listTracks(world);
  await api.connections.pause.mutate(idOf(world));
  world.cloud.tree.put("Live/foam.mp3", mp3({ TIT2: "Foam" }, 1));
  const resumed = await api.connections.resume.mutate(idOf(world));
  expect(resumed).toMatchObject({ health: "active", unavailableSince: null });
  await runJobs(world.server);

  expect((await listTracks(world)).map(({ title }) => title)).toEqual(["Foam", "Harbour Lights"]);
  expect((await listTracks(world))[1]).toEqual(before);
  const played = await world.anna.fetch(`${world.server.baseUrl}/stream/${before?.id}`);
  expect(Buffer.from(await played.arrayBuffer()).equals(song)).toBe(true);
});

test("one that was refused before it was paused says so again when it is resumed, with no second letter", async () => {
  const world = await annasGoogle();
  const connection = await world.connect();
  const connectionId = connection.id;
  const { api } = world.anna;
  world.google.revokeGrants();
  await api.connections.check.mutate({ connectionId });
  expect((await world.find(connectionId)).health).toBe("needs_reconnect");
  await api.connections.pause.mutate({ connectionId });
  const renewals = world.google.tokenRequests.length;
  expect((await world.find(connectionId)).health).toBe("paused");
  const resumed = await api.connections.resume.mutate({ connectionId });
  expect(resumed.health).toBe("needs_reconnect");
  expect(world.google.tokenRequests).toHaveLength(renewals);
  const letters = await world.server.deps.db.execute(sql`select id from mails`);
  expect(letters).toHaveLength(1);
});

test("access that ends while a storage is paused is not renewed before it is resumed", async () => {
  const world = await annasGoogle();
  const { id: connectionId } = await world.connect();
  const { api } = world.anna;
  await api.connections.pause.mutate({ connectionId });
  world.google.expireTokens();
  const [tokens, files] = [world.google.tokenRequests.length, world.google.driveRequests.length];
  await refused(api.connections.check.mutate({ connectionId }));
  await runJobs(world.server);
  const row = await findConnectionById(world.server.deps.db, connectionId);
  const attach = () =>
    attachStorage(world.server.deps, row ?? expect.unreachable(), new AbortController().signal);
  expect(attach).toThrow(/paused/);
  expect(world.google.tokenRequests).toHaveLength(tokens);
  expect(world.google.driveRequests).toHaveLength(files);

  expect((await api.connections.resume.mutate({ connectionId })).health).toBe("active");
  expect((await api.connections.check.mutate({ connectionId })).health).toBe("active");
  expect(world.google.tokenRequests).toHaveLength(tokens + 1);
});

test("what plays and what is scanned when it is paused ends within a second", async () => {
  const world = await annasSong();
  const { api } = world.anna;
  const [track] = await listTracks(world);
  world.cloud.fault({ method: "GET", stallAfterBytes: 1000 });
  const response = await world.anna.fetch(`${world.server.baseUrl}/stream/${track?.id}`);
  expect(response.status).toBe(200);
  const body = response.arrayBuffer().then(
    () => "whole",
    () => "cut",
  );
  await expect.poll(() => world.cloud.openDownloads()).toBe(1);
  world.cloud.fault({ method: "PROPFIND", path: "Live", stall: true });
  world.cloud.tree.put("Live/foam.mp3", mp3({ TIT2: "Foam" }, 1));
  await api.connections.scan.mutate(idOf(world));
  const scanning = runJobs(world.server);
  await expect.poll(async () => (await newestScan(world)).state).toBe("listing");
  await expect
    .poll(() => world.cloud.count({ method: "PROPFIND", path: "Live" }))
    .toBeGreaterThan(1);

  await api.connections.pause.mutate(idOf(world));
  await expect.poll(() => world.cloud.openDownloads(), { timeout: 1_000 }).toBe(0);
  expect(await body).toBe("cut");
  await scanning;
  const asked = world.cloud.count();
  expect(await newestScan(world)).toMatchObject({
    state: "cancelled",
    missing: 0,
    message: expect.stringMatching(/paused.*kept/),
  });
  world.cloud.heal();
  await runJobs(world.server);
  expect(world.cloud.count()).toBe(asked);

  await api.connections.resume.mutate(idOf(world));
  await runJobs(world.server);
  expect((await listTracks(world)).map(({ title }) => title)).toEqual(["Foam", "Harbour Lights"]);
});

test("new access brings a paused storage back, and who paused it stands in the audit", async () => {
  const world = await annasSong();
  const { api } = world.anna;
  await api.connections.pause.mutate(idOf(world));
  await api.connections.pause.mutate(idOf(world));
  const { url, username, password } = world.cloud;
  const form = { provider: "webdav", url, username, password } as const;
  const again: Connection = await api.connections.reconnect.mutate({ ...idOf(world), form });
  expect(again.health).toBe("active");
  await api.connections.pause.mutate(idOf(world));
  await api.connections.resume.mutate(idOf(world));
  const { events } = await api.account.audit.list.query({ action: "connection.paused" });
  expect(events.map(({ details }) => details.isOn)).toEqual([false, true, true]);
});

test("a paused storage is opened for nobody, not for workers either, and not asked how full it is", async () => {
  const world = await annasSong();
  const { deps } = world.server;
  const { id } = world.connection;
  await world.anna.api.connections.pause.mutate(idOf(world));
  const asked = world.cloud.count();
  await expect(findPlace(deps, id)).rejects.toMatchObject({ code: "storage_refused" });
  await expect(openStorage(deps, id, never)).rejects.toMatchObject({ code: "storage_refused" });
  await expect(lookAtQuota(deps, id, never)).resolves.toBeUndefined();
  expect(world.cloud.count()).toBe(asked);
});

test("what a storage said just before it was paused is no news any more", async () => {
  const world = await annasSong();
  const { deps } = world.server;
  const row = (await findConnectionById(deps.db, world.connection.id)) ?? expect.unreachable();
  await world.anna.api.connections.pause.mutate(idOf(world));
  await noteStorageFailure(deps, row, new AppError("storage_reconnect", "It refuses us."));
  const resumed = await world.anna.api.connections.resume.mutate(idOf(world));
  expect(resumed).toMatchObject({ health: "active", healthMessage: null });
});

test("whoever sees the card is told of a pause, and of its end", async () => {
  const world = await annasSong();
  const { api } = world.anna;
  for (const change of [api.connections.pause, api.connections.resume]) {
    const isTold = await listenTo(world.server.deps, world.connection.id);
    await change.mutate(idOf(world));
    await expect.poll(isTold, { timeout: 10_000 }).toBe(true);
  }
});
