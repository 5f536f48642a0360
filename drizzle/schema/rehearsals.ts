import { date, index, pgTable, text, uuid } from "drizzle-orm/pg-core";
import type { RehearsalId, TrackId } from "#contract/ids.ts";
import { moment } from "./columns.ts";
import { tracks } from "./library.ts";
import { byWhom, ofBand } from "./owners.ts";

/** Days on which a band has played. */
export const rehearsals = pgTable(
  "rehearsals",
  {
    id: uuid().$type<RehearsalId>().primaryKey(),
    bandId: ofBand(),
    heldOn: date({ mode: "string" }).notNull(),
    title: text().notNull(),
    notes: text().notNull(),
    createdBy: byWhom(),
    createdAt: moment().notNull().defaultNow(),
    updatedAt: moment().notNull().defaultNow(),
  },
  (t) => [
    index("rehearsals_band_id_index").on(t.bandId, t.heldOn, t.id),
    index("rehearsals_created_by_index").on(t.createdBy),
  ],
);

/** A recording was made on one day: it is a take of one rehearsal at most. */
export const rehearsalTakes = pgTable(
  "rehearsal_takes",
  {
    trackId: uuid()
      .$type<TrackId>()
      .primaryKey()
      .references(() => tracks.id, { onDelete: "cascade" }),
    rehearsalId: uuid()
      .$type<RehearsalId>()
      .notNull()
      .references(() => rehearsals.id, { onDelete: "cascade" }),
  },
  (t) => [index("rehearsal_takes_rehearsal_id_index").on(t.rehearsalId)],
);
