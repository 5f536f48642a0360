import { sql } from "drizzle-orm";
import { boolean, check, index, integer, jsonb, pgTable, uuid } from "drizzle-orm/pg-core";
import type { EditChange, Edits } from "#contract/edits.ts";
import type { BandId, EditId, TrackId } from "#contract/ids.ts";
import type { NamingRule } from "#contract/naming.ts";
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
