import { type SQL, sql } from "drizzle-orm";
import type { Deps } from "#server/deps.ts";

interface Table {
  readonly schema: string;
  readonly name: string;
}

/** What a request may write although it is refused: that somebody was here. */
const NOTED: Readonly<Record<string, SQL>> = {
  sessions: sql`to_jsonb(t) - 'last_used_at' - 'idle_expires_at'`,
  rate_limits: sql`null`,
  audit_events: sql`null`,
  // What somebody looks for is drawn next.
  waveforms: sql`to_jsonb(t) - 'is_wanted' - 'due_at' - 'updated_at'`,
};

const listTables = (deps: Pick<Deps, "db">): Promise<readonly Table[]> =>
  deps.db.execute<{ schema: string; name: string }>(sql`
    select schemaname as schema, tablename as name from pg_tables
    where schemaname in ('public', 'pgboss', 'drizzle') order by 1, 2`);

const isWatched = ({ schema, name }: Table): boolean =>
  schema === "public" || (schema === "pgboss" && name === "job");

/** One sum for each of our tables, and for the jobs that wait: what a change would change. */
export async function fingerprints(deps: Pick<Deps, "db">): Promise<Record<string, unknown>> {
  const tables = (await listTables(deps)).filter(isWatched);
  const sums = tables.map(({ schema, name }) => {
    const row = NOTED[name] ?? sql`to_jsonb(t)`;
    const from = sql`${sql.identifier(schema)}.${sql.identifier(name)} as t`;
    return sql`select ${name} as name, (select md5(string_agg(md5((${row})::text), '' order by md5((${row})::text))) from ${from}) as sum`;
  });
  const rows = await deps.db.execute<{ name: string; sum: string | null }>(
    sql.join(sums, sql` union all `),
  );
  return Object.fromEntries(rows.map(({ name, sum }) => [name, sum]));
}

/** Every row of every table, as text: what a copy of the database would give away. */
export async function dump(deps: Pick<Deps, "db">): Promise<string> {
  const parts: string[] = [];
  for (const { schema, name } of await listTables(deps)) {
    const rows = await deps.db.execute<{ row: string }>(
      sql`select to_jsonb(t)::text as row from ${sql.identifier(schema)}.${sql.identifier(name)} as t`,
    );
    parts.push(`${schema}.${name}`, ...rows.map(({ row }) => row));
  }
  return parts.join("\n");
}
