import { expect, onTestFinished, test } from "vitest";
import { openWritingClient } from "#server/base/db.ts";
import { createJobDatabase } from "#server/base/job-database.ts";
import { createTestDatabase } from "#tests/support/deps.ts";

/** One connection for each way, so that what one statement leaves behind meets the next. */
async function jobDatabase() {
  const target = await createTestDatabase();
  const open = () => openWritingClient(target, { max: 1, applicationName: "jobs" });
  const [client, scripts] = [open(), open()];
  onTestFinished(async () => {
    await Promise.all([client, scripts].map((each) => each.end({ timeout: 1 })));
  });
  return createJobDatabase(client, scripts);
}

test("JSON that is text already is stored as what it says", async () => {
  const { executeSql } = await jobDatabase();
  for (const type of ["json", "jsonb"]) {
    const { rows } = await executeSql(
      `select ${type}_typeof($1::${type}) as kind, $1::${type} as it`,
      ['{"title":"Don\'t \\"Wait\\" Up"}'],
    );
    expect(rows).toEqual([{ kind: "object", it: { title: 'Don\'t "Wait" Up' } }]);
  }
});

test("lists, moments, nothing and what was left out arrive as they are", async () => {
  const { executeSql } = await jobDatabase();
  const { rows } = await executeSql(
    "select $1::text[] as names, $2::timestamptz as at, $3::text as nothing, $4::int as count",
    [["a", "b"], new Date(0), undefined, 7],
  );
  expect(rows).toEqual([{ names: ["a", "b"], at: new Date(0), nothing: null, count: 7 }]);
});

test("several statements are one script, and their rows one list", async () => {
  const { executeSql } = await jobDatabase();
  expect((await executeSql("select 1 as n")).rows).toEqual([{ n: 1 }]);
  expect((await executeSql("select 1 as n where false")).rows).toEqual([]);
  const script =
    "begin; create table t (n int); insert into t values (1), (2); select n from t; commit;";
  expect((await executeSql(script)).rows).toEqual([{ n: 1 }, { n: 2 }]);
});

test("a script that fails is undone, and its connection is good again", async () => {
  const { executeSql } = await jobDatabase();
  const script = "begin; create table t (n int); select canary from nowhere; commit;";
  const outcomes = await Promise.allSettled(
    [script, "select 1 as n", script, "select 2 as n"].map((text) => executeSql(text)),
  );
  expect(outcomes).toMatchObject([
    { reason: { code: "42P01" } },
    { value: { rows: [{ n: 1 }] } },
    { reason: { code: "42P01" } },
    { value: { rows: [{ n: 2 }] } },
  ]);
  expect((await executeSql("select to_regclass('t') as it")).rows).toEqual([{ it: null }]);
});

test("a script whose connection dies harms no other", async () => {
  const { executeSql } = await jobDatabase();
  const dying = executeSql("begin; select pg_terminate_backend(pg_backend_pid()); commit;");
  await expect(dying).rejects.toThrow();
  // The next is told of it once.
  await executeSql("select 1").catch(() => undefined);
  for (let i = 0; i < 3; i += 1) {
    expect((await executeSql("select $1::int as n", [i])).rows).toEqual([{ n: i }]);
    expect((await executeSql(`select ${i} as n`)).rows).toEqual([{ n: i }]);
  }
});
