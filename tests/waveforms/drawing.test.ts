import { once } from "node:events";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { write } from "#server/base/db.ts";
import { drawNext, startDrawing } from "#server/waveforms/drawing.ts";
import { serveStorages, withoutKeys } from "#tests/internal/storage-servers.ts";
import { rescan } from "#tests/library/scanning.ts";
import { trackAt } from "#tests/support/world.ts";
import { annasTake, drawAll, makeDue, never, rowOf, startDrawer, wav } from "./drawing-world.ts";
import { drawSome, listKept } from "./keeping-world.ts";
import { quietThenLoud } from "./recordings.ts";

test("what a scan has found is drawn once, of the file's bytes once", async () => {
  const world = await annasTake();
  const { cloud, track, server } = world;
  expect(await rowOf(server.deps, track.id)).toMatchObject({ state: "waiting", tries: 0 });
  const before = cloud.count({ method: "GET" });
  expect(await world.drawAll()).toBe(1);
  expect(await rowOf(server.deps, track.id)).toMatchObject({ state: "made", isLeased: false });
  expect(cloud.count({ method: "GET" }) - before).toBe(1);
  await rescan(world);
  expect(await world.drawAll()).toBe(0);
  expect((await world.waveform()).status).toBe(200);
});

test("another content is drawn anew, also where only its middle is another", async () => {
  const world = await annasTake();
  await world.drawAll();
  const first = (await world.waveform()).headers.get("x-content-hash");
  const edited = Buffer.from(wav);
  edited.fill(0, 17_000, wav.length - 17_000);
  world.cloud.tree.put("Live/take 1.wav", edited);
  await rescan(world);
  expect(await world.waveform().then((answer) => answer.status)).toBe(404);
  expect(await world.drawAll()).toBe(1);
  const second = (await world.waveform()).headers.get("x-content-hash");
  expect(second).toMatch(/^[0-9a-f]{64}$/);
  expect(second).not.toBe(first);
});

test("the newest comes first, but for what somebody has opened", async () => {
  const world = await annasTake((cloud) => {
    cloud.tree.put("Live/take 2.wav", quietThenLoud(3));
    cloud.tree.put("Live/take 3.wav", quietThenLoud(4));
  });
  const { deps } = world.server;
  const two = await trackAt(world, "Live/take 2.wav");
  const three = await trackAt(world, "Live/take 3.wav");
  await write(deps, (tx) =>
    tx.execute(
      sql`update waveforms set added_at = now() + interval '1 hour' where track_id = ${three.id}`,
    ),
  );
  expect(await world.waveform().then((answer) => answer.status)).toBe(404);
  const order: string[] = [];
  while (await drawNext(deps, world.tools, never)) {
    for (const each of [world.track, two, three]) {
      const isNew = (await rowOf(deps, each.id)).state === "made" && !order.includes(each.path);
      if (isNew) order.push(each.path);
    }
  }
  expect(order).toEqual(["Live/take 1.wav", "Live/take 3.wav", "Live/take 2.wav"]);
});

test("what nothing can be read in is given up after a few tries, with the reason", async () => {
  const world = await annasTake((cloud) => cloud.tree.put("Live/broken.wav", wav));
  const { deps } = world.server;
  const broken = await trackAt(world, "Live/broken.wav");
  const noise = Buffer.from(wav);
  noise.fill(0xee, 12, 40);
  // As the scan saw it, but for what is in it.
  const kept = await rowOf(deps, broken.id);
  expect(kept.state).toBe("waiting");
  world.cloud.tree.put("Live/broken.wav", noise);
  await write(deps, (tx) => tx.execute(sql`update tracks set etag = null where id = ${broken.id}`));
  for (let tries = 1; tries <= 3; tries += 1) {
    await world.drawAll();
    expect(await rowOf(deps, broken.id)).toMatchObject({
      tries,
      state: tries < 3 ? "waiting" : "failed",
    });
    await makeDue(deps);
  }
  expect(await rowOf(deps, broken.id)).toMatchObject({ failure: "broken" });
  expect(await world.drawAll()).toBe(0);
});

test("a storage that is away is left in peace, costs no try, and is asked again", async () => {
  const world = await annasTake((cloud) => cloud.tree.put("Live/take 2.wav", quietThenLoud(3)));
  const { deps } = world.server;
  const heal = world.cloud.fault({ method: "GET", status: 503 });
  const before = world.cloud.count({ method: "GET" });
  expect(await world.drawAll()).toBe(1);
  expect(world.cloud.count({ method: "GET" }) - before).toBeLessThanOrEqual(3);
  heal();
  expect(await world.drawAll()).toBe(0);
  world.tools.resting.clear();
  await makeDue(deps);
  expect(await world.drawAll()).toBe(2);
  expect(await rowOf(deps, world.track.id)).toMatchObject({ state: "made", tries: 1 });
});

test("bytes that stop half-way make no waveform", async () => {
  const world = await annasTake();
  const heal = world.cloud.fault({ method: "GET", cutAfterBytes: 9_000 });
  await world.drawAll();
  expect(await rowOf(world.server.deps, world.track.id)).toMatchObject({
    state: "waiting",
    tries: 0,
  });
  heal();
  world.tools.resting.clear();
  await makeDue(world.server.deps);
  await world.drawAll();
  expect(await rowOf(world.server.deps, world.track.id)).toMatchObject({ state: "made" });
});

test("nothing of a paused storage is read", async () => {
  const world = await annasTake();
  const { connection, anna } = world;
  await anna.api.connections.pause.mutate({ connectionId: connection.id });
  expect(await world.drawAll()).toBe(0);
  await anna.api.connections.resume.mutate({ connectionId: connection.id });
  expect(await world.drawAll()).toBe(1);
});

test("a file that is another one by now waits for the next scan", async () => {
  const world = await annasTake();
  world.cloud.tree.put("Live/take 1.wav", quietThenLoud(5));
  expect(await world.drawAll()).toBe(1);
  const row = await rowOf(world.server.deps, world.track.id);
  expect(row).toMatchObject({ state: "waiting", tries: 0 });
  expect(row.dueInSeconds).toBeGreaterThan(60);
  await rescan(world);
  expect(await world.drawAll()).toBe(1);
});

test("a process that is killed in the middle leaves nothing stuck for a minute", async () => {
  const world = await annasTake();
  const { deps } = world.server;
  const slow = world.cloud.fault({ method: "GET", bytesPerSecond: 4_000 });
  const child = startDrawer(deps);
  await expect.poll(() => world.cloud.openDownloads(), { timeout: 20_000 }).toBe(1);
  child.kill("SIGKILL");
  await once(child, "exit");
  await expect.poll(() => world.cloud.openDownloads()).toBe(0);
  slow();
  expect(await rowOf(deps, world.track.id)).toMatchObject({ state: "waiting", isLeased: true });
  expect(await world.drawAll()).toBe(0);
  const [left] = await deps.db.execute<{ seconds: number }>(sql`
    select extract(epoch from lease_until - now())::float8 as seconds from waveforms`);
  expect(left?.seconds).toBeLessThan(55);
  await makeDue(deps);
  expect(await world.drawAll()).toBe(1);
  expect(await rowOf(deps, world.track.id)).toMatchObject({ state: "made", tries: 2 });
}, 60_000);

test("what ends the process each time is given up", async () => {
  const world = await annasTake();
  const { deps } = world.server;
  await drawSome(world);
  await write(deps, (tx) => tx.execute(sql`update waveforms set tries = 5`));
  await world.drawAll();
  expect(await rowOf(deps, world.track.id)).toMatchObject({ state: "failed", failure: "broken" });
  expect(await listKept(deps)).toEqual([]);
});

test("a server that stops hands it on at once", async () => {
  const world = await annasTake();
  const { deps } = world.server;
  world.cloud.fault({ method: "GET", stallAfterBytes: 1_000 });
  const stop = new AbortController();
  const drawing = drawNext(deps, world.tools, stop.signal);
  await expect.poll(() => world.cloud.openDownloads()).toBe(1);
  stop.abort();
  await drawing;
  expect(await rowOf(deps, world.track.id)).toMatchObject({ isLeased: false, tries: 0 });
  world.cloud.heal();
  expect(await world.drawAll()).toBe(1);
});

test("a process without keys draws through a server that has them, with a token that dies with its lease", async () => {
  const world = await annasTake();
  const worker = await withoutKeys(world, await serveStorages(world.server.deps));
  expect(await drawAll(worker, world.tools)).toBe(1);
  expect((await world.waveform()).status).toBe(200);
  const tokens = await worker.db.execute<{ trackId: string; scanId: string | null }>(sql`
    select track_id as "trackId", scan_id as "scanId" from storage_tokens where track_id is not null`);
  expect([...tokens]).toEqual([{ trackId: world.track.id, scanId: null }]);
});

test("what was there before is found at the start, and drawn; it ends with the server", async () => {
  const world = await annasTake();
  const { deps } = world.server;
  await write(deps, (tx) => tx.execute(sql`delete from waveforms`));
  const stop = new AbortController();
  const drawing = startDrawing(deps, stop.signal);
  await expect.poll(async () => (await world.waveform()).status, { timeout: 20_000 }).toBe(200);
  stop.abort();
  await drawing;
});
