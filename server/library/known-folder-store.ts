import { type SQL, sql } from "drizzle-orm";
import type { ConnectionId, ScanId } from "#contract/ids.ts";
import type { Db, Tx } from "#server/base/db.ts";
import type { Scope } from "./scope-store.ts";

/**
 * The tags of folders that need not be listed when they still have them, by ref. After a day none
 * counts: what changes behind the back of a storage (a disk that is mounted into it) moves no tag.
 */
export async function findTreeTags(
  db: Db,
  connectionId: ConnectionId,
): Promise<Map<string, string>> {
  const rows = await db.execute<{ ref: string; treeTag: string }>(sql`
    select k.ref, k.tree_tag as "treeTag"
    from known_folders as k
    join connections as c on c.id = k.connection_id and c.credential_version = k.credential_version
    where k.connection_id = ${connectionId} and k.listed_at > now() - interval '1 day'`);
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
      file_count = excluded.file_count, file_bytes = excluded.file_bytes,
      credential_version = excluded.credential_version`);
}

export async function forgetFolders(tx: Tx, connectionId: ConnectionId): Promise<void> {
  await tx.execute(sql`delete from known_folders where connection_id = ${connectionId}`);
}
