import { sql } from "drizzle-orm";
import { type AnyPgColumn, check, index, integer, pgTable, text, uuid } from "drizzle-orm/pg-core";
import type { CommentId, ShareId } from "#contract/ids.ts";
import { moment } from "./columns.ts";
import { ofTrack } from "./library.ts";
import { byWhom, ofBand } from "./owners.ts";
import { shares } from "./shares.ts";

/** What members of a band have written about a recording, and what others have replied. */
export const comments = pgTable(
  "comments",
  {
    id: uuid().$type<CommentId>().primaryKey(),
    bandId: ofBand(),
    trackId: ofTrack(),
    authorId: byWhom(),
    /** What a guest of a public link calls themselves; `null` for members. */
    guestName: text(),
    /** The link by which a guest has written it, for as long as there is one. */
    shareId: uuid()
      .$type<ShareId>()
      .references(() => shares.id, { onDelete: "set null" }),
    /** The first of its thread; `null` for a first one. */
    parentId: uuid()
      .$type<CommentId>()
      .references((): AnyPgColumn => comments.id, { onDelete: "cascade" }),
    /** From the start of the recording; `null` for all of it, and for replies. */
    atMs: integer(),
    /** Empty once it is deleted. */
    text: text().notNull(),
    createdAt: moment().notNull().defaultNow(),
    editedAt: moment(),
    resolvedAt: moment(),
    resolvedBy: byWhom(),
    /** Others have replied: its row stays, and nothing of what it said. */
    deletedAt: moment(),
  },
  (t) => [
    index("comments_threads_index")
      .on(t.trackId, sql`coalesce(${t.atMs}, -1)`, t.id)
      .where(sql`${t.parentId} is null`),
    index("comments_track_id_index").on(t.trackId),
    index("comments_parent_id_index").on(t.parentId, t.id),
    index("comments_share_id_index").on(t.shareId, t.trackId),
    index("comments_band_id_index").on(t.bandId),
    index("comments_author_id_index").on(t.authorId),
    index("comments_resolved_by_index").on(t.resolvedBy),
    check("comments_at_check", sql`${t.atMs} >= 0 and ${t.parentId} is null or ${t.atMs} is null`),
    check(
      "comments_text_check",
      sql`(${t.deletedAt} is null) = (${t.text} <> '') and length(${t.text}) <= 2000`,
    ),
    check(
      "comments_guest_check",
      sql`${t.guestName} is null or ${t.authorId} is null and length(${t.guestName}) between 1 and 60`,
    ),
  ],
);
