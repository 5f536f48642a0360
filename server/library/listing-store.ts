import { and, eq, sql } from "drizzle-orm";
import type { ScanId } from "#contract/ids.ts";
import { scanFolders } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";
import type { Scope } from "./scope-store.ts";

export interface FolderRow {
  /** The empty string is the top of the storage. */
  readonly ref: string;
  readonly path: string;
  readonly state: "waiting" | "done" | "unchanged" | "failed";
}

/** A folder that was met; `unchanged` needs no look into it. */
export interface FoundFolder extends FolderRow {
  readonly state: "waiting" | "unchanged";
  readonly treeTag: string | null;
}

export interface FolderOutcome extends FolderRow {
  readonly failure: string | null;
  readonly coverRef: string | null;
}

export interface EntryRow {
  readonly ref: string;
  readonly path: string;
  readonly fileId: string | null;
  readonly sizeBytes: number | null;
  readonly etag: string | null;
  readonly modifiedAt: Date | null;
}

export const listFolders = (db: Db, scanId: ScanId): Promise<FolderRow[]> =>
  db
    .select({ ref: scanFolders.ref, path: scanFolders.path, state: scanFolders.state })
    .from(scanFolders)
    .where(eq(scanFolders.scanId, scanId));

/** @returns how many of them were new, and how many of those are done with. */
export async function insertFolders(
  tx: Tx,
  scanId: ScanId,
  folders: readonly FoundFolder[],
): Promise<{ found: number; done: number }> {
  const [row] = await tx.execute<{ found: number; done: number }>(sql`
    with inserted as (
      insert into scan_folders (scan_id, ref, path, state, tree_tag)
      select ${scanId}, f.ref, f.path, f.state, f."treeTag"
      from json_to_recordset(${JSON.stringify(folders)}::json)
        as f(ref text, path text, state text, "treeTag" text)
      on conflict do nothing
      returning state
    )
    select count(*)::int as found,
      (count(*) filter (where state = 'unchanged'))::int as done
    from inserted`);
  return row ?? { found: 0, done: 0 };
}

export async function saveFolders(
  tx: Tx,
  scanId: ScanId,
  outcomes: readonly FolderOutcome[],
): Promise<void> {
  await tx.execute(sql`
    update scan_folders as f
    set state = o.state, failure = o.failure, cover_ref = o."coverRef"
    from json_to_recordset(${JSON.stringify(outcomes)}::json)
      as o(ref text, state text, failure text, "coverRef" text)
    where f.scan_id = ${scanId} and f.ref = o.ref`);
}

/**
 * Inserts files with the tracks at the same places, unless their ids say that they are others:
 * `matchEntries` looks for the rest.
 *
 * @returns how many files were new, and their size in all.
 */
export async function insertEntries(
  tx: Tx,
  { id, connectionId }: Scope,
  entries: readonly EntryRow[],
): Promise<{ found: number; libraryBytes: number }> {
  const [row] = await tx.execute<{ found: number; bytes: string }>(sql`
    with inserted as (
      insert into scan_entries (
        scan_id, ref, path, file_id, size_bytes, etag, modified_at, track_id
      )
      select ${id}, e.ref, e.path, e."fileId", e."sizeBytes", e.etag, e."modifiedAt", t.id
      from json_to_recordset(${JSON.stringify(entries)}::json) as e(
        ref text, path text, "fileId" text, "sizeBytes" bigint, etag text, "modifiedAt" timestamptz
      )
      left join tracks as t on t.connection_id = ${connectionId} and t.ref = e.ref
        and (e."fileId" is null or t.file_id is null or t.file_id = e."fileId")
      on conflict do nothing
      returning size_bytes
    )
    select count(*)::int as found, coalesce(sum(size_bytes), 0)::text as bytes from inserted`);
  return { found: row?.found ?? 0, libraryBytes: Number(row?.bytes ?? 0) };
}

export const listFailedFolders = (
  db: Db | Tx,
  scanId: ScanId,
): Promise<{ path: string; failure: string | null }[]> =>
  db
    .select({ path: scanFolders.path, failure: scanFolders.failure })
    .from(scanFolders)
    .where(and(eq(scanFolders.scanId, scanId), eq(scanFolders.state, "failed")))
    .orderBy(scanFolders.path)
    .limit(20);
