import { desc, eq } from "drizzle-orm";
import type { UserId } from "#contract/ids.ts";
import { bands, trackEdits, tracks } from "#drizzle/schema/index.ts";
import type { Db } from "#server/base/db.ts";

/** What somebody has changed of the tags that are kept beside files, the newest first. */
export const listEdits = (db: Db, userId: UserId) =>
  db
    .select({
      band: bands.name,
      recording: tracks.title,
      editedAt: trackEdits.editedAt,
      changes: trackEdits.changes,
    })
    .from(trackEdits)
    .innerJoin(tracks, eq(tracks.id, trackEdits.trackId))
    .innerJoin(bands, eq(bands.id, trackEdits.bandId))
    .where(eq(trackEdits.editedBy, userId))
    .orderBy(desc(trackEdits.id))
    .limit(10_000);
