import { sql } from "drizzle-orm";
import { boolean, check, index, integer, pgTable, text, uuid } from "drizzle-orm/pg-core";
import type { TrackId } from "#contract/ids.ts";
import type { WaveformFailure, WaveformState } from "#contract/waveforms.ts";
import { bytes, moment } from "./columns.ts";
import { tracks } from "./library.ts";
import { ofBand } from "./owners.ts";

/** Of the file of a track `t` as the last scan saw it. */
export const waveformVersion = sql`md5(concat_ws(' ', t.size_bytes, t.fingerprint,
  coalesce(t.etag, extract(epoch from t.modified_at)::text)))`;

/** What is drawn of recordings, and which are still to be made: the table is their queue. */
export const waveforms = pgTable(
  "waveforms",
  {
    trackId: uuid()
      .$type<TrackId>()
      .primaryKey()
      .references(() => tracks.id, { onDelete: "cascade" }),
    bandId: ofBand(),
    /** The track's; the newest comes first. */
    addedAt: moment().notNull(),
    /** Somebody has opened it and waits. */
    isWanted: boolean().notNull().default(false),
    state: text().$type<WaveformState>().notNull(),
    /** Of the file that it is or will be made of: a digest of size, fingerprint and entity tag. */
    version: text().notNull(),
    /** That ended by the file's own fault, or with the process. */
    tries: integer().notNull().default(0),
    dueAt: moment().notNull().defaultNow(),
    /** Fencing: who saves shows the lease it was given. */
    lease: integer().notNull().default(0),
    leaseUntil: moment(),
    failure: text().$type<WaveformFailure>(),
    /** SHA-256 of rate, zoom and peaks, hex. */
    hash: text(),
    sampleRateHz: integer(),
    /** Of the finest zoom: 256 or, for what is very long, a power of two above. */
    samplesPerPixel: integer(),
    /** Pairs of int8, lowest and highest of each pixel at the finest zoom. */
    peaks: bytes(),
    updatedAt: moment().notNull().defaultNow(),
  },
  (t) => [
    index("waveforms_waiting_index")
      .on(t.isWanted.desc(), t.addedAt.desc())
      .where(sql`${t.state} = 'waiting'`),
    index("waveforms_band_id_index").on(t.bandId),
    check("waveforms_state_check", sql`${t.state} in ('waiting', 'made', 'failed')`),
    check("waveforms_made_check", sql`(${t.state} = 'made') = (${t.peaks} is not null)`),
  ],
);
