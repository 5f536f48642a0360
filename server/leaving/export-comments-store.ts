import { desc, eq, sql } from "drizzle-orm";
import type { UserId } from "#contract/ids.ts";
import { bands, comments, tracks } from "#drizzle/schema/index.ts";
import type { Db } from "#server/base/db.ts";

/** What somebody has written about recordings, the newest first. */
export const listComments = (db: Db, userId: UserId) =>
  db
    .select({
      band: bands.name,
      recording: tracks.title,
      atMs: comments.atMs,
      isReply: sql<boolean>`${comments.parentId} is not null`,
      text: comments.text,
      createdAt: comments.createdAt,
      editedAt: comments.editedAt,
    })
    .from(comments)
    .innerJoin(tracks, eq(tracks.id, comments.trackId))
    .innerJoin(bands, eq(bands.id, comments.bandId))
    .where(eq(comments.authorId, userId))
    .orderBy(desc(comments.id))
    .limit(10_000);
