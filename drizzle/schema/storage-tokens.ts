import { sql } from "drizzle-orm";
import { check, index, integer, pgTable, text, uuid } from "drizzle-orm/pg-core";
import type { ScanId, TrackId } from "#contract/ids.ts";
import { moment } from "./columns.ts";
import { scans } from "./scans.ts";
import { waveforms } from "./waveforms.ts";

/** What processes without keys show to read the storage that they work on; dead with their lease. */
export const storageTokens = pgTable(
  "storage_tokens",
  {
    tokenHash: text().primaryKey(),
    scanId: uuid()
      .$type<ScanId>()
      .references(() => scans.id, { onDelete: "cascade" }),
    /** Whose waveform is made, when it is not for a scan. */
    trackId: uuid()
      .$type<TrackId>()
      .references(() => waveforms.trackId, { onDelete: "cascade", onUpdate: "cascade" }),
    lease: integer().notNull(),
    expiresAt: moment().notNull(),
  },
  (t) => [
    index("storage_tokens_scan_id_index").on(t.scanId),
    index("storage_tokens_track_id_index").on(t.trackId),
    index("storage_tokens_expires_at_index").on(t.expiresAt),
    check("storage_tokens_one_check", sql`num_nonnulls(${t.scanId}, ${t.trackId}) = 1`),
  ],
);
