import { sql } from "drizzle-orm";
import type { BandId, TrackId } from "#contract/ids.ts";
import type { Db } from "#server/base/db.ts";

interface OfBand {
  readonly bandId: BandId;
}

export interface SampleRow {
  readonly trackId: TrackId | null;
  readonly path: string;
  readonly rootPath: string;
}

/** The newest are looked at, so that a large library costs no more. */
const AMONG = 500;
const MOST = 100_001;

/** One recording of each folder first, the newest of them. */
export async function listSamples(
  db: Db,
  { bandId }: OfBand,
  limit: number,
): Promise<readonly SampleRow[]> {
  return db.execute<SampleRow & Record<string, unknown>>(sql`
    with newest as (
      select t.id, t.path, t.folder, t.connection_id from tracks as t
      where t.band_id = ${bandId} and t.is_named_by_path order by t.id desc limit ${AMONG}
    ), placed as (
      select n.*, row_number() over (partition by n.connection_id, n.folder order by n.id desc) as place
      from newest as n
    )
    select p.id as "trackId", p.path, coalesce(c.root_path, '') as "rootPath"
    from placed as p join connections as c on c.id = p.connection_id
    order by p.place, p.id desc limit ${limit}`);
}

/** Up to 100,001. */
export async function countUntitled(db: Db, { bandId }: OfBand): Promise<number> {
  const [row] = await db.execute<{ count: number }>(sql`
    select count(*)::int as count from (
      select from tracks as t where t.band_id = ${bandId} and t.is_named_by_path limit ${MOST}
    ) as untitled`);
  return row?.count ?? 0;
}
