import { sql } from "drizzle-orm";
import { write } from "#server/base/db.ts";
import type { Deps } from "#server/deps.ts";
import type { Answer } from "#tests/auth/browser.ts";
import { fingerprints } from "./database.ts";

type DbDeps = Pick<Deps, "db">;

const NEVER = 2 ** 40;

/**
 * Lets Postgres end the connection that makes the n-th change from now on, as a failover would.
 * The count is a sequence, because those are not undone with what is cut off.
 */
export async function prepareCuts({ db }: DbDeps): Promise<void> {
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
export async function doInPieces(deps: DbDeps, act: () => Promise<Answer>) {
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
