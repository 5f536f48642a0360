import { and, eq, inArray, sql } from "drizzle-orm";
import type { ConnectionId, TrackId } from "#contract/ids.ts";
import type { WaveformFailure } from "#contract/waveforms.ts";
import { tracks, waveforms } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";
import type { Peaks } from "./peaks.ts";

/** One process's hold of a track that is drawn. */
export interface HeldWaveform {
  readonly trackId: TrackId;
  readonly lease: number;
  readonly connectionId: ConnectionId;
  readonly ref: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly etag: string | null;
  /** With this one. */
  readonly tries: number;
}

export const LEASE_SECONDS = 30;

/**
 * Takes the one whose turn it is: what somebody waits for, then the newest. Counts as a try, so that
 * what ends the process does not end it for ever.
 *
 * @param resting - storages that are left in peace for now.
 */
export async function takeNext(
  tx: Tx,
  resting: readonly ConnectionId[],
): Promise<HeldWaveform | undefined> {
  const [row] = await tx.execute<HeldWaveform & Record<string, unknown>>(sql`
    with next as (
      select w.track_id, t.connection_id, t.ref, t.path, t.size_bytes, t.etag
      from waveforms as w
      join tracks as t on t.id = w.track_id
      join connections as c on c.id = t.connection_id
      where w.state = 'waiting' and w.due_at <= now()
        and (w.lease_until is null or w.lease_until < clock_timestamp())
        and t.state = 'present' and t.is_read and c.has_root and c.paused_at is null
        and c.health <> 'needs_reconnect'
        and c.id not in (
          select value::uuid from jsonb_array_elements_text(${JSON.stringify(resting)}::jsonb)
        )
      order by w.is_wanted desc nulls last, w.added_at desc nulls last
      limit 1
      for update of w skip locked
    )
    update waveforms as w set
      lease = w.lease + 1, tries = w.tries + 1,
      lease_until = clock_timestamp() + make_interval(secs => ${LEASE_SECONDS})
    from next as n where w.track_id = n.track_id
    returning w.track_id as "trackId", w.lease, w.tries, n.connection_id as "connectionId",
      n.ref, n.path, n.size_bytes::float8 as "sizeBytes", n.etag`);
  return row;
}

const isHeld = ({ trackId, lease }: HeldWaveform) =>
  and(eq(waveforms.trackId, trackId), eq(waveforms.lease, lease), eq(waveforms.state, "waiting"));

/** False: somebody else has it, or its file is another one. */
export async function renewLease(tx: Tx, held: HeldWaveform): Promise<boolean> {
  const rows = await tx
    .update(waveforms)
    .set({ leaseUntil: sql`clock_timestamp() + make_interval(secs => ${LEASE_SECONDS})` })
    .where(isHeld(held))
    .returning({ id: waveforms.trackId });
  return rows.length > 0;
}

export async function saveMade(
  tx: Tx,
  held: HeldWaveform,
  { sampleRateHz, samplesPerPixel, pairs, hash }: Peaks & { readonly hash: string },
): Promise<void> {
  await tx
    .update(waveforms)
    .set({
      state: "made",
      leaseUntil: null,
      isWanted: false,
      ...{ hash, sampleRateHz, samplesPerPixel },
      peaks: Buffer.from(pairs.buffer, pairs.byteOffset, pairs.length),
      updatedAt: sql`now()`,
    })
    .where(isHeld(held));
}

export async function saveFailed(
  tx: Tx,
  held: HeldWaveform,
  failure: WaveformFailure,
): Promise<void> {
  await tx
    .update(waveforms)
    .set({ state: "failed", leaseUntil: null, isWanted: false, failure, updatedAt: sql`now()` })
    .where(isHeld(held));
}

/** Another time. @param isTry - false: it was not the file's fault, and does not count. */
export async function putBack(
  tx: Tx,
  held: HeldWaveform,
  { afterSeconds, isTry }: { readonly afterSeconds: number; readonly isTry: boolean },
): Promise<void> {
  await tx
    .update(waveforms)
    .set({
      leaseUntil: null,
      isWanted: false,
      dueAt: sql`now() + make_interval(secs => ${afterSeconds})`,
      tries: sql`${waveforms.tries} - ${isTry ? 0 : 1}`,
      updatedAt: sql`now()`,
    })
    .where(isHeld(held));
}

/** The files, as they are now, of those of these tracks that are still to be drawn. */
export async function listWaiting(db: Db, ids: readonly TrackId[]) {
  return db
    .select({
      trackId: tracks.id,
      connectionId: tracks.connectionId,
      ref: tracks.ref,
      sizeBytes: tracks.sizeBytes,
      etag: tracks.etag,
    })
    .from(waveforms)
    .innerJoin(tracks, eq(tracks.id, waveforms.trackId))
    .where(
      and(
        inArray(tracks.id, [...ids]),
        eq(waveforms.state, "waiting"),
        eq(tracks.state, "present"),
      ),
    );
}

/** There is a decoder now for what had none. */
export async function reviveUnsupported(tx: Tx): Promise<void> {
  await tx
    .update(waveforms)
    .set({ state: "waiting", failure: null, tries: 0, dueAt: sql`now()` })
    .where(and(eq(waveforms.state, "failed"), eq(waveforms.failure, "unsupported")));
}
