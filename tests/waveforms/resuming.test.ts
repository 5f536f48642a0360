import { once } from "node:events";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { write } from "#server/base/db.ts";
import { createTools, drawNext } from "#server/waveforms/drawing.ts";
import { findFfmpeg } from "#server/waveforms/ffmpeg.ts";
import { trackAt } from "#tests/support/world.ts";
import { annasTake, drawAll, makeDue, never, rowOf, startDrawer, wav } from "./drawing-world.ts";
import {
  drawSome,
  hashDrawn,
  hashInOneGo,
  keptBytes,
  listKept,
  watchSending,
} from "./keeping-world.ts";
import { recordings } from "./recordings.ts";

const ffmpeg = await findFfmpeg();

test("however often a process is killed, no byte of a file is sent twice to draw it", async () => {
  const world = await annasTake();
  const { cloud, track } = world;
  const { deps } = world.server;
  const sending = watchSending(cloud);
  for (const kept of [30_000, 60_000]) {
    const heal = cloud.fault({ method: "GET", stallAfterBytes: 30_000 });
    const child = startDrawer(deps);
    await expect.poll(() => keptBytes(deps), { timeout: 20_000 }).toBeGreaterThan(kept);
    child.kill("SIGKILL");
    await once(child, "exit");
    heal();
    await makeDue(deps);
  }
  expect(await world.drawAll()).toBe(1);
  expect(await rowOf(deps, track.id)).toMatchObject({ state: "made", tries: 3 });
  expect([sending.sentBytes(), sending.sentTwice()]).toEqual([wav.length, 0]);
  expect(await hashDrawn(deps, track.id)).toBe(await hashInOneGo("take 1.wav", wav));
  expect(await listKept(deps)).toEqual([]);
}, 60_000);

test("nor of one that is not read from its beginning to its end", async () => {
  const moved = recordings.find(({ bytes }) => bytes.indexOf("moov") > bytes.length / 2);
  if (!moved) throw new Error("There is none with its index at the end.");
  const world = await annasTake((cloud) => cloud.tree.put("Live/moved.m4a", moved.bytes));
  const { deps } = world.server;
  const track = await trackAt(world, "Live/moved.m4a");
  await write(deps, (tx) =>
    tx.execute(sql`delete from waveforms where track_id = ${world.track.id}`),
  );
  const sending = watchSending(world.cloud);
  // After the head and the index, within the sound.
  const heal = world.cloud.fault({ method: "GET", stallAfterBytes: 100_000 });
  const child = startDrawer(deps);
  await expect.poll(() => keptBytes(deps), { timeout: 20_000 }).toBeGreaterThan(165_536);
  child.kill("SIGKILL");
  await once(child, "exit");
  heal();
  await makeDue(deps);
  const before = world.cloud.count({ method: "GET" });
  expect(await drawAll(deps, createTools(ffmpeg))).toBe(1);
  expect(world.cloud.count({ method: "GET" }) - before).toBe(1);
  expect([sending.sentBytes(), sending.sentTwice()]).toEqual([moved.bytes.length, 0]);
  expect(await hashDrawn(deps, track.id)).toBe(await hashInOneGo(moved.path, moved.bytes, ffmpeg));
  expect(await listKept(deps)).toEqual([]);
}, 60_000);

test("nor where nothing can be read in it, each time it is tried", async () => {
  const world = await annasTake();
  const { cloud, server, track } = world;
  const noise = Buffer.from(wav);
  noise.fill(0xee, 12, 40);
  cloud.tree.put("Live/take 1.wav", noise);
  const file = cloud.tree.find("Live/take 1.wav");
  await write(server.deps, (tx) => tx.execute(sql`update tracks set etag = ${file?.etag ?? ""}`));
  const sending = watchSending(cloud);
  for (let tries = 1; tries <= 3; tries += 1) {
    expect(await world.drawAll()).toBe(1);
    await makeDue(server.deps);
  }
  expect(await rowOf(server.deps, track.id)).toMatchObject({ state: "failed", tries: 3 });
  expect(sending.sentTwice()).toBe(0);
  expect(await listKept(server.deps)).toEqual([]);
});

test("nor where a storage is paused, or the server stopped, in the middle", async () => {
  const world = await annasTake();
  const { cloud, server, anna, connection } = world;
  const { deps } = server;
  const sending = watchSending(cloud);
  await drawSome(world);
  const heal = cloud.fault({ method: "GET", stallAfterBytes: 20_000 });
  const drawing = drawNext(deps, world.tools, never);
  await expect.poll(() => keptBytes(deps)).toBeGreaterThan(60_000);
  await anna.api.connections.pause.mutate({ connectionId: connection.id });
  await drawing;
  heal();
  await anna.api.connections.resume.mutate({ connectionId: connection.id });
  expect(await world.drawAll()).toBe(1);
  expect([sending.sentBytes(), sending.sentTwice()]).toEqual([wav.length, 0]);
});
