import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import type { ScanProgress } from "#contract/scans.ts";
import { write } from "#server/base/db.ts";
import { annasStorage, listTracks, type StorageWorld } from "#tests/support/world.ts";
import { mp3 } from "./made-audio.ts";
import { findConnection, newestScan } from "./scanning.ts";
import { startWatching, untilSettled } from "./watching.ts";

const SOON = { timeout: 20_000, interval: 100 };

const take = (title: string) => mp3({ TIT2: title }, 0.3);

/** Three recordings of a storage that is looked at every second. */
async function watched(
  persona: "plain" | "nextcloud" = "plain",
): Promise<StorageWorld & { stop: () => Promise<void> }> {
  const environment = { WATCH_SECONDS: "1" };
  const world = await annasStorage(
    ({ tree }) => {
      for (const name of ["one", "two", "three"]) tree.put(`Live/${name}.mp3`, take(name));
    },
    { cloud: { persona }, server: { environment, isWorking: true } },
  );
  const stop = startWatching(world.server.deps);
  await untilSettled(world);
  return { ...world, stop };
}

const pathsOf = async (world: StorageWorld): Promise<string[]> =>
  (await listTracks(world)).filter(({ state }) => state === "present").map(({ path }) => path);

test("a storage that is watched is asked once an hour how full it is", async () => {
  const world = await watched("nextcloud");
  const { cloud, connection, server } = world;
  Object.assign(cloud.quota, { usedBytes: 750, availableBytes: 250 });
  await world.anna.api.connections.check.mutate({ connectionId: connection.id });
  Object.assign(cloud.quota, { usedBytes: 990, availableBytes: 10 });
  const used = async () => (await findConnection(world)).quota?.usedBytes;
  const { lookedAt } = await findConnection(world);
  await expect.poll(async () => (await findConnection(world)).lookedAt, SOON).not.toBe(lookedAt);
  expect(await used()).toBe(750);
  await write(server.deps, (tx) =>
    tx.execute(sql`update watches set looked_at = looked_at - interval '1 hour'`),
  );
  await expect.poll(used, SOON).toBe(990);
});

describe.each(["plain", "nextcloud"] as const)("a %s storage that is watched", (persona) => {
  test("has a new recording in the library by itself, and what is gone is missing", async () => {
    const world = await watched(persona);
    world.cloud.tree.put("Live/Berlin/four.mp3", take("four"));
    await expect.poll(() => pathsOf(world), SOON).toContain("Live/Berlin/four.mp3");
    world.cloud.tree.remove("Live/one.mp3");
    await expect.poll(() => pathsOf(world), SOON).not.toContain("Live/one.mp3");
    expect((await findConnection(world)).lookedAt).not.toBeNull();
  });

  test("is not scanned while nothing changes", async () => {
    const world = await watched(persona);
    const lookedAt = (): Promise<string | null> =>
      findConnection(world).then((connection) => connection.lookedAt);
    const [scan, first]: [ScanProgress, string | null] = [
      await newestScan(world),
      await lookedAt(),
    ];
    for (let looks = 0, last = first; looks < 3; looks += 1) {
      await expect.poll(lookedAt, SOON).not.toBe(last);
      last = await lookedAt();
    }
    expect(await newestScan(world)).toEqual(scan);
  });
});
