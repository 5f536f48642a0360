import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "#server/base/db.ts";
import type { SealedColumn } from "#server/base/sealed-column.ts";

/** A sealed value with what says where it belongs. */
export type SealedRow = Readonly<Record<string, string>> & { readonly sealed: string };

export interface Resealed {
  readonly before: string;
  readonly now: string;
}

/** A sealed value is `v1.kid.…`. */
const kidOf = (column: SQL): SQL => sql`split_part(${column}, '.', 2)`;

/** The names are ours, from `sealedColumns`, and never from outside. */
const nameOf = ({ column }: SealedColumn): SQL => sql`${sql.identifier(column)}`;

/** How many values of a column each key has sealed, by its id. */
export async function countByKid(db: Db, column: SealedColumn): Promise<Map<string, number>> {
  const name = nameOf(column);
  const rows = await db.execute<{ kid: string; count: number }>(sql`
    select ${kidOf(name)} as kid, count(*)::int as count from ${sql.identifier(column.table)}
    where ${name} is not null group by 1`);
  return new Map(rows.map(({ kid, count }) => [kid, count]));
}

/** Values that wait in the queue. They are gone as soon as their jobs are done. */
export async function countWaiting(db: Db): Promise<Map<string, number>> {
  const sealed = sql`data ->> 'sealedWish'`;
  const rows = await db.execute<{ kid: string; count: number }>(sql`
    select ${kidOf(sealed)} as kid, count(*)::int as count from pgboss.job
    where ${sealed} is not null and state in ('created', 'retry', 'active') group by 1`);
  return new Map(rows.map(({ kid, count }) => [kid, count]));
}

/**
 * Values that one key has sealed, in the order of their text.
 *
 * @param after - the last of the page before.
 */
export async function listSealedBy(
  db: Db,
  column: SealedColumn,
  { kid, after, limit }: { readonly kid: string; readonly after: string; readonly limit: number },
): Promise<SealedRow[]> {
  const name = nameOf(column);
  const reads = Object.entries(column.reads).map(
    ([as, read]) => sql`${sql.identifier(read)}::text as ${sql.identifier(as)}`,
  );
  const rows = await db.execute<SealedRow>(sql`
    select ${sql.join(reads, sql`, `)}, ${name} as sealed from ${sql.identifier(column.table)}
    where ${kidOf(name)} = ${kid} and ${name} collate "C" > ${after}
    order by ${name} collate "C" limit ${limit}`);
  return [...rows];
}

/**
 * Puts the values that a newer key has sealed in place of the old ones. Each only where the very text
 * stands that it was made of: what somebody has written meanwhile is newer, and stays.
 *
 * @returns how many were replaced.
 */
export async function replaceSealed(
  tx: Tx,
  column: SealedColumn,
  values: readonly Resealed[],
): Promise<number> {
  const name = nameOf(column);
  const [row] = await tx.execute<{ count: number }>(sql`
    with replaced as (
      update ${sql.identifier(column.table)} as t set ${name} = v.now
      from json_to_recordset(${JSON.stringify(values)}::json) as v(before text, now text)
      where t.${name} = v.before
      returning 1
    )
    select count(*)::int as count from replaced`);
  return row?.count ?? 0;
}
