import { expect, test } from "vitest";
import type { BandRole } from "#contract/bands.ts";
import type { TrackId } from "#contract/ids.ts";
import { members } from "#drizzle/schema/index.ts";
import type { Actor } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import { deleteTrack, findDeletable } from "#server/library/deleting-store.ts";
import { queueScan } from "#server/library/scan-queue.ts";
import { listenTo } from "#tests/connections/told.ts";
import { TERMS } from "#tests/shares/sharing.ts";
import type { FaultServerOptions } from "#tests/support/fault-server.ts";
import { refused } from "#tests/support/refused.ts";
import {
  annasStorage,
  listTracks,
  runJobs,
  type StorageWorld,
  trackAt,
} from "#tests/support/world.ts";
import { mp3 } from "./made-audio.ts";

const PATHS = ["Live/one.mp3", "Live/two.mp3", "Old/one.mp3"];

const annasTakes = (cloud: FaultServerOptions = { persona: "nextcloud" }): Promise<StorageWorld> =>
  annasStorage(
    ({ tree }) => {
      for (const path of PATHS) tree.put(path, mp3({ TIT2: path }, 20));
    },
    { cloud },
  );

const allow = ({ anna, connection }: StorageWorld, isOn = true) =>
  anna.api.connections.setDeleting.mutate({ connectionId: connection.id, isOn });

const remove = async (world: StorageWorld, path: string) =>
  world.anna.api.library.tracks.delete.mutate({ trackId: (await trackAt(world, path)).id });

const pathsOf = async (world: StorageWorld) => (await listTracks(world)).map(({ path }) => path);

async function scan(world: StorageWorld): Promise<void> {
  const { server, connection, bandId } = world;
  const wish = { connectionId: connection.id, bandId, requestedBy: null, confirmMissing: true };
  await write(server.deps, (tx) => queueScan(server.deps, tx, wish));
  await runJobs(server);
}

const setRole = ({ server }: StorageWorld, role: BandRole) =>
  write(server.deps, (tx) => tx.update(members).set({ role }));

const countDeletes = ({ cloud }: StorageWorld): number => cloud.count({ method: "DELETE" });

const eventsOf = async (
  { anna }: StorageWorld,
  action: "track.deleted" | "connection.deleting_changed",
) => (await anna.api.account.audit.list.query({ action })).events;

test("nothing is deleted until an owner has allowed it for that storage, and not once it is taken back", async () => {
  const world = await annasTakes();
  expect(world.connection.deleting).toBe("off");
  const refusal = await refused(remove(world, "Live/one.mp3"));
  expect(refusal).toMatchObject({
    code: "conflict",
    message: expect.stringContaining("Storage screen"),
  });
  expect(await allow(world)).toMatchObject({ deleting: "on" });
  // The second time is no news.
  expect(await allow(world)).toMatchObject({ deleting: "on" });
  expect(await allow(world, false)).toMatchObject({ deleting: "off" });
  expect((await refused(remove(world, "Live/one.mp3"))).code).toBe("conflict");
  expect([countDeletes(world), await pathsOf(world)]).toEqual([0, PATHS]);
  const events = await eventsOf(world, "connection.deleting_changed");
  expect(events.map(({ details }) => details)).toEqual([
    { isOn: false, providers: ["webdav"] },
    { isOn: true, providers: ["webdav"] },
  ]);
});

test.each(["nextcloud", "plain"] as const)(
  "a deleted recording is gone from a %s storage and from the library, with its links, and stays away",
  async (persona) => {
    const world = await annasTakes({ persona });
    await allow(world);
    const track = await trackAt(world, "Live/one.mp3");
    const link = await world.anna.api.playback.shares.create.mutate({
      ...{ trackId: track.id, terms: TERMS, password: null },
    });
    await world.anna.api.library.tracks.delete.mutate({ trackId: track.id });
    const left = PATHS.slice(1);
    expect(await pathsOf(world)).toEqual(left);
    expect(countDeletes(world)).toBe(1);
    const asked = world.cloud.requests.find(({ method }) => method === "DELETE");
    expect(asked?.headers["if-match"]).toMatch(/^"[^"]+"$/);
    expect(world.cloud.tree.find("Live/one.mp3")).toBeUndefined();
    const open = world.server.guest().api.playback.shares.open.mutate({
      ...{ token: link.path.slice("/s/".length), password: null },
    });
    expect((await refused(open)).code).toBe("not_found");
    // As an administrator is told of what is nobody's.
    const gone = world.anna.api.library.tracks.delete.mutate({ trackId: track.id });
    expect((await refused(gone)).code).toBe("forbidden");
    const [event, ...others] = await eventsOf(world, "track.deleted");
    expect([event?.details, others]).toEqual([{ providers: ["webdav"] }, []]);
    await scan(world);
    expect(await pathsOf(world)).toEqual(left);
  },
);

test.each(["editor", "listener"] as const)("no %s deletes or allows it", async (role) => {
  const world = await annasTakes();
  await allow(world);
  await setRole(world, role);
  expect((await refused(remove(world, "Live/one.mp3"))).code).toBe("forbidden");
  expect((await refused(allow(world, false))).code).toBe("forbidden");
  expect([countDeletes(world), await pathsOf(world)]).toEqual([0, PATHS]);
});

test("what was written anew since the last scan is not deleted", async () => {
  const world = await annasTakes();
  await allow(world);
  world.cloud.tree.put("Live/one.mp3", mp3({ TIT2: "Another take" }, 21));
  const refusal = await refused(remove(world, "Live/one.mp3"));
  expect(refusal).toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/another version.*not deleted/),
  });
  expect([countDeletes(world), await pathsOf(world)]).toEqual([0, PATHS]);
  await scan(world);
  await remove(world, "Live/one.mp3");
  expect(await pathsOf(world)).toEqual(PATHS.slice(1));
});

test.each([
  ["forbids it", { status: 403 }, "storage_refused", /right to delete/],
  ["has it locked", { status: 423 }, "storage_unavailable", /try again/i],
  ["is out of order", { status: 500 }, "storage_unavailable", /./],
  ["has changed it in between", { status: 412 }, "conflict", /another version/],
  ["lets nobody in any more", { status: 401 }, "storage_reconnect", /./],
] as const)("nothing is lost when the storage %s", async (_, fault, code, sentence) => {
  const world = await annasTakes();
  await allow(world);
  world.cloud.fault({ method: "DELETE", ...fault });
  const refusal = await refused(remove(world, "Live/one.mp3"));
  expect(refusal).toMatchObject({ code, message: expect.stringMatching(sentence) });
  expect(await pathsOf(world)).toEqual(PATHS);
  const [card] = await world.anna.api.connections.list.query({ bandId: world.bandId });
  expect(card?.health).toBe(code === "storage_reconnect" ? "needs_reconnect" : "active");
});

test("what somebody deleted there a moment ago leaves the library all the same", async () => {
  const world = await annasTakes();
  await allow(world);
  world.cloud.tree.remove("Live/one.mp3");
  await remove(world, "Live/one.mp3");
  expect(await pathsOf(world)).toEqual(PATHS.slice(1));
  // Between looking and deleting.
  world.cloud.fault({ method: "DELETE", status: 404 });
  await remove(world, "Live/two.mp3");
  expect(await pathsOf(world)).toEqual(PATHS.slice(2));
});

test("a missing one leaves the library without its storage being asked", async () => {
  const world = await annasTakes();
  world.cloud.tree.remove("Live/one.mp3");
  await scan(world);
  expect(await trackAt(world, "Live/one.mp3")).toMatchObject({ state: "missing" });
  const before = world.cloud.count();
  await remove(world, "Live/one.mp3");
  expect([world.cloud.count(), await pathsOf(world)]).toEqual([before, PATHS.slice(1)]);
});

test("no editor takes a missing one out of the library", async () => {
  const world = await annasTakes();
  world.cloud.tree.remove("Live/one.mp3");
  await scan(world);
  await setRole(world, "editor");
  expect((await refused(remove(world, "Live/one.mp3"))).code).toBe("forbidden");
  expect(await pathsOf(world)).toEqual(PATHS);
});

/** What somebody has looked at, just before something else happens. */
async function seen({ anna, server }: StorageWorld, id: TrackId) {
  const { user } = await anna.api.auth.me.query();
  const actor = { userId: user.id } as Actor;
  return (await findDeletable(server.deps.db, actor, id)) ?? expect.unreachable();
}

test("one that is back, or somewhere else, since it was looked at stays", async () => {
  const world = await annasTakes();
  const { deps } = world.server;
  const bytes = mp3({ TIT2: "Away" }, 20);
  world.cloud.tree.put("Live/away.mp3", bytes);
  await scan(world);
  world.cloud.tree.remove("Live/away.mp3");
  await scan(world);
  const missing = await seen(world, (await trackAt(world, "Live/away.mp3")).id);
  world.cloud.tree.put("Live/away.mp3", bytes);
  await scan(world);
  const back = await seen(world, missing.id);
  world.cloud.tree.move("Live/away.mp3", "Live/moved.mp3");
  await scan(world);
  expect((await trackAt(world, "Live/moved.mp3")).id).toBe(missing.id);
  for (const each of [missing, back]) {
    expect(await write(deps, (tx) => deleteTrack(tx, each))).toBe(false);
  }
  expect(await pathsOf(world)).toContain("Live/moved.mp3");
});

test("whoever looks at the storage hears of what was deleted and allowed", async () => {
  const world = await annasTakes();
  const { deps } = world.server;
  const changes = [() => allow(world), () => remove(world, "Live/one.mp3")];
  for (const change of changes) {
    const isTold = await listenTo(deps, world.connection.id);
    await change();
    await expect.poll(isTold, { timeout: 10_000 }).toBe(true);
  }
});

test("nothing is deleted in a storage that is paused", async () => {
  const world = await annasTakes();
  await allow(world);
  await world.anna.api.connections.pause.mutate({ connectionId: world.connection.id });
  const before = world.cloud.count();
  expect((await refused(remove(world, "Live/one.mp3"))).code).toBe("storage_refused");
  expect([world.cloud.count(), await pathsOf(world)]).toEqual([before, PATHS]);
});

test("the demo's recordings can't be deleted, and nobody can allow it", async () => {
  const world = await annasTakes();
  const demo = await world.anna.api.connections.createDemo.mutate({ bandId: world.bandId });
  expect(demo.deleting).toBeNull();
  const setting = { connectionId: demo.id, isOn: true };
  const refusal = await refused(world.anna.api.connections.setDeleting.mutate(setting));
  expect(refusal).toMatchObject({
    code: "conflict",
    message: expect.stringContaining("only reads"),
  });
});
