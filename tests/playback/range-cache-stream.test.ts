import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { sweepCache } from "#server/playback/cache-start.ts";
import { createReadAhead } from "#server/playback/read-ahead.ts";
import { findPlayable } from "#server/playback/store.ts";
import { annasStorage, type StorageWorld, trackAt } from "#tests/support/world.ts";
import { BLOCK_BYTES, listFiles } from "./range-cache-world.ts";

const SIZE = 3 * BLOCK_BYTES + 1_000;
const take = randomBytes(SIZE);
const encore = randomBytes(2 * 1024 * 1024);

const annasTakes = (environment: Record<string, string> = { RANGE_CACHE_SIZE: "50MB" }) =>
  annasStorage(
    (cloud) => {
      cloud.tree.put("take.mp3", take);
      cloud.tree.put("encore.mp3", encore);
    },
    { server: { environment } },
  );

const asked = ({ cloud }: StorageWorld, path = "take.mp3"): number =>
  cloud.count({ method: "GET", path });

async function play(
  world: StorageWorld,
  range = "bytes=0-",
  use: "stream" | "download" = "stream",
) {
  const { id } = await trackAt(world, "take.mp3");
  const url = `${world.server.baseUrl}/${use}/${id}`;
  const response = await world.anna.fetch(url, { headers: { range } });
  const body = Buffer.from(await response.arrayBuffer());
  await world.server.deps.rangeCache?.settled();
  return { status: response.status, etag: response.headers.get("etag"), body };
}

test("what was heard once is downloaded, too, without the storage", async () => {
  const world = await annasTakes();
  await play(world);
  const before = asked(world);
  const { status, body } = await play(world, "bytes=0-", "download");

  expect(status).toBe(206);
  expect(body.equals(take)).toBe(true);
  expect(asked(world)).toBe(before);
});

test("it can be heard while the storage is away", async () => {
  const world = await annasTakes();
  await play(world);
  world.cloud.fault({ status: 503 });
  expect((await play(world)).body.equals(take)).toBe(true);
  expect((await play(world, "bytes=300000-300099")).status).toBe(206);
});

test("without the setting nothing is kept", async () => {
  const world = await annasTakes({});
  await play(world);
  const before = asked(world);
  await play(world);

  expect(world.server.deps.rangeCache).toBeNull();
  expect(asked(world)).toBe(before + 1);
});

test("nobody hears what they may not, however much of it is there", async () => {
  const world = await annasTakes();
  await play(world);
  const { id } = await trackAt(world, "take.mp3");
  const url = `${world.server.baseUrl}/stream/${id}`;
  expect((await world.server.guest().fetch(url)).status).toBe(401);
  await world.anna.api.connections.pause.mutate({ connectionId: world.connection.id });
  expect((await play(world)).status, "the storage is paused").toBeGreaterThanOrEqual(400);
  await world.anna.api.connections.resume.mutate({ connectionId: world.connection.id });
  expect((await play(world)).status).toBe(206);
  await world.anna.api.auth.signOut.mutate();
  expect((await world.anna.fetch(url)).status).toBe(401);
});

test("what is of a storage that was disconnected is thrown away", async () => {
  const world = await annasTakes();
  const { deps } = world.server;
  await play(world);
  await sweepCache(deps);
  const { folder } = deps.config.rangeCache;
  expect(await listFiles(folder)).toHaveLength(4);
  await world.anna.api.connections.remove.mutate({ connectionId: world.connection.id });
  await sweepCache(deps);

  expect(await listFiles(folder)).toEqual([]);
  expect(deps.rangeCache?.usedBytes()).toBe(0);
});

test("a file that was replaced half-way is cut, and heard anew from then on", async () => {
  const world = await annasTakes();
  const before = await play(world, `bytes=0-${BLOCK_BYTES - 1}`);
  const other = randomBytes(SIZE);
  world.cloud.tree.put("take.mp3", other);
  await expect(play(world)).rejects.toThrow();
  const after = await play(world);

  expect(after.etag).not.toBe(before.etag);
  expect(after.body.equals(other)).toBe(true);
});

test.each(["weak", "none"] as const)(
  "a storage whose validators are %s is always asked",
  async (etag) => {
    const world = await annasStorage(
      (cloud) => {
        cloud.fault({ etag });
        cloud.tree.put("take.mp3", take);
      },
      { server: { environment: { RANGE_CACHE_SIZE: "50MB" } } },
    );
    await play(world);
    const before = asked(world);
    expect((await play(world)).body.equals(take)).toBe(true);
    expect(asked(world)).toBe(before + 1);
    expect(await listFiles(world.server.deps.config.rangeCache.folder)).toEqual([]);
  },
);

test("who has read ahead listens for nothing any more", async () => {
  const world = await annasTakes();
  const { anna, bandId } = world;
  const { deps } = world.server;
  const trackIds = [(await trackAt(world, "take.mp3")).id, (await trackAt(world, "encore.mp3")).id];
  await anna.api.playback.queue.save.mutate({ bandId, trackIds, index: 0, positionMs: 0 });
  const { user } = await anna.api.auth.me.query();
  const playing = await findPlayable(deps.db, user.id, trackIds[0] ?? expect.unreachable());
  const listening: string[] = [];
  const everHeard = new Set<string>();
  const events: typeof deps.events = {
    ...deps.events,
    listen(topic, notice) {
      const stop = deps.events.listen(topic, notice);
      listening.push(topic);
      everHeard.add(topic);
      return () => {
        stop();
        listening.splice(listening.indexOf(topic), 1);
      };
    },
  };
  const before = asked(world, "encore.mp3");

  createReadAhead({ ...deps, events }).begun(user.id, playing ?? expect.unreachable());
  await expect.poll(() => asked(world, "encore.mp3")).toBe(before + 1);
  await expect.poll(() => listening).toEqual([]);
  expect(everHeard.size).toBe(1);
});

test("the beginning of what comes next in the queue is there before anybody asks for it", async () => {
  const world = await annasTakes();
  const { anna, bandId } = world;
  const { id: first } = await trackAt(world, "take.mp3");
  const { id: next } = await trackAt(world, "encore.mp3");
  const trackIds = [first, next];
  await anna.api.playback.queue.save.mutate({ bandId, trackIds, index: 0, positionMs: 0 });
  const before = asked(world, "encore.mp3");
  await play(world);
  await expect.poll(() => asked(world, "encore.mp3")).toBe(before + 1);
  await expect.poll(() => world.cloud.openDownloads()).toBe(0);
  const response = await anna.fetch(anna.streamUrl(next), {
    headers: { range: "bytes=0-1048575" },
  });

  expect(Buffer.from(await response.arrayBuffer()).equals(encore.subarray(0, 1_048_576))).toBe(
    true,
  );
  expect(asked(world, "encore.mp3")).toBe(before + 1);
});
