import { setTimeout as pause } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { describe, expect, onTestFinished, test } from "vitest";
import { openDatabase, write } from "#server/base/db.ts";
import { nameFailure } from "#server/base/failures.ts";
import { createGate } from "#server/base/gate.ts";
import { createTestDatabase } from "#tests/support/deps.ts";

describe("a gate", () => {
  test("lets no more in than it has places, in the order in which they came", async () => {
    const gate = createGate({ places: 3, waitMs: 5_000, maxWaiting: 100 });
    const order: number[] = [];
    let [inside, most] = [0, 0];
    await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        gate.pass(async () => {
          inside += 1;
          most = Math.max(most, inside);
          order.push(i);
          await pause(1);
          inside -= 1;
        }),
      ),
    );
    expect(most).toBe(3);
    expect(order).toEqual(Array.from({ length: 30 }, (_, i) => i));
  });

  test("turns away who waits too long or comes too late, and then works on", async () => {
    const gate = createGate({ places: 1, waitMs: 50, maxWaiting: 2 });
    const done = Promise.withResolvers<void>();
    const long = gate.pass(() => done.promise);
    let hasBegun = false;
    const work = async () => {
      hasBegun = true;
    };
    const waiting = [gate.pass(work), gate.pass(work)];
    await expect(gate.pass(work)).rejects.toMatchObject({ code: "busy", retryAfterSeconds: 2 });
    for (const each of waiting) await expect(each).rejects.toMatchObject({ code: "busy" });
    expect(hasBegun).toBe(false);
    done.resolve();
    await long;
    await gate.pass(work);
    expect(hasBegun).toBe(true);
  });

  test("gives a place back when the work fails, at once or later", async () => {
    const gate = createGate({ places: 1, waitMs: 1_000, maxWaiting: 10 });
    const failures = [
      () => Promise.reject(new Error("later")),
      () => {
        throw new Error("at once");
      },
    ];
    for (const work of failures) await expect(gate.pass(work)).rejects.toThrow();
    await expect(gate.pass(async () => "in")).resolves.toBe("in");
  });
});

describe("a pool that is used up", () => {
  async function smallPool() {
    const target = await createTestDatabase();
    const database = openDatabase(target, { max: 2, applicationName: "small" });
    onTestFinished(database.close);
    return { db: database.pool, probe: database.probe };
  }

  test("makes others wait for two seconds and then tells them, and is not taken for dead", async () => {
    const { db, probe } = await smallPool();
    let isAsleep = true;
    const sleeping = Promise.all([1, 2].map(() => db.execute(sql`select pg_sleep(5)`))).then(() => {
      isAsleep = false;
    });
    await pause(100);
    const [read, change, sign] = await Promise.allSettled([
      db.execute(sql`select 1`),
      write({ db }, (tx) => tx.execute(sql`select 1`)),
      probe(),
    ]);
    expect(isAsleep).toBe(true);
    for (const each of [read, change]) {
      expect(each).toMatchObject({ status: "rejected" });
      const { reason } = each as PromiseRejectedResult;
      expect(nameFailure(reason)).toMatchObject({ code: "busy", retryAfterSeconds: 2 });
    }
    expect(sign?.status).toBe("fulfilled");
    await sleeping;
    await db.execute(sql`select 1`);
  });

  test("serves many more at once than it has connections", async () => {
    const { db } = await smallPool();
    const rows = await Promise.all(
      Array.from({ length: 90 }, (_, i) => db.execute(sql`select ${i}::int as n, pg_sleep(0.005)`)),
    );
    expect(rows.map(([row]) => row?.n)).toEqual(Array.from({ length: 90 }, (_, i) => i));
  });
});
