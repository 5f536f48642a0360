import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { startSetup } from "#server/auth/setup.ts";
import { write } from "#server/base/db.ts";
import type { Deps } from "#server/deps.ts";
import { handlers } from "#server/worker.ts";
import { type Answer, openBrowser } from "#tests/auth/browser.ts";
import { PASSWORD, signIn } from "#tests/auth/people.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { startFakeJellyfin } from "#tests/support/fake-jellyfin.ts";
import { ADMIN, startServer } from "#tests/support/server.ts";
import { access } from "./access.ts";
import { fingerprints } from "./database.ts";
import { forgetTries, nightShift } from "./night-shift.ts";
import { procedures } from "./procedures.ts";

type DbDeps = Pick<Deps, "db">;

const NEVER = 2 ** 40;

/**
 * Lets Postgres end the connection that makes the n-th change from now on, as a failover would.
 * The count is a sequence, because those are not undone with what is cut off.
 */
async function prepareCuts({ db }: DbDeps): Promise<void> {
  await write({ db }, async (tx) => {
    await tx.execute(sql`create sequence changes_made`);
    await tx.execute(sql`create sequence cut_at_change`);
    await tx.execute(sql`
      create function cut_when_due() returns trigger language plpgsql as $$ begin
        -- The queue looks after its jobs by itself, over connections of its own.
        if current_setting('application_name') <> 'test' then return null; end if;
        -- How often somebody asks is counted beside what they ask for, which goes on without it.
        if tg_table_name = 'rate_limits' and tg_op <> 'DELETE' then
          if to_jsonb(new) ->> 'key' like 'calls %' then return null; end if;
        end if;
        if nextval('changes_made') = (select last_value from cut_at_change) then
          perform pg_terminate_backend(pg_backend_pid());
        end if;
        return null;
      end $$`);
    const tables = await tx.execute<{ name: string }>(sql`
      select format('%I.%I', schemaname, tablename) as name from pg_tables
      where schemaname = 'public' or (schemaname = 'pgboss' and tablename like 'job%')`);
    for (const { name } of tables) {
      const each = name === "public.rate_limits" ? "row" : "statement";
      await tx.execute(
        sql.raw(
          `create trigger cut_when_due after insert or update or delete on ${name} for each ${each} execute function cut_when_due()`,
        ),
      );
    }
    await tx.execute(sql`select setval('cut_at_change', ${NEVER})`);
  });
}

const cutAt = (deps: DbDeps, change: number): Promise<unknown> =>
  write(deps, (tx) =>
    tx.execute(sql`select setval('changes_made', 1, false), setval('cut_at_change', ${change})`),
  );

async function countChanges({ db }: DbDeps): Promise<number> {
  const [row] = await db.execute<{ count: number }>(
    sql`select (case when is_called then last_value else 0 end)::int as count from changes_made`,
  );
  return row?.count ?? 0;
}

/**
 * Does something again and again, each time cut off one change later, until it comes to its end.
 *
 * @returns what was not as it should be, how often it was cut, and the answer of the last time.
 */
async function doInPieces(deps: DbDeps, act: () => Promise<Answer>) {
  const wrong: string[] = [];
  for (let change = 1; ; change += 1) {
    const before = await fingerprints(deps);
    await cutAt(deps, change);
    const answer = await act();
    const isCut = (await countChanges(deps)) >= change;
    await cutAt(deps, NEVER);
    if (!isCut) return { wrong, cuts: change - 1, answer };

    const after = await fingerprints(deps);
    const changed = Object.keys(after).filter((table) => before[table] !== after[table]);
    if (answer.status !== 503) wrong.push(`at ${change}: answered ${answer.status}`);
    if (changed.length > 0) wrong.push(`at ${change}: left ${changed} behind`);
  }
}

/** With the right password, because a wrong one changes nothing. */
const SIGN_IN = { email: "canary-owner@band.example", password: PASSWORD, rememberMe: false };

/**
 * Setting up has a test of its own; and who has become a creator stays one although it could not be
 * written down (`tests/auth/users.test.ts`).
 */
const ELSEWHERE = ["auth.setup", "account.upgradeToCreator"];

test("whoever is cut off in the middle of a change, at any step of it, finds nothing half done", {
  timeout: 120_000,
}, async () => {
  const world = await nightShift();
  const { deps } = world.server;
  const types = new Map(procedures.map(({ path, type }) => [path, type]));
  await prepareCuts(deps);

  const wrong: string[] = [];
  const cuts: Record<string, number> = {};
  for (const [path, { needs, input, status = 200 }] of Object.entries(access)) {
    if (types.get(path) !== "mutation" || ELSEWHERE.includes(path)) continue;
    const { browser } = needs === "admin" ? world.as.admin : world.as.owner;
    const sent = path === "auth.signIn" ? SIGN_IN : input?.(world.theirs);
    await forgetTries(world.server);
    const done = await doInPieces(deps, () => browser.mutate(path, sent));
    expect([path, done.answer.status]).toEqual([path, sent === SIGN_IN ? 200 : status]);
    wrong.push(...done.wrong.map((each) => `${path} ${each}`));
    cuts[path] = done.cuts;
  }
  expect(wrong).toEqual([]);
  expect(cuts).toMatchObject({
    "auth.signIn": expect.toSatisfy((count: number) => count >= 3),
    "auth.refresh": expect.toSatisfy((count: number) => count >= 4),
    "connections.setRoot": expect.toSatisfy((count: number) => count >= 2),
  });
});

test("a server is set up whole or not at all", async () => {
  const { deps, baseUrl } = await startServer({ clientDir: await createTestFolder() });
  await prepareCuts(deps);
  const setupToken = await startSetup(deps);
  const browser = openBrowser(baseUrl);
  const { answer, cuts, wrong } = await doInPieces(deps, () =>
    browser.mutate("auth.setup", { setupToken, ...ADMIN }),
  );
  expect(wrong).toEqual([]);
  expect(answer.status).toBe(200);
  expect(cuts).toBeGreaterThanOrEqual(5);
});

test("an account of a media server is trusted, linked, used and unlinked whole or not at all", {
  timeout: 120_000,
}, async () => {
  const jellyfin = await startFakeJellyfin();
  const { deps, baseUrl, admin } = await startServer({
    clientDir: await createTestFolder(),
    environment: { TRUST_PROXY: "127.0.0.1" },
  });
  await admin();
  const browser = openBrowser(baseUrl);
  await signIn(browser, ADMIN);
  await prepareCuts(deps);
  let network = 0;
  /** From another network each time, so that it is not too often for one. */
  const ask = (path: string, input?: Record<string, unknown>) => {
    network += 1;
    const headers = { "x-forwarded-for": `203.0.113.${network}` };
    return openBrowser(baseUrl, headers, browser).mutate(path, input);
  };
  const inPieces = async (path: string, input?: Record<string, unknown>) => {
    const { answer, cuts, wrong } = await doInPieces(deps, () => ask(path, input));
    expect([path, answer.status, wrong]).toEqual([path, 200, []]);
    return cuts;
  };
  const userId = jellyfin.addUser("Anna", PASSWORD);
  const own = { username: "Anna", password: PASSWORD };
  expect(
    await inPieces("admin.jellyfin.set", { url: jellyfin.url, newUsers: true }),
  ).toBeGreaterThanOrEqual(2);
  expect(await inPieces("account.jellyfin.link", own)).toBeGreaterThanOrEqual(3);
  expect(jellyfin.liveTokens()).toEqual([]);
  await inPieces("auth.signInJellyfin", { ...own, rememberMe: false });
  // Each that was cut off was given back at once.
  expect(jellyfin.liveTokens(userId)).toHaveLength(1);
  await inPieces("account.jellyfin.unlink");
  expect(await inPieces("auth.signInJellyfin", { ...own, rememberMe: true })).toBeGreaterThan(10);
  expect(jellyfin.liveTokens(userId)).toHaveLength(1);
  await inPieces("auth.signOut");
  while (await deps.jobs.runNext(deps, handlers, AbortSignal.timeout(60_000)));
  expect(jellyfin.liveTokens(userId)).toEqual([]);
});
