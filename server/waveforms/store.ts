import { and, eq, type SQL, sql } from "drizzle-orm";
import type { ConnectionId, TrackId } from "#contract/ids.ts";
import type { TrackState } from "#contract/library.ts";
import type { WaveformFailure, WaveformState } from "#contract/waveforms.ts";
import { members, tracks, waveforms, waveformVersion } from "#drizzle/schema/index.ts";
import type { Actor } from "#server/base/actor.ts";
import type { Db, Tx } from "#server/base/db.ts";

/** What is known of a track's waveform; without its bytes. */
export interface WaveformRow {
  readonly trackId: TrackId;
  readonly path: string;
  readonly trackState: TrackState;
  /** `null`: it was never asked for. */
  readonly state: WaveformState | null;
  readonly isWanted: boolean | null;
  /** Made of the file as it is now. */
  readonly isCurrent: boolean;
  readonly failure: WaveformFailure | null;
  readonly hash: string | null;
}

const columns = {
  trackId: tracks.id,
  path: tracks.path,
  trackState: tracks.state,
  state: waveforms.state,
  isWanted: waveforms.isWanted,
  isCurrent: sql<boolean>`${waveforms.version} is not distinct from (
    select ${waveformVersion} from ${tracks} as t where t.id = ${tracks}.id)`,
  failure: waveforms.failure,
  hash: waveforms.hash,
};

/** @returns `undefined` for a track that the actor's bands do not have. */
export async function findWaveform(
  db: Db,
  actor: Actor,
  id: TrackId,
): Promise<WaveformRow | undefined> {
  const [row] = await db
    .select(columns)
    .from(tracks)
    .innerJoin(members, and(eq(members.bandId, tracks.bandId), eq(members.userId, actor.userId)))
    .leftJoin(waveforms, eq(waveforms.trackId, tracks.id))
    .where(eq(tracks.id, id));
  return row;
}

/** For whoever was let in to this very track otherwise. */
export async function findWaveformOf(db: Db, id: TrackId): Promise<WaveformRow | undefined> {
  const [row] = await db
    .select(columns)
    .from(tracks)
    .leftJoin(waveforms, eq(waveforms.trackId, tracks.id))
    .where(eq(tracks.id, id));
  return row;
}

/** @returns `undefined` when it is another one by now. */
export async function findPeaks(db: Db, id: TrackId, hash: string) {
  const [row] = await db
    .select({
      sampleRateHz: waveforms.sampleRateHz,
      samplesPerPixel: waveforms.samplesPerPixel,
      peaks: waveforms.peaks,
    })
    .from(waveforms)
    .where(and(eq(waveforms.trackId, id), eq(waveforms.hash, hash)));
  return row;
}

/** All that has none yet, or one of another version of its file. @returns how many. */
export async function enlist(tx: Tx, connectionId: ConnectionId | null): Promise<number> {
  return enlistWhere(
    tx,
    connectionId === null ? sql`true` : sql`t.connection_id = ${connectionId}`,
  );
}

/** One that somebody has opened comes first. */
export async function want(tx: Tx, trackId: TrackId): Promise<void> {
  await enlistWhere(tx, sql`t.id = ${trackId}`);
  await tx.execute(sql`
    update waveforms set is_wanted = true, due_at = now(), updated_at = now()
    where track_id = ${trackId} and state = 'waiting' and not is_wanted`);
}

async function enlistWhere(tx: Tx, which: SQL): Promise<number> {
  const rows = await tx.execute<{ id: string }>(sql`
    insert into waveforms (track_id, band_id, added_at, state, version)
    select t.id, t.band_id, t.added_at, 'waiting', ${waveformVersion} from tracks as t
    where ${which} and t.state = 'present' and t.is_read and t.fingerprint is not null
      and not exists (
        select from waveforms as w where w.track_id = t.id and w.version = ${waveformVersion}
      )
    on conflict (track_id) do update set
      state = 'waiting', version = excluded.version, tries = 0, due_at = now(),
      lease = waveforms.lease + 1, lease_until = null, failure = null, hash = null,
      sample_rate_hz = null, samples_per_pixel = null, peaks = null, updated_at = now()
    returning track_id as id`);
  return rows.length;
}
