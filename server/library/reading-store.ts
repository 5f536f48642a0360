import { sql } from "drizzle-orm";
import type { FileTags } from "#contract/edits.ts";
import type { TrackId } from "#contract/ids.ts";
import type { Db, Tx } from "#server/base/db.ts";
import type { KnownTrack, Place } from "./reunion.ts";
import { isAmongGone, isGone, isLookedInto, isThere, type Scope } from "./scope-store.ts";
import type { ShownRow } from "./shown.ts";
import { TAGS_VERSION, type Tags } from "./tags.ts";

export interface UnreadRow {
  readonly id: TrackId;
  readonly ref: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly etag: string | null;
  readonly modifiedAt: Date | null;
}

interface Looked {
  readonly id: TrackId;
  readonly fingerprint: string | null;
  /** `null` when they were as listed. */
  readonly facts: {
    readonly sizeBytes: number;
    readonly etag: string | null;
    readonly modifiedAt: Date | null;
  } | null;
}

/** What was read, as columns take it. */
export interface ReadRow extends Looked, Omit<Tags, keyof ShownRow>, ShownRow {
  readonly tags: FileTags;
  readonly coverHash: string | null;
}

/** A file that cannot be played. What is known of it otherwise stays. */
export interface FailedRow extends Looked {
  readonly failure: string;
  /** False for what is worth another try by the next scan. */
  readonly isRead: boolean;
}

/** As the index has it, so that it is found: the version is part of the statement, and no parameter. */
const isUnread = sql.raw(`(not t.is_read or t.tags_version < ${TAGS_VERSION})`);

export async function countUnread(db: Db | Tx, scope: Scope): Promise<number> {
  const [row] = await db.execute<{ count: number }>(sql`
    select count(*)::int as count from tracks as t
    where t.connection_id = ${scope.connectionId} and ${isUnread} and ${isThere(scope)}`);
  return row?.count ?? 0;
}

/** Files that are there and whose tags are to be read, a page of them. */
export async function listUnread(
  db: Db,
  scope: Scope,
  page: { readonly after: TrackId | null; readonly limit: number },
): Promise<UnreadRow[]> {
  const rows = await db.execute<{
    id: TrackId;
    ref: string;
    path: string;
    sizeBytes: string;
    etag: string | null;
    modifiedAtMs: number | null;
  }>(sql`
    select t.id, t.ref, t.path, t.size_bytes::text as "sizeBytes", t.etag,
      (extract(epoch from t.modified_at) * 1000)::float8 as "modifiedAtMs"
    from tracks as t
    where t.connection_id = ${scope.connectionId} and ${isUnread} and ${isThere(scope)}
      and t.id > coalesce(${page.after}::uuid, '00000000-0000-0000-0000-000000000000')
    order by t.id limit ${page.limit}`);
  return rows.map(({ modifiedAtMs, sizeBytes, ...row }) => ({
    ...row,
    sizeBytes: Number(sizeBytes),
    modifiedAt: modifiedAtMs === null ? null : new Date(modifiedAtMs),
  }));
}

/**
 * The tracks at the places that were read, and those that one of the contents may belong to: the
 * same content when they were last read, and gone or not read since.
 */
export async function listKnown(
  tx: Tx,
  scope: Scope,
  refs: readonly string[],
  fingerprints: readonly string[],
): Promise<KnownTrack[]> {
  const rows = await tx.execute<
    Place & Omit<KnownTrack, "place"> & { sizeBytes: string } & Record<string, unknown>
  >(sql`
    with sought as (
      select id from tracks
      where connection_id = ${scope.connectionId}
        and ref = any(array(select json_array_elements_text(${JSON.stringify(refs)}::json)))
      union
      select t.id from tracks as t
      where t.connection_id = ${scope.connectionId}
        and t.fingerprint = any(array(
          select json_array_elements_text(${JSON.stringify(fingerprints)}::json)
        ))
        and (${isGone(scope)} or (${isThere(scope)} and not t.is_read))
    )
    select t.id, t.fingerprint, t.is_read as "isRead", ${isThere(scope)} as "isThere", t.ref,
      t.path, t.file_id as "fileId", t.size_bytes::text as "sizeBytes", t.etag,
      t.modified_at as "modifiedAt", t.state = 'missing' as "isMissing",
      t.missing_since as "missingSince"
    from tracks as t join sought using (id) order by t.id for update of t`);
  return rows.map(({ id, fingerprint, isRead, isThere: isStill, ...place }) => ({
    id,
    fingerprint,
    isRead,
    isThere: isStill,
    place: { ...place, sizeBytes: Number(place.sizeBytes) },
  }));
}

export async function deleteTracks(tx: Tx, ids: readonly TrackId[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.execute(sql`
    delete from tracks
    where id in (select json_array_elements_text(${JSON.stringify(ids)}::json)::uuid)`);
}

export async function savePlaces(tx: Tx, placed: ReadonlyMap<TrackId, Place>): Promise<void> {
  if (placed.size === 0) return;
  const rows = [...placed].map(([id, place]) => ({ id, ...place }));
  await tx.execute(sql`
    update tracks as t set
      ref = p.ref, path = p.path, file_id = p."fileId", size_bytes = p."sizeBytes", etag = p.etag,
      modified_at = p."modifiedAt", missing_since = p."missingSince", updated_at = now(),
      state = case
        when p."isMissing" then 'missing' when t.failure is null then 'present' else 'failed'
      end
    from json_to_recordset(${JSON.stringify(rows)}::json) as p(
      id uuid, ref text, path text, "fileId" text, "sizeBytes" bigint, etag text,
      "modifiedAt" timestamptz, "isMissing" boolean, "missingSince" timestamptz
    )
    where t.id = p.id`);
}

const looked = sql`
  fingerprint = coalesce(r.fingerprint, t.fingerprint),
  size_bytes = coalesce((r.facts ->> 'sizeBytes')::bigint, t.size_bytes),
  etag = case when r.facts is null then t.etag else r.facts ->> 'etag' end,
  modified_at = case
    when r.facts is null then t.modified_at else (r.facts ->> 'modifiedAt')::timestamptz
  end,
  tags_version = ${sql.raw(String(TAGS_VERSION))},
  updated_at = now()`;

export async function saveRead(tx: Tx, rows: readonly ReadRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.execute(sql`
    update tracks as t set ${looked},
      state = 'present', failure = null, is_read = true, is_named_by_path = r."isNamedByPath",
      title = r.title, artist = r.artist, album = r.album, album_artist = r."albumArtist",
      track_number = r."trackNumber", disc_number = r."discNumber", year = r.year,
      genre = r.genre, recorded_on = r."recordedOn", tags = r.tags, duration_ms = r."durationMs", codec = r.codec,
      bitrate_bps = r."bitrateBps", sample_rate_hz = r."sampleRateHz", channels = r.channels,
      cover_hash = r."coverHash", sort_title = r."sortTitle", sort_artist = r."sortArtist",
      sort_album = r."sortAlbum", sort_duration_ms = r."sortDurationMs",
      search_text = r."searchText", artists = r.artists, genres = r.genres,
      artist_sort = r."artistSort", album_sort = r."albumSort",
      album_artist_sort = r."albumArtistSort",
      is_compilation = coalesce(r."isCompilation", false), details = r.details
    from json_to_recordset(${JSON.stringify(rows)}::json) as r(
      id uuid, fingerprint text, facts json, "isNamedByPath" boolean, title text, artist text,
      album text, "albumArtist" text, "trackNumber" int, "discNumber" int, year int, genre text,
      "recordedOn" date, tags jsonb, "durationMs" int, codec text, "bitrateBps" int, "sampleRateHz" int, channels int,
      "coverHash" text, "sortTitle" text, "sortArtist" text, "sortAlbum" text,
      "sortDurationMs" int, "searchText" text, artists text[], genres text[], "artistSort" text,
      "albumSort" text, "albumArtistSort" text, "isCompilation" boolean, details jsonb
    )
    where t.id = r.id`);
}

export async function saveFailed(tx: Tx, rows: readonly FailedRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.execute(sql`
    update tracks as t set ${looked},
      state = 'failed', failure = r.failure, is_read = r."isRead"
    from json_to_recordset(${JSON.stringify(rows)}::json) as r(
      id uuid, fingerprint text, facts json, failure text, "isRead" boolean
    )
    where t.id = r.id`);
}

/** How many tracks there are that are not missing, and how many of them were not found again. */
export async function countGone(tx: Tx, scope: Scope): Promise<{ present: number; gone: number }> {
  const [row] = await tx.execute<{ present: number; gone: number }>(sql`
    select count(*)::int as present,
      (count(*) filter (where e.ref is null and ${isLookedInto(scope)}))::int as gone
    from tracks as t left join scan_entries as e on e.scan_id = ${scope.id} and e.ref = t.ref
    where t.connection_id = ${scope.connectionId} and t.state <> 'missing'`);
  return row ?? { present: 0, gone: 0 };
}

export async function markMissing(tx: Tx, scope: Scope): Promise<void> {
  await tx.execute(sql`
    update tracks as t set state = 'missing', missing_since = now(), updated_at = now()
    where t.connection_id = ${scope.connectionId} and t.state <> 'missing'
      and ${isAmongGone(scope)}`);
}
