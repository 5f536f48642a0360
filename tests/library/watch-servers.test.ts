import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { write } from "#server/base/db.ts";
import { testDeps } from "#tests/support/deps.ts";
import { spawnServer } from "#tests/support/process.ts";
import { annasStorage, listTracks, type StorageWorld } from "#tests/support/world.ts";
import { mp3 } from "./made-audio.ts";
import { findConnection, newestScan } from "./scanning.ts";
import { startWatching, untilSettled } from "./watching.ts";

const SOON = { timeout: 60_000, interval: 200 };

const take = (title: string) => mp3({ TIT2: title }, 0.2);

/** 20 recordings of a Nextcloud. */
async function band(seconds: number): Promise<StorageWorld> {
  const environment = { WATCH_SECONDS: String(seconds) };
  return annasStorage(
    ({ tree }) => {
      for (let index = 1; index <= 20; index += 1) tree.put(`Live/${index}.mp3`, take(`${index}`));
    },
    { cloud: { persona: "nextcloud" }, server: { environment, isWorking: true } },
  );
}

const presentOf = async (world: StorageWorld): Promise<string[]> =>
  (await listTracks(world)).filter(({ state }) => state === "present").map(({ path }) => path);

const healthOf = async (world: StorageWorld) => (await findConnection(world)).health;

const scansOf = async ({ server: { deps } }: StorageWorld): Promise<number> => {
  const [row] = await deps.db.execute<{ count: number }>(
    sql`select count(*)::int as count from scans`,
  );
  return row?.count ?? 0;
};

/** The next look is due now, and not when its pause is over. */
const hurry = ({ server: { deps } }: StorageWorld): Promise<unknown> =>
  write(deps, (tx) => tx.execute(sql`update watches set next_look_at = now()`));

describe("several servers on one database", () => {
  test("make together one look in each interval", async () => {
    const world = await band(3);
    const { testDatabase: database, testKeys: keys } = world.server.deps;
    const environment = { WATCH_SECONDS: "3" };
    startWatching(world.server.deps);
    startWatching(await testDeps({ database, keys, environment }));
    startWatching(await testDeps({ database, keys, environment }));
    await untilSettled(world);
    await expect.poll(async () => (await newestScan(world)).state, SOON).toBe("done");
    const since = world.cloud.requests.length;
    const beganAtMs = Date.now();
    await sleep(15_000);
    const asked = world.cloud.requests.slice(since);
    expect(asked.every(({ path, headers }) => path === "" && headers.depth === "0")).toBe(true);
    const most = Math.ceil((Date.now() - beganAtMs) / 3_000) + 1;
    expect(asked.length).toBeGreaterThanOrEqual(2);
    expect(asked.length).toBeLessThanOrEqual(most);
    const pauses = asked.slice(1).map(({ atMs }, at) => atMs - (asked[at]?.atMs ?? 0));
    for (const pause of pauses) expect(pause).toBeGreaterThan(2_500);
  }, 120_000);

  test("take up the look of one that was killed in the middle of it", async () => {
    const world = await band(1);
    const { testDatabase: database, testKeys } = world.server.deps;
    const stop = startWatching(world.server.deps);
    await untilSettled(world);
    await stop();
    world.cloud.tree.put("Live/new.mp3", take("new"));
    const freeze = world.cloud.fault({ method: "PROPFIND", stall: true });
    const since = world.cloud.requests.length;
    await hurry(world);
    const doomed = await spawnServer({
      database,
      environment: {
        ENCRYPTION_KEYS: `test:${testKeys.encryption.toString("base64")}`,
        SESSION_KEYS: `test:${testKeys.session.toString("base64")}`,
        EGRESS_ALLOW_LOOPBACK: "1",
        WATCH_SECONDS: "1",
      },
    });
    await expect.poll(() => world.cloud.requests.length, SOON).toBeGreaterThan(since);
    doomed.kill("SIGKILL");
    await doomed.ended;
    freeze();
    startWatching(world.server.deps);
    await expect.poll(() => presentOf(world), SOON).toContain("Live/new.mp3");
    expect(await presentOf(world)).toHaveLength(21);
  }, 180_000);
});

describe("a watched storage that is away", () => {
  test("is back by itself with all that changed meanwhile, and nothing is missing", async () => {
    const world = await band(1);
    startWatching(world.server.deps);
    await untilSettled(world);
    const back = world.cloud.fault({ status: 503 });
    await expect.poll(() => healthOf(world), SOON).toBe("unavailable");
    expect(await presentOf(world)).toHaveLength(20);
    world.cloud.tree.put("Live/new.mp3", take("new"));
    back();
    await expect.poll(() => healthOf(world), SOON).toBe("active");
    await expect.poll(() => presentOf(world), SOON).toHaveLength(21);
  }, 180_000);

  test("is asked less and less often, and not before the time that it names", async () => {
    const world = await band(1);
    startWatching(world.server.deps);
    await untilSettled(world);
    await expect.poll(async () => (await newestScan(world)).state, SOON).toBe("done");
    world.cloud.fault({ status: 503, headers: { "retry-after": "3600" } });
    await expect.poll(() => healthOf(world), SOON).toBe("unavailable");
    const since = world.cloud.requests.length;
    await sleep(6_000);
    expect(world.cloud.requests.length).toBe(since);
    const [row] = await world.server.deps.db.execute<{ seconds: number }>(sql`
      select extract(epoch from next_look_at - now())::int as seconds from watches`);
    expect(row?.seconds).toBeGreaterThan(3_500);
  }, 120_000);

  test("keeps everything when its folder is gone, and says which", async () => {
    const world = await band(1);
    const connectionId = world.connection.id;
    await world.anna.api.connections.setRoot.mutate({ connectionId, folder: "Live" });
    startWatching(world.server.deps);
    await untilSettled(world);
    world.cloud.tree.move("Live", "Elsewhere");
    await expect.poll(() => healthOf(world), SOON).toBe("unavailable");
    expect((await findConnection(world)).healthMessage).toContain("Live");
    expect(await presentOf(world)).toHaveLength(20);
    world.cloud.tree.move("Elsewhere", "Live");
    await expect.poll(() => healthOf(world), SOON).toBe("active");
    expect(await presentOf(world)).toHaveLength(20);
  }, 180_000);

  test("is not asked at all once it refuses our access", async () => {
    const world = await band(1);
    startWatching(world.server.deps);
    await untilSettled(world);
    world.cloud.setPassword("anna", "another one");
    await expect.poll(() => healthOf(world), SOON).toBe("needs_reconnect");
    const since = world.cloud.requests.length;
    await sleep(4_000);
    expect(world.cloud.requests.length).toBe(since);
  }, 120_000);
});

test("a watched scan that would lose much waits for a person, and is not repeated", async () => {
  const world = await band(1);
  startWatching(world.server.deps);
  await untilSettled(world);
  for (let index = 1; index <= 15; index += 1) world.cloud.tree.remove(`Live/${index}.mp3`);
  await expect.poll(async () => (await newestScan(world)).withheld, SOON).toBe(15);
  await expect.poll(async () => (await newestScan(world)).state, SOON).toBe("done");
  const before = await scansOf(world);
  expect((await newestScan(world)).message).toContain("15 of 20 recordings");
  await sleep(5_000);
  expect(await scansOf(world)).toBe(before);
  expect(await presentOf(world)).toHaveLength(20);
  const connectionId = world.connection.id;
  await world.anna.api.connections.scan.mutate({ connectionId, confirmMissing: true });
  await expect.poll(() => presentOf(world), SOON).toHaveLength(5);
}, 180_000);
