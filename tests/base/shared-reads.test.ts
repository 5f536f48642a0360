import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { settings } from "#drizzle/schema/index.ts";
import { write } from "#server/base/db.ts";
import { sharedRead } from "#server/base/shared-reads.ts";
import { testDeps } from "#tests/support/deps.ts";

/** How often each statement was sent, and a read of one setting. */
async function countingRead() {
  const deps = await testDeps();
  let sent = 0;
  const find = sharedRead((db) => {
    const statement = db
      .select({ value: settings.value })
      .from(settings)
      .where(sql`${settings.key} = ${sql.placeholder("key")}`)
      .prepare("test_find_setting");
    return {
      execute(values) {
        sent += 1;
        return statement.execute(values);
      },
    };
  });
  const put = (key: string, value: number): Promise<unknown> =>
    write(deps, (tx) =>
      tx.insert(settings).values({ key, value }).onConflictDoUpdate({
        target: settings.key,
        set: { value },
      }),
    );
  return { deps, find, put, sent: () => sent };
}

test("all who ask the same in one turn of the event loop share one answer", async () => {
  const { deps, find, put, sent } = await countingRead();
  await put("a", 1);
  await put("b", 2);
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, index) => find(deps.db, { key: index % 2 ? "a" : "b" })),
  );
  expect(answers.map(([row]) => row?.value)).toEqual(
    Array.from({ length: 100 }, (_, index) => (index % 2 ? 1 : 2)),
  );
  expect(sent()).toBe(2);
});

test("nobody is given an answer that was sent for before they asked", async () => {
  const { deps, find, put } = await countingRead();
  for (let round = 1; round <= 100; round += 1) {
    const before = Array.from({ length: 4 }, () => find(deps.db, { key: "a" }));
    await put("a", round);
    const [row] = await find(deps.db, { key: "a" });
    expect(row?.value).toBe(round);
    await Promise.all(before);
  }
});

test("a read that fails fails for those who shared it, and for nobody else", async () => {
  const { deps, find, put } = await countingRead();
  await put("a", 1);
  const rename = (from: string, to: string) =>
    write(deps, (tx) => tx.execute(sql.raw(`alter table ${from} rename to ${to}`)));
  await rename("settings", "away");
  const failed = await Promise.allSettled([
    find(deps.db, { key: "a" }),
    find(deps.db, { key: "a" }),
  ]);
  expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await rename("away", "settings");
  expect(await find(deps.db, { key: "a" })).toEqual([{ value: 1 }]);
});

test("in a transaction it sees what that has written", async () => {
  const { deps, find, put } = await countingRead();
  await put("a", 1);
  await write(deps, async (tx) => {
    await tx.update(settings).set({ value: 2 });
    expect(await find(tx, { key: "a" })).toEqual([{ value: 2 }]);
    expect(await find(deps.db, { key: "a" })).toEqual([{ value: 1 }]);
  });
});
