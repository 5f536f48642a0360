import { sql } from "drizzle-orm";
import type { BandId, ConnectionId, ScanId } from "#contract/ids.ts";
import type { Tx } from "#server/base/db.ts";
import { type NamedRow, namedColumns, type ShowRow } from "./shown-store.ts";

/** Which scan's entries are compared with which connection's tracks. */
export interface Merging {
  readonly scanId: ScanId;
  readonly connectionId: ConnectionId;
}

/** A track whose file is not as or where it was. */
export interface ChangedRow extends Omit<NamedRow, "connectionId" | "editId" | "rootPath"> {
  readonly oldPath: string;
  readonly isMoved: boolean;
  readonly isChanged: boolean;
}

export interface NewEntry {
  readonly ref: string;
  readonly path: string;
}

export type NewTrack = ShowRow & { readonly ref: string };

/** Another version of the file: by size and validator, or by size and date where there is none. */
const isChanged = sql`(
  (e.size_bytes is not null and e.size_bytes <> t.size_bytes)
  or case
    when e.etag is not null and t.etag is not null
      then regexp_replace(e.etag, '^W/', '') <> regexp_replace(t.etag, '^W/', '')
    else e.modified_at is distinct from t.modified_at
  end
)`;

const isTaken = sql`exists (
  select from scan_entries as s where s.scan_id = e.scan_id and s.track_id = t.id
)`;

/**
 * Finds the track that each listed file is: the one at the same place, unless its id says that it
 * is another file (that one was found by `insertEntries`); else the one with the same id, wherever
 * it was; else the one at the same place after all, which was replaced. A file without a track is
 * new.
 */
export async function matchEntries(tx: Tx, { scanId, connectionId }: Merging): Promise<void> {
  await tx.execute(sql`
    with files as (
      select ref, file_id, row_number() over (partition by file_id order by ref) as turn
      from scan_entries
      where scan_id = ${scanId} and track_id is null and file_id is not null
    ), candidates as (
      select t.id, t.file_id,
        row_number() over (
          partition by t.file_id order by t.state = 'missing', t.added_at, t.id
        ) as turn
      from tracks as t
      where t.connection_id = ${connectionId} and t.file_id in (select file_id from files)
        and not exists (
          select from scan_entries as s where s.scan_id = ${scanId} and s.track_id = t.id
        )
    )
    update scan_entries as e set track_id = c.id
    from files as f join candidates as c using (file_id, turn)
    where e.scan_id = ${scanId} and e.ref = f.ref`);
  await tx.execute(sql`
    update scan_entries as e set track_id = t.id from tracks as t
    where e.scan_id = ${scanId} and e.track_id is null
      and t.connection_id = ${connectionId} and t.ref = e.ref and not ${isTaken}`);
}

/**
 * Marks tracks as missing whose place another known file has taken, as its id says, and frees the
 * place. Those are gone for certain.
 *
 * @returns how many were still present.
 */
export async function markDisplaced(tx: Tx, { scanId, connectionId }: Merging): Promise<number> {
  const [row] = await tx.execute<{ count: number }>(sql`
    with displaced as (
      select t.id, t.state as before
      from scan_entries as e join tracks as t on t.connection_id = ${connectionId} and t.ref = e.ref
      where e.scan_id = ${scanId} and e.file_id is not null and e.track_id <> t.id
        and not ${isTaken}
      for update of t
    ), marked as (
      update tracks as t
      set ref = 'gone/' || t.id, state = 'missing', updated_at = now(),
        missing_since = coalesce(t.missing_since, now())
      from displaced as d where t.id = d.id
      returning d.before
    )
    select (count(*) filter (where before <> 'missing'))::int as count from marked`);
  return row?.count ?? 0;
}

/**
 * Brings the rows of known files in step with what was listed: place, size, validators, and that
 * they are there. What is as it was is not touched.
 *
 * @returns those with another path or content; the new path is in their row already.
 */
export const updateMatched = (
  tx: Tx,
  { scanId, connectionId }: Merging,
): Promise<readonly ChangedRow[]> =>
  tx.execute<ChangedRow & Record<string, unknown>>(sql`
    with matched as (
      select t.id, t.path as old_path, e.ref, e.path, e.file_id, e.size_bytes, e.etag,
        e.modified_at, t.ref <> e.ref as is_moved, ${isChanged} as is_changed
      from scan_entries as e join tracks as t on t.id = e.track_id
      where e.scan_id = ${scanId} and t.connection_id = ${connectionId}
        and (t.ref <> e.ref or t.path <> e.path or t.state = 'missing' or ${isChanged}
          or (e.file_id is not null and t.file_id is distinct from e.file_id)
          or (e.etag is not null and t.etag is distinct from e.etag))
      for update of t
    ), updated as (
      update tracks as t set
        ref = m.ref, path = m.path, file_id = coalesce(m.file_id, t.file_id),
        size_bytes = coalesce(m.size_bytes, t.size_bytes), etag = m.etag,
        modified_at = m.modified_at, is_read = t.is_read and not m.is_changed,
        state = case when t.failure is null then 'present' else 'failed' end,
        missing_since = null, updated_at = now()
      from matched as m where t.id = m.id
      returning t.*, m.old_path, m.is_moved, m.is_changed
    )
    select ${namedColumns}, t.old_path as "oldPath", t.is_moved as "isMoved",
      t.is_changed as "isChanged"
    from updated as t where t.is_moved or t.is_changed or t.old_path <> t.path`);

/** Listed files that no track stands for yet. */
export const listNewEntries = (
  tx: Tx,
  scanId: ScanId,
  limit: number,
): Promise<readonly NewEntry[]> =>
  tx.execute<NewEntry & Record<string, unknown>>(sql`
    select ref, path from scan_entries
    where scan_id = ${scanId} and track_id is null order by ref limit ${limit}`);

/** New tracks, unread, with what their entries say of the file. */
export async function insertTracks(
  tx: Tx,
  { scanId, connectionId, bandId }: Merging & { readonly bandId: BandId },
  rows: readonly NewTrack[],
): Promise<void> {
  await tx.execute(sql`
    with n as (
      select * from json_to_recordset(${JSON.stringify(rows)}::json) as n(
        id uuid, ref text, title text, artist text, album text, "discNumber" int,
        "trackNumber" int, year int, genre text, "recordedOn" date, tags jsonb, "sortTitle" text,
        "sortArtist" text, "sortAlbum" text, "searchText" text
      )
    ), taken as (
      update scan_entries as e set track_id = n.id from n
      where e.scan_id = ${scanId} and e.ref = n.ref
      returning e.*
    )
    insert into tracks (
      id, band_id, connection_id, ref, path, file_id, size_bytes, etag, modified_at, state,
      is_read, is_named_by_path, title, artist, album, disc_number, track_number, year, genre,
      recorded_on, tags, sort_title, sort_artist, sort_album, sort_duration_ms, search_text
    )
    select n.id, ${bandId}, ${connectionId}, e.ref, e.path, e.file_id, coalesce(e.size_bytes, 0),
      e.etag, e.modified_at, 'present', false, true, n.title, n.artist, n.album, n."discNumber",
      n."trackNumber", n.year, n.genre, n."recordedOn", n.tags, n."sortTitle", n."sortArtist",
      n."sortAlbum", 2147483647, n."searchText"
    from n join taken as e on e.ref = n.ref`);
}
