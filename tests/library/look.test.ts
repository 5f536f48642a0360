import { utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type SQL, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import type { ConnectionId } from "#contract/ids.ts";
import { write } from "#server/base/db.ts";
import { look } from "#server/library/look.ts";
import * as store from "#server/library/watch-store.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import {
  annasServer,
  annasStorage,
  runJobs,
  type StorageWorld,
  type World,
} from "#tests/support/world.ts";
import { mp3 } from "./made-audio.ts";
import { findConnection } from "./scanning.ts";
import { lookNow, scansOf, takeLook, takeLooks } from "./watching.ts";

const SOON = { timeout: 20_000, interval: 50 };
const never = new AbortController().signal;
const environment = { WATCH_SECONDS: "1" };

const take = (title: string) => mp3({ TIT2: title }, 0.2);

/** What is remembered of the only storage. */
interface Watch extends Record<string, unknown> {
  readonly lease: number;
  readonly cursor: string | null;
  readonly failures: number;
  readonly vain: number;
  /** From now on, in seconds. */
  readonly next: number;
  /** So long the lease is good; `null`: nobody looks. */
  readonly held: number | null;
}

async function watchOf({ server: { deps } }: World): Promise<Watch> {
  const [row] = await deps.db.execute<Watch>(sql`
    select lease, cursor, failures, vain,
      extract(epoch from next_look_at - clock_timestamp())::float8 as next,
      extract(epoch from lease_until - clock_timestamp())::float8 as held
    from watches`);
  return row ?? expect.unreachable();
}

const change = ({ server: { deps } }: World, table: string, how: SQL) =>
  write(deps, (tx) => tx.execute(sql`update ${sql.identifier(table)} set ${how}`));

/** Three recordings of a plain WebDAV server, looked at until there is nothing to say. */
async function annasQuiet(): Promise<StorageWorld> {
  const world = await annasStorage(
    ({ tree }) => {
      for (const name of ["one", "two", "three"]) tree.put(`Live/${name}.mp3`, take(name));
    },
    { server: { environment } },
  );
  await lookNow(world);
  await runJobs(world.server);
  await lookNow(world);
  expect((await watchOf(world)).vain).toBe(0);
  return world;
}

describe("a look", () => {
  test("that another server has taken over changes nothing any more", async () => {
    const world = await annasQuiet();
    const { deps } = world.server;
    await change(world, "watches", sql`next_look_at = clock_timestamp()`);
    const first = await takeLook(world);
    expect(await takeLooks(world)).toEqual([]);
    await change(world, "watches", sql`lease_until = clock_timestamp() - interval '1 second'`);
    const second = await takeLook(world);
    expect(second.lease).toBe(first.lease + 1);
    const before = await watchOf(world);
    await write(deps, async (tx) => {
      expect(await store.renewLease(tx, first)).toBe(false);
      await store.releaseLook(tx, first);
      await store.postponeLook(tx, first, { failures: 7, nextSeconds: 700 });
      await store.saveLook(tx, first, { rootRef: null, cursor: "x", vain: 7, nextSeconds: 700 });
    });
    const { cursor, failures, vain, lease } = await watchOf(world);
    expect({ cursor, failures, vain, lease }).toMatchObject({
      cursor: before.cursor,
      failures: 0,
      vain: 0,
      lease: second.lease,
    });
    expect((await watchOf(world)).held).toBeGreaterThan(5);
    expect(await write(deps, (tx) => store.renewLease(tx, second))).toBe(true);
  });

  test("that takes long is renewed, and ends when it was lost all the same", async () => {
    const world = await annasQuiet();
    world.cloud.fault({ method: "PROPFIND", stall: true });
    await change(world, "watches", sql`next_look_at = clock_timestamp()`);
    const held = await takeLook(world);
    const looking = look(world.server.deps, held, never);
    await change(world, "watches", sql`lease_until = clock_timestamp() + interval '8 seconds'`);
    await expect.poll(async () => (await watchOf(world)).held, SOON).toBeGreaterThan(10);
    await change(world, "watches", sql`lease = lease + 1`);
    await looking;
    expect(await watchOf(world)).toMatchObject({ failures: 0, lease: held.lease + 1 });
    expect((await findConnection(world)).health).toBe("active");
  }, 60_000);

  test("of a server that stops is free for another one at once", async () => {
    const world = await annasQuiet();
    world.cloud.fault({ method: "PROPFIND", stall: true });
    await change(world, "watches", sql`next_look_at = clock_timestamp()`);
    const stopping = new AbortController();
    const asked = world.cloud.count();
    const looking = look(world.server.deps, await takeLook(world), stopping.signal);
    await expect.poll(() => world.cloud.count(), SOON).toBeGreaterThan(asked);
    stopping.abort();
    await looking;
    expect(await watchOf(world)).toMatchObject({ failures: 0, held: null });
    expect(await takeLooks(world)).toHaveLength(1);
    expect((await findConnection(world)).health).toBe("active");
  });

  test("finds a storage well again that was away, without a scan", async () => {
    const world = await annasQuiet();
    const back = world.cloud.fault({ status: 503 });
    await lookNow(world);
    expect((await findConnection(world)).health).toBe("unavailable");
    back();
    const before = await scansOf(world);
    await lookNow(world);
    expect((await findConnection(world)).health).toBe("active");
    expect(await scansOf(world)).toBe(before);
    expect((await watchOf(world)).failures).toBe(0);
  });
});

describe("the pause until the next look", () => {
  test("is twice as long with each time that there is no answer, and five minutes at most", async () => {
    const world = await annasQuiet();
    world.cloud.fault({ status: 503 });
    for (const seconds of [2, 4, 8, 16]) {
      await lookNow(world);
      const { next } = await watchOf(world);
      expect(next).toBeGreaterThan(seconds * 0.7);
      expect(next).toBeLessThan(seconds * 1.2);
    }
    await change(world, "watches", sql`failures = 30`);
    await lookNow(world);
    expect((await watchOf(world)).next).toBeGreaterThan(290);
    expect((await watchOf(world)).next).toBeLessThan(331);
  });

  test("grows where scans find nothing, and is as before with the first that does", async () => {
    const world = await annasQuiet();
    const seen: [vain: number, next: number][] = [];
    const lookAndScan = async (): Promise<void> => {
      await lookNow(world);
      const { vain, next } = await watchOf(world);
      seen.push([vain, next]);
      await runJobs(world.server);
    };
    // An empty folder is something new, and nothing for the library.
    for (const name of ["A", "B", "C", "D"]) {
      world.cloud.tree.mkdir(name);
      await lookAndScan();
    }
    // The scan that the very first look had asked for had found nothing new either.
    expect(seen.map(([vain]) => vain)).toEqual([1, 2, 3, 4]);
    expect(seen[3]?.[1]).toBeGreaterThan(6);
    expect(seen[3]?.[1]).toBeLessThan(9);
    for (const name of ["four", "five"]) {
      world.cloud.tree.put(`Live/${name}.mp3`, take(name));
      await lookAndScan();
    }
    expect(seen.at(-1)?.[0]).toBe(0);
  });
});

describe("an unchanged storage is scanned all the same", () => {
  test.each([
    ["when the last scan has failed", sql`state = 'failed'`],
    ["once a day", sql`started_at = started_at - interval '25 hours'`],
  ])("%s", async (_, how) => {
    const world = await annasQuiet();
    const before = await scansOf(world);
    await lookNow(world);
    expect(await scansOf(world)).toBe(before);
    await change(world, "scans", how);
    await lookNow(world);
    expect(await scansOf(world)).toBe(before + 1);
  });
});

test("what a look has seen while a scan was asked for is seen again after it", async () => {
  const world = await annasQuiet();
  await change(world, "watches", sql`next_look_at = clock_timestamp()`);
  const held = await takeLook(world);
  const connectionId = world.connection.id;
  await world.anna.api.connections.scan.mutate({ connectionId });
  world.cloud.tree.put("Live/four.mp3", take("four"));
  await look(world.server.deps, held, never);
  const { cursor, next } = await watchOf(world);
  expect(cursor).toBe(held.cursor);
  expect(next).toBeLessThan(3);
  // Nobody looks while it is scanned.
  await change(world, "watches", sql`next_look_at = clock_timestamp()`);
  expect(await takeLooks(world)).toEqual([]);
  await runJobs(world.server);
  expect(await takeLooks(world)).toHaveLength(1);
});

test("the demo, and a storage without a root, that is paused or refuses us, are not looked at", async () => {
  const world = await annasServer({ environment });
  const { api } = world.anna;
  const { bandId } = world;
  await api.connections.createDemo.mutate({ bandId });
  await runJobs(world.server);
  expect(await takeLooks(world)).toEqual([]);
  const quiet = await annasQuiet();
  await change(quiet, "watches", sql`next_look_at = clock_timestamp()`);
  for (const how of [
    sql`paused_at = now()`,
    sql`paused_at = null, has_root = false`,
    sql`has_root = true, health = 'needs_reconnect'`,
  ]) {
    await change(quiet, "connections", how);
    expect(await takeLooks(quiet)).toEqual([]);
    expect(await store.isAnyDue(quiet.server.deps.db)).toBe(false);
  }
  await change(quiet, "connections", sql`health = 'unavailable'`);
  expect(await store.isAnyDue(quiet.server.deps.db)).toBe(true);
});

test("a file of a disk is taken once nobody has written to it for a while", async () => {
  const music = await createTestFolder();
  await writeFile(join(music, "one.mp3"), take("one"));
  const world = await annasServer({ environment: { ...environment, FOLDER_ROOTS: music } });
  const form = { provider: "folder", folder: music } as const;
  const { id } = await world.anna.api.connections.create.mutate({ bandId: world.bandId, form });
  const connectionId: ConnectionId = id;
  await world.anna.api.connections.setRoot.mutate({ connectionId, folder: null });
  await runJobs(world.server);
  await utimes(join(music, "one.mp3"), 1_700_000_000, 1_700_000_000);
  await lookNow(world);
  await runJobs(world.server);
  const before = await scansOf(world);
  await writeFile(join(music, "two.mp3"), take("two"));
  await lookNow(world);
  expect(await scansOf(world)).toBe(before);
  await sleep(5_100);
  await lookNow(world);
  expect(await scansOf(world)).toBe(before + 1);
});
