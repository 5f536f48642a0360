import { type SQL, sql } from "drizzle-orm";
import type { FileTags } from "#contract/edits.ts";
import type { ConnectionId, EditId, TrackId } from "#contract/ids.ts";
import type { TagWritingState } from "#contract/tag-writing.ts";
import { type PendingFile, waveformVersion } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";
import type { StoredFile } from "#server/storage/stored.ts";

/** One process's hold of a track whose file is written. */
export interface HeldWriting {
  readonly trackId: TrackId;
  readonly lease: number;
  /** With this one. */
  readonly tries: number;
  readonly editId: EditId | null;
  readonly pending: PendingFile | null;
  readonly connectionId: ConnectionId;
  readonly storageName: string;
  readonly ref: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly etag: string | null;
  readonly modifiedAtMs: number | null;
  /** What it is to say. */
  readonly shown: FileTags;
}

const LEASE_SECONDS = 60;
const FIRST_PAUSE_SECONDS = 30;
const LONGEST_PAUSE_SECONDS = 3_600;

/**
 * Takes one that is due, if its band still wants it. Counts as a try, and is not due again at once: what
 * ends the process does not end it again and again.
 */
export async function takeNext(
  tx: Tx,
  connectionId: ConnectionId,
): Promise<HeldWriting | undefined> {
  const [row] = await tx.execute<HeldWriting & Record<string, unknown>>(sql`
    with next as (
      select w.track_id, c.name
      from tag_writings as w
      join tracks as t on t.id = w.track_id
      join connections as c on c.id = t.connection_id
      join bands as b on b.id = t.band_id
      where w.state = 'waiting' and w.due_at <= now() and t.connection_id = ${connectionId}
        and (w.lease_until is null or w.lease_until < clock_timestamp())
        and (t.state = 'present' or w.pending is not null) and t.is_read and b.writes_tags
      order by w.due_at, w.track_id limit 1
      for update of w skip locked
    )
    update tag_writings as w set
      lease = w.lease + 1, tries = w.tries + 1,
      due_at = now() + make_interval(
        secs => least(${FIRST_PAUSE_SECONDS} * power(2, least(w.tries, 16)), ${LONGEST_PAUSE_SECONDS})
      ),
      lease_until = clock_timestamp() + make_interval(secs => ${LEASE_SECONDS})
    from next as n join tracks as t on t.id = n.track_id
    where w.track_id = n.track_id
    returning w.track_id as "trackId", w.lease, w.tries, w.pending, t.edit_id as "editId",
      t.connection_id as "connectionId", n.name as "storageName", t.ref, t.path,
      t.size_bytes::float8 as "sizeBytes", t.etag,
      (extract(epoch from t.modified_at) * 1000)::float8 as "modifiedAtMs",
      json_strip_nulls(json_build_object(
        'title', case when jsonb_typeof(t.edits -> 'title') = 'null' then null else t.title end, 'artist', t.artist, 'artists', t.artists, 'album', t.album,
        'albumArtist', t.album_artist, 'trackNumber', t.track_number, 'discNumber', t.disc_number,
        'year', t.year, 'genre', t.genre, 'genres', t.genres, 'artistSort', t.artist_sort,
        'albumSort', t.album_sort, 'albumArtistSort', t.album_artist_sort
      )) as shown`);
  return row;
}

/** False: another process has it. */
export async function renewLease(tx: Tx, held: HeldWriting): Promise<boolean> {
  const rows = await tx.execute(sql`
    update tag_writings as w set
      lease_until = clock_timestamp() + make_interval(secs => ${LEASE_SECONDS})
    where ${isHeld(held)} returning w.track_id`);
  return rows.length > 0;
}

const isHeld = ({ trackId, lease }: HeldWriting): SQL =>
  sql`w.track_id = ${trackId} and w.lease = ${lease}`;

export async function savePending(
  tx: Tx,
  held: HeldWriting,
  pending: PendingFile,
): Promise<boolean> {
  const rows = await tx.execute(sql`
    update tag_writings as w set pending = ${JSON.stringify(pending)}::jsonb
    where ${isHeld(held)} returning w.track_id`);
  return rows.length > 0;
}

export type NewFacts = Pick<StoredFile, "sizeBytes" | "etag" | "modifiedAt" | "fileId"> & {
  readonly fingerprint: string;
};

/**
 * The library knows the new version as its own: nothing of it is to be read, and what is drawn of the
 * sound, which is the same, stays.
 */
export async function saveFacts(tx: Tx, held: HeldWriting, facts: NewFacts): Promise<void> {
  const { trackId, connectionId, ref } = held;
  const [before] = await tx.execute<{ version: string }>(sql`
    select ${waveformVersion} as version from tracks as t
    where t.id = ${trackId} and t.connection_id = ${connectionId} and t.ref = ${ref}
    for no key update`);
  if (!before) return;
  await tx.execute(sql`
    update tracks as t set
      size_bytes = coalesce(${facts.sizeBytes}::bigint, t.size_bytes), etag = ${facts.etag}, fingerprint = ${facts.fingerprint},
      modified_at = ${facts.modifiedAt?.toISOString() ?? null}::timestamptz,
      file_id = coalesce(${facts.fileId}, t.file_id), updated_at = now()
    where t.id = ${trackId}`);
  await tx.execute(sql`
    update waveforms as w set version = ${waveformVersion}
    from tracks as t
    where t.id = w.track_id and w.track_id = ${trackId} and w.version = ${before.version}`);
}

/** @param tags - what the file says now. Whoever was edited meanwhile waits on. */
export async function saveWritten(
  tx: Tx,
  held: HeldWriting,
  tags: FileTags,
  isAll: boolean,
): Promise<void> {
  await tx.execute(sql`
    update tag_writings as w set
      written = ${JSON.stringify(tags)}::jsonb, pending = null, lease_until = null, tries = 0,
      message = null, due_at = now(), written_at = now(),
      state = case
        when ${isAll} and t.edit_id is not distinct from ${held.editId}::uuid then 'written'
        when w.state = 'beside' then 'beside' else 'waiting'
      end
    from tracks as t where t.id = w.track_id and ${isHeld(held)}`);
}

/** @returns false when it is not ours to say any more. */
export async function saveTrouble(
  tx: Tx,
  held: HeldWriting,
  { state, message }: { readonly state: TagWritingState; readonly message: string },
): Promise<boolean> {
  const rows = await tx.execute(sql`
    update tag_writings as w set lease_until = null, message = ${message},
      state = case when w.state = 'waiting' then ${state} else w.state end
    where ${isHeld(held)} returning w.track_id`);
  return rows.length > 0;
}

/** It was nobody's fault: as if it had not been taken. */
export async function release(tx: Tx, held: HeldWriting): Promise<void> {
  await tx.execute(sql`
    update tag_writings as w set lease_until = null, tries = w.tries - 1, due_at = now()
    where ${isHeld(held)}`);
}

export interface NextDue {
  readonly seconds: number;
  /** Somebody is at one, or was killed over it. */
  readonly isHeld: boolean;
}

/** When the next of a storage is due; `undefined` when nothing waits. */
export async function findNextDue(
  db: Db | Tx,
  connectionId: ConnectionId,
): Promise<NextDue | undefined> {
  const [row] = await db.execute<{ seconds: number | null; isHeld: boolean | null }>(sql`
    select ceil(extract(epoch from min(w.due_at) - now()))::int as seconds,
      bool_or(w.lease_until is not null) as "isHeld"
    from tag_writings as w join tracks as t on t.id = w.track_id join bands as b on b.id = t.band_id
    where w.state = 'waiting' and t.connection_id = ${connectionId} and b.writes_tags
      and (t.state = 'present' or w.pending is not null) and t.is_read`);
  const { seconds, isHeld } = row ?? { seconds: null, isHeld: null };
  return seconds === null ? undefined : { seconds, isHeld: isHeld === true };
}
