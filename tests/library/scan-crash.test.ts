import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ScanId } from "#contract/ids.ts";
import { write } from "#server/base/db.ts";
import type { Deps } from "#server/deps.ts";
import { runScan } from "#server/library/scan.ts";
import { startScanWatch } from "#server/library/scans.ts";
import { forgetTries } from "#tests/security/night-shift.ts";
import { type FaultServer, startFaultServer } from "#tests/support/fault-server.ts";
import {
  annasServer,
  connect,
  listTracks,
  runJobs,
  type StorageWorld,
  type World,
} from "#tests/support/world.ts";
import { createRandom, type Step, watchedDeps } from "./disturbances.ts";
import { mp3 } from "./made-audio.ts";
import { findConnection, newestScan, rescan } from "./scanning.ts";

const HASTY = { firstWaitMs: 10, patienceMs: 1_000 };
const never = new AbortController().signal;

/** The same bytes in every storage, so that results can be compared. */
const takes = Array.from({ length: 36 }, (_, index) =>
  mp3({ TIT2: `Take ${index}`, TPE1: "Herons" }, 0.5),
);

const take = (index: number): Buffer => takes[index] ?? Buffer.alloc(0);

/** What the library was made of. */
function fillBefore(cloud: FaultServer): void {
  for (let index = 0; index < 24; index += 1)
    cloud.tree.put(`${index % 5}/take ${index}.mp3`, take(index));
}

/** What the disturbed scan finds: new, changed, moved, swapped and lost recordings. */
function changeAll({ tree }: FaultServer): void {
  for (let index = 24; index < 32; index += 1)
    tree.put(`new/${index % 3}/take ${index}.mp3`, take(index));
  for (let index = 0; index < 4; index += 1)
    tree.put(`${index}/take ${index}.mp3`, take(index + 32));
  tree.move("4", "renamed");
  tree.move("1/take 6.mp3", "1/third.mp3");
  tree.move("2/take 7.mp3", "1/take 6.mp3");
  tree.move("1/third.mp3", "2/take 7.mp3");
  tree.remove("3/take 8.mp3");
}

async function storageIn(world: World, cloud: FaultServer): Promise<StorageWorld> {
  return { ...world, cloud, connection: await connect(world, cloud) };
}

async function startCloud(): Promise<FaultServer> {
  const cloud = await startFaultServer();
  onTestFinished(() => cloud.stop());
  fillBefore(cloud);
  return cloud;
}

/** The library without ids of its own: where every recording is now, and where it was before. */
async function libraryAfter(
  world: StorageWorld,
  before: ReadonlyMap<string, string>,
): Promise<string[]> {
  const tracks = (await listTracks(world)).filter(
    (each) => each.connectionId === world.connection.id,
  );
  return tracks
    .map(
      (each) =>
        `${each.path} | ${each.title} | ${each.state} | was ${before.get(each.id) ?? "new"}`,
    )
    .toSorted();
}

async function pathsById(world: StorageWorld): Promise<Map<string, string>> {
  const tracks = (await listTracks(world)).filter(
    (each) => each.connectionId === world.connection.id,
  );
  return new Map(tracks.map((each) => [each.id, each.path]));
}

async function requestScan(world: StorageWorld): Promise<ScanId> {
  const { id } = await world.anna.api.connections.scan.mutate({
    connectionId: world.connection.id,
  });
  return id;
}

/** As if the process that had the lease had not been heard of for a while. */
const expireLease = (deps: Pick<Deps, "db">, id: ScanId): Promise<unknown> =>
  write(deps, (tx) =>
    tx.execute(sql`update scans set lease_until = clock_timestamp() where id = ${id}`),
  );

/** What an undisturbed scan makes of the changes. */
async function expectedLibrary(world: World): Promise<string[]> {
  const storage = await storageIn(world, await startCloud());
  const before = await pathsById(storage);
  changeAll(storage.cloud);
  const scan = await rescan(storage);
  expect(scan).toMatchObject({ state: "done", added: 8, missing: 1 });
  return libraryAfter(storage, before);
}

type Ending = "killed" | "stopped" | "overtaken";
const ENDINGS: readonly Ending[] = ["killed", "stopped", "overtaken"];

/** Runs a scan that ends in some way at its nth step; true when it had that many. */
async function disturb(
  world: StorageWorld,
  id: ScanId,
  ending: Ending,
  at: number,
): Promise<boolean> {
  const { deps } = world.server;
  const stop = new AbortController();
  let [steps, isDead] = [0, false];
  let reachEnd = (): void => {};
  const ended = new Promise<void>((resolve) => {
    reachEnd = resolve;
  });
  const step: Step = async () => {
    steps += 1;
    if (steps !== at) return;
    if (ending === "killed") isDead = true;
    if (ending === "stopped") stop.abort(new Error("The server stops."));
    if (ending === "overtaken") await expireLease(deps, id);
    reachEnd();
  };
  const run = runScan(
    watchedDeps(deps, step, () => isDead),
    id,
    stop.signal,
    HASTY,
  ).catch(() => {});
  await Promise.race([run, ended]);
  if (ending === "stopped") await run;
  await expireLease(deps, id);
  // The overtaken one goes on beside whoever takes over from here.
  return steps >= at;
}

/** With those of a renewal, of a key and of an upload they are more than fifty. */
const KILLS = 20;

describe("a scan whose process is gone at any moment", () => {
  test("is finished by others, and the library is as if nothing had happened", async () => {
    const world = await annasServer();
    const expected = await expectedLibrary(world);
    let interrupted = 0;
    for (let seed = 1; seed <= 30; seed += 1) {
      const random = createRandom(seed);
      // Thirty storages within a minute are more than one account may connect.
      await forgetTries(world.server);
      const storage = await storageIn(world, await startCloud());
      const before = await pathsById(storage);
      changeAll(storage.cloud);
      const id = await requestScan(storage);
      const times = 1 + Math.floor(random() * 3);
      for (let time = 0; time < times; time += 1) {
        const ending = ENDINGS[Math.floor(random() * ENDINGS.length)] ?? "killed";
        if (await disturb(storage, id, ending, 1 + Math.floor(random() * 30))) interrupted += 1;
      }
      await runScan(world.server.deps, id, never, HASTY);
      // One that was overtaken may have renewed its lease in time; then it is the one who goes on.
      await expect
        .poll(async () => `seed ${seed}: ${(await newestScan(storage)).state}`, { timeout: 30_000 })
        .toBe(`seed ${seed}: done`);
      expect((await newestScan(storage)).id).toBe(id);
      expect(await libraryAfter(storage, before), `seed ${seed}`).toEqual(expected);
      await world.anna.api.connections.remove.mutate({ connectionId: storage.connection.id });
    }
    expect(interrupted).toBeGreaterThanOrEqual(30);
  }, 240_000);

  test("(with kill -9) is taken up by another one", async () => {
    const world = await annasServer();
    const expected = await expectedLibrary(world);
    const { deps } = world.server;
    const random = createRandom(4711);
    let interrupted = 0;
    for (let kill = 1; kill <= KILLS; kill += 1) {
      await forgetTries(world.server);
      const storage = await storageIn(world, await startCloud());
      const before = await pathsById(storage);
      changeAll(storage.cloud);
      const slow = storage.cloud.fault({ method: "GET", bytesPerSecond: 400_000 });
      const id = await requestScan(storage);
      const child = startProcess(world, id);
      await once(child, "message");
      await sleep(random() * 200);
      child.kill("SIGKILL");
      await once(child, "exit");
      if ((await newestScan(storage)).finishedAt === null) interrupted += 1;
      slow();
      await expireLease(deps, id);
      await runScan(deps, id, never, HASTY);
      expect(await libraryAfter(storage, before), `kill ${kill}`).toEqual(expected);
      await world.anna.api.connections.remove.mutate({ connectionId: storage.connection.id });
    }
    process.stdout.write(`${KILLS} scanning processes killed, ${interrupted} in the middle\n`);
    expect(interrupted).toBeGreaterThanOrEqual(KILLS / 2);
  }, 240_000);

  test("is found by whoever looks, and run", async () => {
    const world = await annasServer();
    const storage = await storageIn(world, await startCloud());
    changeAll(storage.cloud);
    const id = await requestScan(storage);
    // Its job goes to a process that dies over it.
    const { deps } = world.server;
    await disturb(storage, id, "killed", 5);
    while (await deps.jobs.runNext(deps, [{ name: "library.scan", run: async () => {} }], never));

    const stop = new AbortController();
    onTestFinished(() => stop.abort());
    startScanWatch(deps, stop.signal);
    await expect
      .poll(
        async () => {
          await runJobs(world.server);
          return (await newestScan(storage)).state;
        },
        { timeout: 10_000 },
      )
      .toBe("done");
  });
});

/** A process of its own that runs a scan; it says so once it has begun. */
function startProcess(world: World, scanId: ScanId): ChildProcess {
  const { testDatabase, testKeys } = world.server.deps;
  const settings = {
    scanId,
    database: testDatabase,
    encryption: testKeys.encryption.toString("base64"),
  };
  const child = fork(new URL("./scan-process.ts", import.meta.url), [JSON.stringify(settings)], {
    execArgv: [],
    stdio: "inherit",
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

test("a scanner that was overtaken writes nothing any more", async () => {
  const world = await annasServer();
  const storage = await storageIn(world, await startCloud());
  changeAll(storage.cloud);
  const { deps } = world.server;
  const id = await requestScan(storage);
  let wake = (): void => {};
  const asleep = new Promise<void>((resolve) => {
    wake = resolve;
  });
  let opened = 0;
  let fallAsleep = (): void => {};
  const isAsleep = new Promise<void>((resolve) => {
    fallAsleep = resolve;
  });
  const sleeper = watchedDeps(
    deps,
    async (name) => {
      if (name !== "open") return;
      opened += 1;
      if (opened === 6) fallAsleep();
      if (opened >= 6) await asleep;
    },
    () => false,
  );
  const zombie = runScan(sleeper, id, never, HASTY);
  await isAsleep;
  await expireLease(deps, id);
  await runScan(deps, id, never, HASTY);
  const [scan, tracks] = [await newestScan(storage), await listTracks(storage)];
  expect(scan.state).toBe("done");

  wake();
  await zombie;
  expect(await newestScan(storage)).toEqual(scan);
  expect(await listTracks(storage)).toEqual(tracks);
});

describe("two at once", () => {
  test("who ask for a scan get the same one", async () => {
    const world = await annasServer();
    const storage = await storageIn(world, await startCloud());
    const ids = await Promise.all(Array.from({ length: 8 }, () => requestScan(storage)));
    expect(new Set(ids).size).toBe(1);
    await runJobs(world.server);
    expect(await requestScan(storage)).not.toBe(ids[0]);
  });

  test("who run a scan do its work once", async () => {
    const world = await annasServer();
    const storage = await storageIn(world, await startCloud());
    changeAll(storage.cloud);
    const since = storage.cloud.requests.length;
    const id = await requestScan(storage);
    const { deps } = world.server;
    await Promise.all(Array.from({ length: 5 }, () => runScan(deps, id, never, HASTY)));
    const lists = storage.cloud.requests.slice(since).filter(({ method }) => method === "PROPFIND");
    const paths = lists.map((request) => request.path);
    expect(new Set(paths).size).toBe(paths.length);
    expect((await newestScan(storage)).state).toBe("done");
  });
});

describe("a person who stops a scan", () => {
  test("is heard within a second, and nothing is lost", async () => {
    const world = await annasServer();
    const storage = await storageIn(world, await startCloud());
    changeAll(storage.cloud);
    const before = await listTracks(storage);
    storage.cloud.fault({ method: "GET", stallAfterBytes: 10 });
    const id = await requestScan(storage);
    const run = runScan(world.server.deps, id, never, HASTY);
    await expect.poll(() => storage.cloud.openDownloads()).toBeGreaterThan(0);

    const connectionId = storage.connection.id;
    await world.anna.api.connections.cancelScan.mutate({ connectionId });
    await run;
    await expect.poll(() => storage.cloud.openDownloads(), { timeout: 1_000 }).toBe(0);
    expect(await newestScan(storage)).toMatchObject({ state: "cancelled", missing: 0 });
    const ids = new Set((await listTracks(storage)).map((track) => track.id));
    expect(before.every((track) => ids.has(track.id))).toBe(true);

    storage.cloud.heal();
    expect(await rescan(storage)).toMatchObject({ state: "done", missing: 1 });
  });

  test("before it has begun has stopped it", async () => {
    const world = await annasServer();
    const storage = await storageIn(world, await startCloud());
    await requestScan(storage);
    const connectionId = storage.connection.id;
    const scan = await world.anna.api.connections.cancelScan.mutate({ connectionId });
    expect(scan).toMatchObject({ state: "cancelled" });
    const since = storage.cloud.requests.length;
    await runJobs(world.server);
    expect(storage.cloud.requests.length).toBe(since);
  });

  test("when there is none, is told of the last one", async () => {
    const world = await annasServer();
    const storage = await storageIn(world, await startCloud());
    const connectionId = storage.connection.id;
    const scan = await world.anna.api.connections.cancelScan.mutate({ connectionId });
    expect(scan).toMatchObject({ state: "done" });
  });
});

test("a server that stops hands its scan on at once", async () => {
  const world = await annasServer();
  const storage = await storageIn(world, await startCloud());
  changeAll(storage.cloud);
  storage.cloud.fault({ method: "GET", stallAfterBytes: 10 });
  const id = await requestScan(storage);
  const stop = new AbortController();
  const run = runScan(world.server.deps, id, stop.signal, HASTY);
  await expect.poll(() => storage.cloud.openDownloads()).toBeGreaterThan(0);
  stop.abort(new Error("The server stops."));
  await expect(run).rejects.toThrow();
  storage.cloud.heal();
  await runScan(world.server.deps, id, never, HASTY);
  expect(await newestScan(storage)).toMatchObject({ id, state: "done", added: 8 });
});

test("another root while a scan runs: the old scan ends, and the new root is scanned", async () => {
  const world = await annasServer();
  const storage = await storageIn(world, await startCloud());
  storage.cloud.fault({ method: "PROPFIND", path: "1", stall: true });
  const id = await requestScan(storage);
  const run = runScan(world.server.deps, id, never, HASTY);
  await expect
    .poll(() => storage.cloud.requests.some((request) => request.path === "1"))
    .toBe(true);
  const connectionId = storage.connection.id;
  await world.anna.api.connections.setRoot.mutate({ connectionId, folder: "2" });
  await Promise.all([run, runJobs(world.server)]);
  await runJobs(world.server);
  const scan = await newestScan(storage);
  expect(scan.id).not.toBe(id);
  expect(scan).toMatchObject({ state: "done", found: 5 });
  expect(await findConnection(storage)).toMatchObject({ rootPath: "2" });
});
