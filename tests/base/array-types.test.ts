import fc from "fast-check";
import { expect, test } from "vitest";
import { parseArrayText, toArrayText } from "#server/base/array-types.ts";
import { openWritingClient } from "#server/base/db.ts";
import { createTestDatabase } from "#tests/support/deps.ts";

test("lists come back as they went, whatever is in them", async () => {
  const client = openWritingClient(await createTestDatabase(), {
    max: 1,
    applicationName: "lists",
  });
  const element = fc.option(
    fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\0", "")),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(element), async (list) => {
      const [row] = await client.unsafe("select $1::text[] as list, cardinality($1::text[]) as n", [
        list as never,
      ]);
      expect(row).toEqual({ list, n: list.length });
      expect(parseArrayText(toArrayText(list))).toEqual(list);
    }),
    { numRuns: 200 },
  );
  await client.end();
});

test("numbers, ids and documents are understood by the database", async () => {
  const client = openWritingClient(await createTestDatabase(), {
    max: 1,
    applicationName: "lists",
  });
  const id = "01890000-0000-7000-8000-000000000000";
  const [row] = await client.unsafe(
    "select ($1::int[])[2] as n, ($2::uuid[])[1] as id, ($3::jsonb[])[1]->>'a' as a",
    [[1, 2], [id], [{ a: 'it\'s "b"' }]] as never[],
  );
  expect(row).toEqual({ n: 2, id, a: 'it\'s "b"' });
  await client.end();
});

test("a connection that dies while it opens rejects what waited for it, and nothing else", async () => {
  const target = await createTestDatabase();
  const killer = openWritingClient(target, { max: 1, applicationName: "killer" });
  await killer`select 1`;
  for (let round = 0; round < 30; round += 1) {
    const victim = openWritingClient(target, { max: 1, applicationName: "victim" });
    const asked = victim`select 1`.catch((error: unknown) => error);
    for (let kill = 0; kill < 4; kill += 1) {
      await killer`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'victim'`;
    }
    await asked;
    await victim.end({ timeout: 1 });
  }
  await killer.end();
});
