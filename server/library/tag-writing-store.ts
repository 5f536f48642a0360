import { eq, type SQL, sql } from "drizzle-orm";
import type { FileTags } from "#contract/edits.ts";
import type { BandId, ConnectionId, TrackId } from "#contract/ids.ts";
import type { TagWriting } from "#contract/tag-writing.ts";
import { bands, tagWritings, tracks } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";

interface OfBand {
  readonly bandId: BandId;
}

export async function findIsOn(db: Db | Tx, { bandId }: OfBand): Promise<boolean> {
  const [row] = await db.select({ isOn: bands.writesTags }).from(bands).where(eq(bands.id, bandId));
  return row?.isOn ?? false;
}

/** @returns false when it is so already. */
export async function saveIsOn(tx: Tx, { bandId }: OfBand, isOn: boolean): Promise<boolean> {
  const rows = await tx.execute(sql`
    update bands set writes_tags = ${isOn} where id = ${bandId} and writes_tags <> ${isOn}
    returning id`);
  return rows.length > 0;
}

/** A band has edited few of all it has. */
const editedOf = ({ bandId }: OfBand): SQL =>
  sql`select e.track_id from track_edits as e where e.band_id = ${bandId}`;

export async function countWritings(
  db: Db,
  { bandId }: OfBand,
): Promise<Omit<TagWriting, "bandId" | "isOn">> {
  const [row] = await db.execute<Omit<TagWriting, "bandId" | "isOn">>(sql`
    select (count(*) filter (where w.state = 'waiting'))::int as waiting,
      (count(*) filter (where w.state = 'failed'))::int as failed,
      (count(*) filter (where w.state = 'written'))::int as written,
      (count(*) filter (where w.state = 'beside') + (
        select count(*) from tracks as t
        where t.id in (${editedOf({ bandId })}) and t.edits is not null
          and not exists (select from tag_writings as o where o.track_id = t.id)
      ))::int as beside
    from tag_writings as w where w.band_id = ${bandId}`);
  return row ?? { waiting: 0, failed: 0, written: 0, beside: 0 };
}

export async function findWriting(db: Db, trackId: TrackId) {
  const [row] = await db
    .select({
      isOn: bands.writesTags,
      edits: tracks.edits,
      state: tagWritings.state,
      message: tagWritings.message,
      writtenAt: tagWritings.writtenAt,
    })
    .from(tracks)
    .innerJoin(bands, eq(bands.id, tracks.bandId))
    .leftJoin(tagWritings, eq(tagWritings.trackId, tracks.id))
    .where(eq(tracks.id, trackId));
  return row;
}

const among = (ids: readonly TrackId[]): SQL => sql`t.id in (
  select value::uuid from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))`;

/** What waits anew forgets how it went before. */
const enlistWhere = (tx: Tx, which: SQL) =>
  tx.execute<{ connectionId: ConnectionId } & Record<string, unknown>>(sql`
    with enlisted as (
      insert into tag_writings (track_id, band_id, state)
      select t.id, t.band_id, 'waiting' from tracks as t
      left join tag_writings as w on w.track_id = t.id
      where ${which}
      on conflict (track_id) do update set
        state = 'waiting', message = null, tries = 0, due_at = now()
      returning track_id
    )
    select distinct t.connection_id as "connectionId"
    from enlisted as e join tracks as t on t.id = e.track_id`);

/** @returns the storages that these lie in. */
export const enlist = (tx: Tx, ids: readonly TrackId[]) => enlistWhere(tx, among(ids));

/** All that was edited and is not in its file, also what could not be written. */
export const enlistBeside = (tx: Tx, { bandId }: OfBand) =>
  enlistWhere(
    tx,
    sql`t.id in (${editedOf({ bandId })}) and t.state <> 'missing'
      and (w.state in ('failed', 'beside') or (w.track_id is null and t.edits is not null))`,
  );

/** Their files say something else than what is shown now. */
export async function markBeside(tx: Tx, ids: readonly TrackId[]): Promise<void> {
  await tx.execute(sql`
    update tag_writings as w set state = 'beside', message = null
    from tracks as t where t.id = w.track_id and ${among(ids)}`);
}

/** @returns the storages in which something waits. */
export const listWaiting = (db: Db | Tx, { bandId }: OfBand) =>
  db.execute<{ connectionId: ConnectionId } & Record<string, unknown>>(sql`
    select distinct t.connection_id as "connectionId"
    from tag_writings as w join tracks as t on t.id = w.track_id
    where w.band_id = ${bandId} and w.state = 'waiting'`);

/** After a scan they are tried at once. @returns whether any waits that may be written. */
export async function hasten(tx: Tx, connectionId: ConnectionId): Promise<boolean> {
  const rows = await tx.execute(sql`
    update tag_writings as w set due_at = now()
    from tracks as t join bands as b on b.id = t.band_id
    where w.track_id = t.id and w.state = 'waiting' and t.connection_id = ${connectionId}
      and b.writes_tags
    returning w.track_id`);
  return rows.length > 0;
}

/** What a track's file said before we wrote, and what we have put there. */
export interface Original {
  readonly tags: FileTags;
  readonly written: FileTags | null;
  readonly pending: FileTags | null;
}

export async function listOriginals(
  tx: Tx,
  ids: readonly TrackId[],
): Promise<Map<TrackId, Original>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.execute<Original & { id: TrackId } & Record<string, unknown>>(sql`
    select t.id, t.tags, w.written, w.pending -> 'tags' as pending
    from tag_writings as w join tracks as t on t.id = w.track_id
    where t.tags is not null and (w.written is not null or w.pending is not null) and ${among(ids)}`);
  return new Map(rows.map(({ id, ...original }) => [id, original]));
}

/** Somebody else has changed files that we had written: they say what those say. */
export async function forgetWritten(tx: Tx, ids: readonly TrackId[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.execute(sql`
    update tag_writings as w set written = null, pending = null,
      state = case when w.state = 'written' then 'beside' else w.state end
    from tracks as t where t.id = w.track_id and ${among(ids)}`);
}
