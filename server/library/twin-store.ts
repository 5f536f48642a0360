import { type SQL, sql } from "drizzle-orm";
import type { BandId, ConnectionId, TrackId } from "#contract/ids.ts";
import type { Db, Tx } from "#server/base/db.ts";
import { holdRule } from "./naming-store.ts";
import { showAnew } from "./show-anew.ts";

/** Tracks that lose their place, of one band. */
export interface Leaving {
  readonly bandId: BandId;
  /** All of a connection that goes; `null`: those that are missing, of all connections. */
  readonly connectionId: ConnectionId | null;
}

/** A track that took the place of the same recording in another storage. */
export interface Kept {
  readonly connectionId: ConnectionId;
  /** Of the row that stood there until now. */
  readonly stoodSinceMs: number;
}

const isLeaving = ({ bandId, connectionId }: Leaving): SQL =>
  connectionId === null
    ? sql`t.band_id = ${bandId} and t.state = 'missing'`
    : sql`t.connection_id = ${connectionId}`;

/**
 * The same recordings in two storages of a band, by content. Of several copies each has one, in the
 * order of their paths; the primary storage comes first. What lies elsewhere in the very storage that
 * lost it is a copy of its own.
 */
const pairs = (leaving: Leaving): SQL => sql`
  leaving as (
    select t.id, t.connection_id, t.fingerprint, t.added_at,
      row_number() over (partition by t.fingerprint order by t.path, t.id) as turn
    from tracks as t
    where ${isLeaving(leaving)} and t.fingerprint is not null
  ), staying as (
    select o.id, o.connection_id, o.fingerprint, o.added_at,
      row_number() over (
        partition by o.fingerprint order by c.is_primary desc, o.path, o.id
      ) as turn
    from connections as c join tracks as o on o.connection_id = c.id
    where c.band_id = ${leaving.bandId}
      and (${leaving.connectionId}::uuid is null or c.id <> ${leaving.connectionId}::uuid)
      and o.state <> 'missing' and o.is_read
      and o.fingerprint in (select fingerprint from leaving)
      and not exists (
        select from leaving as l
        where l.fingerprint = o.fingerprint and l.connection_id = o.connection_id
      )
  ), pairs as (
    select l.id, s.id as twin, l.added_at < s.added_at as is_older
    from leaving as l join staying as s using (fingerprint, turn)
  )`;

/** What people have marked and counted of a row that goes, beside what they have of the other. */
const marks: readonly ((leaving: Leaving) => SQL)[] = [
  (leaving) => sql`
    with ${pairs(leaving)}
    insert into favourites (user_id, track_id, added_at)
    select f.user_id, p.id, f.added_at from favourites as f join pairs as p on p.twin = f.track_id
    where p.is_older
    on conflict (user_id, track_id) do nothing`,
  (leaving) => sql`
    with ${pairs(leaving)}
    insert into rehearsal_takes (track_id, rehearsal_id)
    select p.id, k.rehearsal_id from rehearsal_takes as k join pairs as p on p.twin = k.track_id
    where p.is_older
    on conflict (track_id) do nothing`,
  (leaving) => sql`
    with ${pairs(leaving)}
    update plays as l set track_id = p.id from pairs as p
    where l.track_id = p.twin and p.is_older`,
  (leaving) => sql`
    with ${pairs(leaving)}
    insert into listens (user_id, track_id, play_count, last_played_at)
    select l.user_id, p.id, l.play_count, l.last_played_at
    from listens as l join pairs as p on p.twin = l.track_id
    where p.is_older
    on conflict (user_id, track_id) do update set
      play_count = listens.play_count + excluded.play_count,
      last_played_at = greatest(listens.last_played_at, excluded.last_played_at)`,
];

/**
 * Lets tracks that lose their place take that of the same recording in another storage of the band.
 * Who has been in the library for longer stays who they are: a younger one leaves nothing behind,
 * and its row goes.
 */
export async function keepElsewhere(tx: Tx, leaving: Leaving): Promise<Kept[]> {
  await holdRule(tx, leaving);
  // Links to what has no row of its own any more lead to who takes its place.
  await tx.execute(sql`
    with ${pairs(leaving)}
    update shares as s set track_id = p.id from pairs as p
    where s.track_id = p.twin and p.is_older`);
  // Drawn is what lies where they go: the same bytes under the same entity tag.
  await tx.execute(sql`
    with ${pairs(leaving)}
    delete from waveforms as w using pairs as p where w.track_id = p.id and p.is_older`);
  await tx.execute(sql`
    with ${pairs(leaving)}
    update waveforms as w set track_id = p.id, lease = w.lease + 1, lease_until = null
    from pairs as p where w.track_id = p.twin and p.is_older`);
  // What was written is in the file that lies there.
  await tx.execute(sql`
    with ${pairs(leaving)}
    delete from tag_writings as w using pairs as p where w.track_id = p.id and p.is_older`);
  await tx.execute(sql`
    with ${pairs(leaving)}
    update tag_writings as w set track_id = p.id, lease = w.lease + 1, lease_until = null
    from pairs as p where w.track_id = p.twin and p.is_older`);
  await tx.execute(sql`
    with ${pairs(leaving)}
    update playlist_items as i set track_id = p.id from pairs as p
    where i.track_id = p.twin and p.is_older`);
  await tx.execute(sql`
    with ${pairs(leaving)}
    update comments as c set track_id = p.id from pairs as p
    where c.track_id = p.twin and p.is_older`);
  await tx.execute(sql`
    with ${pairs(leaving)}
    update track_edits as e set track_id = p.id from pairs as p
    where e.track_id = p.twin and p.is_older`);
  for (const passOn of marks) await tx.execute(passOn(leaving));
  const rows = await tx.execute<
    Kept & { id: TrackId; isEdited: boolean } & Record<string, unknown>
  >(sql`
    with ${pairs(leaving)}, dropped as (
      delete from tracks as t using pairs as p where t.id = p.twin and p.is_older
      returning t.*
    )
    update tracks as t set
      connection_id = d.connection_id, ref = d.ref, path = d.path, file_id = d.file_id,
      size_bytes = d.size_bytes, etag = d.etag, modified_at = d.modified_at, state = d.state,
      failure = d.failure, missing_since = null, is_read = d.is_read,
      is_named_by_path = d.is_named_by_path, title = d.title, artist = d.artist, album = d.album,
      album_artist = d.album_artist, track_number = d.track_number, disc_number = d.disc_number,
      year = d.year, genre = d.genre, duration_ms = d.duration_ms, codec = d.codec,
      bitrate_bps = d.bitrate_bps, sample_rate_hz = d.sample_rate_hz, channels = d.channels,
      cover_hash = d.cover_hash, sort_title = d.sort_title, sort_artist = d.sort_artist,
      sort_album = d.sort_album, sort_duration_ms = d.sort_duration_ms,
      search_text = d.search_text, artists = d.artists, genres = d.genres,
      artist_sort = d.artist_sort, album_sort = d.album_sort,
      album_artist_sort = d.album_artist_sort, is_compilation = d.is_compilation,
      details = d.details, tags_version = d.tags_version, recorded_on = d.recorded_on,
      tags = d.tags, edits = coalesce(d.edits || t.edits, d.edits, t.edits),
      edit_id = greatest(d.edit_id, t.edit_id), updated_at = now()
    from pairs as p join dropped as d on d.id = p.twin
    where t.id = p.id
    returning t.id, d.connection_id as "connectionId", t.edits is not null as "isEdited",
      (extract(epoch from d.added_at) * 1000)::float8 as "stoodSinceMs"`);
  const edited = rows.filter(({ isEdited }) => isEdited);
  await showAnew(
    tx,
    leaving,
    edited.map(({ id }) => id),
  );
  return rows.map(({ connectionId, stoodSinceMs }) => ({ connectionId, stoodSinceMs }));
}

/** How many recordings of a connection another storage of the band has too, of how many. */
export async function countElsewhere(
  db: Db,
  leaving: Leaving & { readonly connectionId: ConnectionId },
): Promise<{ readonly all: number; readonly elsewhere: number }> {
  const [row] = await db.execute<{ all: number; elsewhere: number }>(sql`
    with ${pairs(leaving)}
    select (select count(*) from pairs)::int as elsewhere,
      (select count(*) from tracks where connection_id = ${leaving.connectionId})::int as all`);
  return row ?? { all: 0, elsewhere: 0 };
}
