import { sql } from "drizzle-orm";
import { boolean, check, index, integer, jsonb, pgTable, text, uuid } from "drizzle-orm/pg-core";
import type { EditChange, Edits, FileTags } from "#contract/edits.ts";
import type { BandId, EditId, TrackId } from "#contract/ids.ts";
import type { NamingRule } from "#contract/naming.ts";
import type { TagWritingState } from "#contract/tag-writing.ts";
import { bands } from "./auth.ts";
import { moment } from "./columns.ts";
import { ofTrack } from "./library.ts";
import { byWhom, ofBand } from "./owners.ts";

/** Every change of what is kept of a track beside its file. Rows are only added: see the migration. */
export const trackEdits = pgTable(
  "track_edits",
  {
    id: uuid().$type<EditId>().primaryKey(),
    bandId: ofBand(),
    trackId: ofTrack(),
    editedBy: byWhom(),
    editedAt: moment().notNull().defaultNow(),
    /** All that was edited after it. */
    edits: jsonb().$type<Edits>().notNull(),
    changes: jsonb().$type<readonly EditChange[]>().notNull(),
    isRestored: boolean().notNull().default(false),
  },
  (t) => [
    index("track_edits_track_id_index").on(t.trackId, t.id),
    index("track_edits_band_id_index").on(t.bandId),
    index("track_edits_edited_by_index").on(t.editedBy),
  ],
);

/** A file as it is about to be, written down before it is sent: whoever is killed then knows it again. */
export interface PendingFile {
  readonly tags: FileTags;
  readonly sizeBytes: number;
  /** As `tracks.fingerprint`. */
  readonly fingerprint: string;
}

/**
 * Files that what was edited goes into, of bands that want it: the table is their queue. What a file said
 * before stays in `tracks.tags`, for as long as it says what we have written.
 */
export const tagWritings = pgTable(
  "tag_writings",
  {
    trackId: ofTrack().primaryKey(),
    bandId: ofBand(),
    state: text().$type<TagWritingState>().notNull(),
    /** Why it still waits, or failed; a sentence for people. */
    message: text(),
    /** What its file says since it was written last; `null`: it never was. */
    written: jsonb().$type<FileTags>(),
    pending: jsonb().$type<PendingFile>(),
    /** That ended without a word, or for a reason that may pass. */
    tries: integer().notNull().default(0),
    dueAt: moment().notNull().defaultNow(),
    /** Fencing: who saves shows the lease it was given. */
    lease: integer().notNull().default(0),
    leaseUntil: moment(),
    writtenAt: moment(),
  },
  (t) => [
    index("tag_writings_band_id_index").on(t.bandId, t.state),
    check(
      "tag_writings_state_check",
      sql`${t.state} in ('waiting', 'written', 'failed', 'beside')`,
    ),
  ],
);

/** What names say of a band's files without tags. Without a row: as everywhere. */
export const namingRules = pgTable(
  "naming_rules",
  {
    bandId: uuid()
      .$type<BandId>()
      .primaryKey()
      .references(() => bands.id, { onDelete: "cascade" }),
    version: integer().notNull(),
    rule: jsonb().$type<NamingRule>().notNull(),
    savedBy: byWhom(),
    savedAt: moment(),
    /** The version that all tracks are named by. */
    appliedVersion: integer().notNull(),
    /** The last track that this version was applied to, while it is. */
    appliedUntil: uuid().$type<TrackId>(),
  },
  (t) => [
    index("naming_rules_saved_by_index").on(t.savedBy),
    check("naming_rules_version_check", sql`${t.appliedVersion} between 0 and ${t.version}`),
  ],
);
