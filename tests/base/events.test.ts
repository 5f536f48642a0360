import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { openDatabase, write } from "#server/base/db.ts";
import { startEvents } from "#server/base/events.ts";
import { createTestDatabase } from "#tests/support/deps.ts";
import { connect } from "#tests/support/postgres.ts";

/** Two replicas on one database. */
async function replicas() {
  const target = await createTestDatabase();
  const name = "url" in target ? new URL(target.url).pathname.slice(1) : target.database;
  const admin = connect(target, name);
  const start = async () => {
    const database = openDatabase(target, { max: 2, applicationName: "replica" });
    const events = await startEvents(database.sql);
    onTestFinished(async () => {
      await events.close();
      await database.close();
    });
    return { db: database.pool, events };
  };
  onTestFinished(() => admin.end());
  return { anna: await start(), ben: await start(), admin };
}

type Replica = Awaited<ReturnType<typeof replicas>>["anna"];

/** Counts what a subscriber is told. */
function watch(replica: Replica, topic: string, signal: AbortSignal) {
  const seen = { count: 0, isOver: false };
  void (async () => {
    for await (const _ of replica.events.subscribe(topic, signal)) seen.count += 1;
    seen.isOver = true;
  })();
  return seen;
}

test("a change reaches every replica when it is committed, and nobody else's subject", async () => {
  const { anna, ben } = await replicas();
  const { signal } = new AbortController();
  const [onAnna, onBen] = [watch(anna, "track:1", signal), watch(ben, "track:1", signal)];
  const other = watch(ben, "track:2", signal);
  await expect.poll(() => [onAnna.count, onBen.count, other.count]).toEqual([1, 1, 1]);

  await write(anna, async (tx) => {
    await anna.events.publish(tx, "track:1");
    await pause(100);
    expect(onBen.count).toBe(1);
  });
  await expect.poll(() => [onAnna.count, onBen.count]).toEqual([2, 2]);

  const undone = write(anna, async (tx) => {
    await anna.events.publish(tx, "track:1");
    throw new Error("no");
  });
  await expect(undone).rejects.toThrow("no");
  await anna.events.publish(anna.db, "track:1");
  await expect.poll(() => onBen.count).toBe(3);
  expect(other.count).toBe(1);
});

test("many changes at once come as few, and the last is not lost", async () => {
  const { anna } = await replicas();
  const { signal } = new AbortController();
  const told: number[] = [];
  let published = 0;
  void (async () => {
    for await (const _ of anna.events.subscribe("scan:1", signal)) {
      told.push(published);
      await pause(20);
    }
  })();
  for (let i = 0; i < 200; i += 1) {
    published += 1;
    await anna.events.publish(anna.db, "scan:1");
  }
  await expect.poll(() => told.at(-1)).toBe(200);
  expect(told.length).toBeLessThan(200);
});

test("a subscription ends with its signal, also before it began, and with the server", async () => {
  const { anna } = await replicas();
  const leaving = new AbortController();
  const leaver = watch(anna, "track:1", leaving.signal);
  const gone = watch(anna, "track:1", AbortSignal.abort());
  const stayer = watch(anna, "track:1", new AbortController().signal);
  await expect.poll(() => stayer.count).toBe(1);
  leaving.abort();
  await expect.poll(() => [leaver.isOver, gone.isOver]).toEqual([true, true]);
  expect(gone.count).toBe(0);
  expect(stayer.isOver).toBe(false);
  await anna.events.close();
  await expect.poll(() => stayer.isOver).toBe(true);
});

test("after the line was down, whoever waits is told to look again", async () => {
  const { anna, admin } = await replicas();
  const seen = watch(anna, "track:1", new AbortController().signal);
  await expect.poll(() => seen.count).toBe(1);
  await admin`select pg_terminate_backend(pid) from pg_stat_activity
               where datname = current_database() and pid <> pg_backend_pid()`;
  await expect.poll(() => seen.count, { timeout: 5_000 }).toBeGreaterThanOrEqual(2);
  const before = seen.count;
  await expect
    .poll(() =>
      anna.events.publish(anna.db, "track:1").then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
  await expect.poll(() => seen.count).toBeGreaterThan(before);
});
