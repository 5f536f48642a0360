import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { openDatabase, write } from "#server/base/db.ts";
import { createRegulars } from "#server/base/regulars.ts";
import { createTestDatabase } from "#tests/support/deps.ts";

const times = (count: number): undefined[] => Array.from({ length: count });

test("a statement is worth preparing from its twentieth time on", () => {
  const isRegular = createRegulars();
  expect(times(25).map(() => isRegular("select 1"))).toEqual(
    times(25).map((_, index) => index >= 19),
  );
});

test("200 are, and no one that is very long", () => {
  const isRegular = createRegulars();
  const long = `select '${"x".repeat(4_000)}'`;
  expect(times(25).some(() => isRegular(long))).toBe(false);
  const regulars = times(300).filter((_, index) => {
    const text = `select ${index}`;
    return times(20).map(() => isRegular(text))[19];
  });
  expect(regulars).toHaveLength(200);
});

test("what never comes again is forgotten, and what comes again is not", () => {
  const isRegular = createRegulars();
  times(19).map(() => isRegular("select now()"));
  expect(isRegular("select now()")).toBe(true);
  times(5_000).map((_, index) => isRegular(`select ${index}`));
  expect(isRegular("select now()")).toBe(true);
});

test("Postgres keeps the plan of what comes again, in a transaction and outside of one", async () => {
  const { pool, close } = openDatabase(await createTestDatabase(), {
    max: 1,
    applicationName: "test",
  });
  const read = (value: number) => pool.execute<{ one: number }>(sql`select ${value}::int as one`);
  const readWithin = (value: number) =>
    write({ db: pool }, (tx) => tx.execute<{ two: number }>(sql`select ${value}::int as two`));
  for (let round = 0; round < 25; round += 1) {
    expect([...(await read(round))]).toEqual([{ one: round }]);
    expect([...(await readWithin(round))]).toEqual([{ two: round }]);
  }
  const kept = await pool.execute<{ statement: string }>(
    sql`select statement from pg_prepared_statements where statement like 'select%' order by 1`,
  );
  expect(kept.map(({ statement }) => statement)).toEqual([
    "select $1::int as one",
    "select $1::int as two",
  ]);
  await close();
});
