import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { users } from "#drizzle/schema/index.ts";
import { write } from "#server/base/db.ts";
import { appRouter } from "#server/router.ts";
import type { Answer, Browser } from "#tests/auth/browser.ts";
import { annasServer, signIn, type World } from "#tests/auth/people.ts";

type Kind = "query" | "mutation" | "subscription";

interface Procedure {
  readonly path: string;
  readonly type: Kind;
}

const procedures: readonly Procedure[] = Object.entries(
  appRouter._def.procedures as unknown as Readonly<Record<string, { _def: { type: Kind } }>>,
).map(([path, { _def }]) => ({ path, type: _def.type }));

const mutations = procedures.filter((each) => each.type === "mutation");

/** What anyone may ask for. Whoever adds to it has a reason that a review can read. */
const FOR_ANYONE = [
  "auth.csrf",
  "auth.refresh",
  "auth.setup",
  "auth.signIn",
  "auth.signOut",
  "system.info",
];

const isForAnyone = ({ path }: Procedure): boolean => FOR_ANYONE.includes(path);

const call = (browser: Browser, { path, type }: Procedure): Promise<Answer> =>
  type === "mutation" ? browser.mutate(path, {}) : browser.query(path);

/** Of a subscription, the refusal is an event; of all others, the status says it too. */
function expectNobody({ path, type }: Procedure, answer: Answer): void {
  if (type === "subscription")
    expect([path, answer.text]).toEqual([path, expect.stringContaining("unauthenticated")]);
  else expect([path, answer.status, answer.refusal?.code]).toEqual([path, 401, "unauthenticated"]);
}

/** One line for each table: what a change would change. */
async function fingerprints({ deps }: World): Promise<Record<string, unknown>> {
  const tables = await deps.db.execute<{ name: string }>(
    sql`select tablename as name from pg_tables where schemaname = 'public' order by 1`,
  );
  const all: Record<string, unknown> = {};
  for (const { name } of tables) {
    const [row] = await deps.db.execute(
      sql`select md5(string_agg(t::text, '|' order by t::text)) as sum from ${sql.identifier(name)} t`,
    );
    all[name] = row?.sum;
  }
  return all;
}

test("the list of what is for anyone names no procedure that is gone", () => {
  const paths = procedures.map((each) => each.path);
  expect(FOR_ANYONE.filter((path) => !paths.includes(path))).toEqual([]);
  expect(mutations.length).toBeGreaterThan(5);
});

describe("every other procedure", () => {
  test("is refused to who is not signed in", async () => {
    const { browser } = await annasServer();
    for (const each of procedures.filter((one) => !isForAnyone(one))) {
      expectNobody(each, await call(browser, each));
    }
  });

  test("is refused to a suspended user", async () => {
    const { browser, anna, deps } = await annasServer();
    await signIn(browser, anna);
    await write(deps, (tx) => tx.update(users).set({ suspendedAt: sql`now()` }));
    for (const each of procedures.filter((one) => !isForAnyone(one))) {
      expectNobody(each, await call(browser, each));
    }
  });
});

test("every change, for anyone or not, wants a CSRF token", async () => {
  const { browser, anna } = await annasServer();
  await signIn(browser, anna);
  for (const { path } of mutations) {
    const answer = await browser.mutate(path, {}, { csrf: null });
    expect([path, answer.status, answer.refusal?.code]).toEqual([path, 403, "csrf_failed"]);
  }
});

test("no change is made by GET, and no GET changes a table", async () => {
  const world = await annasServer();
  const { browser, anna } = world;
  await signIn(browser, anna);
  const before = await fingerprints(world);

  for (const { path } of mutations) {
    expect([path, (await browser.query(path, {})).status]).toEqual([path, 405]);
  }
  const queries = procedures.filter((each) => each.type === "query");
  for (const { path } of queries) {
    for (const input of [undefined, {}, { bandId: anna.userId, limit: 1 }]) {
      expect([path, (await browser.query(path, input)).status]).not.toEqual([path, 500]);
    }
  }
  for (const route of ["stream", "download", "cover"]) {
    expect((await browser.fetch(`/${route}/${anna.userId}`)).status).toBe(404);
  }
  expect(await fingerprints(world)).toEqual(before);
});
