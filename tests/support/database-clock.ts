import { sql } from "drizzle-orm";
import type postgres from "postgres";
import { type DatabaseTarget, write } from "#server/base/db.ts";
import type { Deps } from "#server/deps.ts";
import { createTestDatabase } from "./deps.ts";
import { connect } from "./postgres.ts";

/** A database whose clock is in the test's hands. */
export interface ClockedDatabase {
  readonly database: DatabaseTarget;
  /** What `now()` says there. It stands still until it is moved. */
  nowMs(): number;
  pass(deps: Pick<Deps, "db">, ms: number): Promise<void>;
}

/**
 * A database of the test's own in which `now()` and `clock_timestamp()` are what the test says:
 * Postgres looks for functions along `search_path`, where ours come before its own.
 */
export async function createClockedDatabase(): Promise<ClockedDatabase> {
  const database = await createTestDatabase();
  let nowMs = Date.now();
  const client = clientOf(database);
  const [row] = await client<[{ name: string }]>`select current_database() as name`;
  await client.unsafe(`
    create schema test_clock;
    create table test_clock.moment (at timestamptz not null);
    insert into test_clock.moment values (to_timestamp(${nowMs} / 1000.0));
    create function test_clock.now() returns timestamptz stable language sql
      as 'select at from test_clock.moment';
    create function test_clock.clock_timestamp() returns timestamptz stable language sql
      as 'select at from test_clock.moment';
    do $$ declare stamp record; begin
      for stamp in select table_name, column_name from information_schema.columns
        where table_schema = 'public' and column_default = 'now()'
      loop
        execute format('alter table %I alter column %I set default test_clock.now()',
          stamp.table_name, stamp.column_name);
      end loop;
    end $$;
    alter database ${row.name} set search_path = public, test_clock, pg_catalog`);
  await client.end();
  return {
    database,
    nowMs: () => nowMs,
    async pass(deps, ms) {
      nowMs += ms;
      await write(deps, (tx) =>
        tx.execute(sql`update test_clock.moment set at = to_timestamp(${nowMs / 1000})`),
      );
    },
  };
}

function clientOf(database: DatabaseTarget): postgres.Sql {
  const name = "url" in database ? new URL(database.url).pathname.slice(1) : database.database;
  return connect(database, name);
}
