import { type SQL, sql } from "drizzle-orm";
import type { ConnectionId, ScanId } from "#contract/ids.ts";
import type { Db, Tx } from "#server/base/db.ts";
import type { Scope } from "./scope-store.ts";

/** For folders of a storage that has no tags, and says instead where something has changed. */
export const TOLD = "told";

/**
 * The tags of folders that need not be listed when they still have them, by ref. After a day none
 * counts: what changes behind the back of a storage (a disk that is mounted into it) moves no tag.
 * Those of a storage that tells of changes count only for who has asked it, and unless it has told
 * of something in or below them; new access is no reason to doubt them.
 */
export async function findTreeTags(
  db: Db,
  { connectionId, isWatched }: { connectionId: ConnectionId; isWatched: boolean },
): Promise<Map<string, string>> {
  const rows = await db.execute<{ ref: string; treeTag: string }>(sql`
    select k.ref, k.tree_tag as "treeTag"
    from known_folders as k
    join connections as c on c.id = k.connection_id
    where k.connection_id = ${connectionId} and k.listed_at > now() - interval '1 day'
      and case when k.tree_tag = ${TOLD} then ${isWatched}
        else c.credential_version = k.credential_version end
      and not exists (
        select from known_folders as s
        where s.connection_id = ${connectionId} and s.is_stale
          and (s.path = k.path or starts_with(s.path, k.path || '/'))
      )`);
  return new Map(rows.map((row) => [row.ref, row.treeTag]));
}

/** The files in and below folders that were not listed, because nothing in them has changed. */
export async function countUnchanged(
  tx: Tx,
  { id, connectionId }: Scope,
): Promise<{ found: number; libraryBytes: number }> {
  const [row] = await tx.execute<{ found: number; bytes: string }>(sql`
    select coalesce(sum(k.file_count), 0)::int as found,
      coalesce(sum(k.file_bytes), 0)::text as bytes
    from known_folders as k
    where k.connection_id = ${connectionId} and ${isUnchanged(id)}`);
  return { found: row?.found ?? 0, libraryBytes: Number(row?.bytes ?? 0) };
}

const isUnchanged = (scanId: ScanId): SQL => sql`exists (
  select from scan_folders as f
  where f.scan_id = ${scanId} and f.state = 'unchanged'
    and (k.ref = f.ref or starts_with(k.path, f.path || '/'))
)`;

/** Remembers the folders of a scan that is complete: all but those above one that failed. */
export async function saveKnownFolders(tx: Tx, { id, connectionId }: Scope): Promise<void> {
  await tx.execute(sql`
    delete from known_folders as k
    where k.connection_id = ${connectionId} and not ${isUnchanged(id)}`);
  await tx.execute(sql`
    with files as (
      select regexp_replace(path, '/?[^/]*$', '') as folder, count(*)::int as file_count,
        coalesce(sum(size_bytes), 0) as file_bytes
      from scan_entries where scan_id = ${id} group by 1
    )
    insert into known_folders (
      connection_id, ref, path, tree_tag, file_count, file_bytes, credential_version, listed_at
    )
    select s.connection_id, f.ref, f.path, f.tree_tag, coalesce(files.file_count, 0),
      coalesce(files.file_bytes, 0), c.credential_version, s.started_at
    from scans as s
    join connections as c on c.id = s.connection_id
    join scan_folders as f on f.scan_id = s.id and f.state = 'done' and f.tree_tag is not null
    left join files on files.folder = f.path
    where s.id = ${id} and not exists (
      select from scan_folders as below
      where below.scan_id = ${id} and below.state = 'failed'
        and starts_with(below.path, f.path || '/')
    )
    on conflict (connection_id, ref) do update set
      path = excluded.path, tree_tag = excluded.tree_tag, listed_at = excluded.listed_at,
      is_stale = false, file_count = excluded.file_count, file_bytes = excluded.file_bytes,
      credential_version = excluded.credential_version`);
}

export async function forgetFolders(tx: Tx, connectionId: ConnectionId): Promise<void> {
  await tx.execute(sql`delete from known_folders where connection_id = ${connectionId}`);
}

/**
 * Marks the folders in which something has happened, as `Changes.parts` names it.
 *
 * @returns false when nothing that is known here is concerned.
 */
export async function markStale(
  tx: Tx,
  connectionId: ConnectionId,
  parts: readonly string[],
): Promise<boolean> {
  const isNamed = (ref: SQL): SQL => sql`exists (
    select from json_array_elements_text(${JSON.stringify(parts)}::json) as p(part)
    where position(p.part in regexp_replace(${ref}, '^.*/', '')) > 0
  )`;
  const [row] = await tx.execute<{ isConcerned: boolean }>(sql`
    with homes as materialized (
      select distinct t.folder as path from tracks as t
      where t.connection_id = ${connectionId} and t.state <> 'missing' and ${isNamed(sql`t.ref`)}
    ), marked as (
      update known_folders as k set is_stale = true
      where k.connection_id = ${connectionId}
        and (${isNamed(sql`k.ref`)} or k.path in (select path from homes))
      returning 1
    )
    select exists (select from homes) or exists (select from marked) as "isConcerned"`);
  return row?.isConcerned ?? false;
}

/** The storage cannot say any more what has changed since, so that all of it is listed. */
export async function markAllTold(tx: Tx, connectionId: ConnectionId): Promise<void> {
  await tx.execute(sql`
    update known_folders set is_stale = true
    where connection_id = ${connectionId} and tree_tag = ${TOLD}`);
}
