import { setTimeout as pause } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { describe, expect, onTestFinished, test } from "vitest";
import { settings } from "#drizzle/schema/index.ts";
import { type DatabaseTarget, openDatabase, type Pool, type Tx, write } from "#server/base/db.ts";
import { nameFailure } from "#server/base/failures.ts";
import { createTestDatabase } from "#tests/support/deps.ts";
import { connect } from "#tests/support/postgres.ts";

/** A database, a pool of so many connections, and somebody who can cut them. */
async function fragileDatabase(max = 1) {
  const target = await createTestDatabase();
  const database = openDatabase(target, { max, applicationName: "fragile" });
  const admin = connect(target, nameOf(target));
  onTestFinished(async () => {
    await database.close();
    await admin.end();
  });
  return {
    deps: { db: database.pool },
    probe: database.probe,
    /** Ends every connection of the pool, as a restart or a failover of Postgres does. */
    async cut() {
      await admin`select pg_terminate_backend(pid) from pg_stat_activity
                   where datname = current_database() and application_name = 'fragile'`;
    },
    async written() {
      const rows = await admin<{ key: string }[]>`select key from settings order by key`;
      return rows.map((row) => row.key);
    },
  };
}

const nameOf = (target: DatabaseTarget): string =>
  "url" in target ? new URL(target.url).pathname.slice(1) : target.database;

const put = (tx: Tx, key: string) => tx.insert(settings).values({ key, value: true });

/** The pool is whole when a transaction and a few statements in a row work on it. */
async function expectWholePool(deps: { db: Pool }): Promise<void> {
  await write(deps, (tx) => put(tx, "afterwards"));
  for (let i = 0; i < 3; i += 1) await deps.db.execute(sql`select 1`);
}

describe("what is not inside `write`", () => {
  test("cannot write", async () => {
    const { deps, written } = await fragileDatabase();
    const stray = deps.db.insert(settings).values({ key: "stray", value: true });
    await expect(stray).rejects.toMatchObject({ cause: { code: "25006" } });
    expect(await written()).toEqual([]);
  });
});

describe("a transaction whose connection dies", () => {
  const moments = {
    "before its first statement": async (tx: Tx, cut: () => Promise<void>) => {
      await cut();
      await put(tx, "first");
      await put(tx, "second");
    },
    "between two statements": async (tx: Tx, cut: () => Promise<void>) => {
      await put(tx, "first");
      await cut();
      await put(tx, "second");
    },
    "long before the next statement": async (tx: Tx, cut: () => Promise<void>) => {
      await put(tx, "first");
      await cut();
      await pause(100);
      await put(tx, "second");
    },
    "during a statement": async (tx: Tx, cut: () => Promise<void>) => {
      await put(tx, "first");
      await Promise.all([tx.execute(sql`select pg_sleep(5)`), pause(50).then(cut)]);
      await put(tx, "second");
    },
    "and the work goes on all the same": async (tx: Tx, cut: () => Promise<void>) => {
      await put(tx, "first");
      await cut();
      await put(tx, "second").catch(() => undefined);
      await put(tx, "third").catch(() => undefined);
      await pause(300);
      await put(tx, "fourth").catch(() => undefined);
    },
    "and the work fails for another reason": async (tx: Tx, cut: () => Promise<void>) => {
      await put(tx, "first");
      await cut();
      await pause(5);
      throw new Error("something else");
    },
    "inside a savepoint": async (tx: Tx, cut: () => Promise<void>) => {
      await put(tx, "first");
      await tx.transaction(async (inner) => {
        await put(inner, "second");
        await cut();
        await pause(5);
        await put(inner, "third");
      });
    },
    "after its last statement": async (tx: Tx, cut: () => Promise<void>) => {
      await put(tx, "first");
      await cut();
      await pause(50);
    },
  };

  test.each(Object.entries(moments))("%s leaves nothing behind", async (_, work) => {
    const { deps, cut, written } = await fragileDatabase();
    const outcome = await write(deps, (tx) => work(tx, cut)).catch((error) => error);
    expect(nameFailure(outcome).code).toBe("busy");
    await pause(400);
    expect(await written()).toEqual([]);
    await expectWholePool(deps);
    expect(await written()).toEqual(["afterwards"]);
  });

  test("does not get into somebody else's, who has its connection next", async () => {
    const { deps, cut, written } = await fragileDatabase();
    const cutOff = Promise.withResolvers<void>();
    const anna = write(deps, async (tx) => {
      await put(tx, "anna 1");
      await cut();
      await cutOff.promise;
      await put(tx, "anna 2");
    }).catch((error) => error);
    await anna;

    const ben = write(deps, async (tx) => {
      await put(tx, "ben 1");
      cutOff.resolve();
      await pause(200);
      await put(tx, "ben 2");
      throw new Error("Ben changes his mind");
    });
    await expect(ben).rejects.toThrow("Ben changes his mind");
    expect(await written()).toEqual([]);
  });

  test("costs the others nothing but their own connections", async () => {
    const { deps, cut, written } = await fragileDatabase(5);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) =>
        write(deps, async (tx) => {
          await put(tx, `${i} a`);
          if (i === 3) await cut();
          await pause(i);
          await put(tx, `${i} b`);
        }),
      ),
    );
    const committed = outcomes.flatMap((each, i) => (each.status === "fulfilled" ? [i] : []));
    const expected = committed.flatMap((i) => [`${i} a`, `${i} b`]).sort();
    expect(await written()).toEqual(expected);
  });
});

describe("a transaction that is over", () => {
  test("takes no further statement", async () => {
    const { deps, written } = await fragileDatabase();
    let escaped: Tx | undefined;
    await write(deps, async (tx) => {
      escaped = tx;
      await put(tx, "inside");
    });
    await expect(put(escaped as Tx, "outside")).rejects.toMatchObject({
      cause: { code: "CONNECTION_CLOSED" },
    });
    expect(await written()).toEqual(["inside"]);
  });

  test("is undone whole when its work fails, and its savepoints one by one", async () => {
    const { deps, written } = await fragileDatabase();
    const failing = write(deps, async (tx) => {
      await put(tx, "first");
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    await write(deps, async (tx) => {
      await put(tx, "kept");
      await tx
        .transaction(async (inner) => {
          await put(inner, "undone");
          throw new Error("only this part");
        })
        .catch(() => undefined);
    });
    expect(await written()).toEqual(["kept"]);
  });
});

test("statements that are sent to a connection that has gone all settle, with their own rows", async () => {
  const { deps, cut } = await fragileDatabase();
  await deps.db.execute(sql`select 1`);
  await cut();
  const asking = async (who: string): Promise<string> => {
    for (let i = 0; i < 5; i += 1) {
      const rows = await deps.db.execute(sql`select ${`${who} ${i}`} as said`).catch(() => null);
      if (rows && rows[0]?.said !== `${who} ${i}`) return `was given ${JSON.stringify(rows)}`;
      // And again at once, also after a failure: that is when postgres.js loses statements.
    }
    return "settled";
  };
  const answers = await Promise.all(["anna", "ben", "carla"].map(asking));
  expect(answers).toEqual(["settled", "settled", "settled"]);
});

test("a sign of life is found again right after a cut", async () => {
  const { probe, cut } = await fragileDatabase();
  await probe();
  await cut();
  await probe();
});
