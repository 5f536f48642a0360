import { and, desc, eq, isNull, lt, sql } from "drizzle-orm";
import type { EditChange, Edits } from "#contract/edits.ts";
import type { BandId, EditId, TrackId, UserId } from "#contract/ids.ts";
import { connections, members, trackEdits, tracks, users } from "#drizzle/schema/index.ts";
import type { Actor } from "#server/base/actor.ts";
import type { Db, Tx } from "#server/base/db.ts";

/** A change as it is written down, and all that is edited after it. */
export interface NewEdit {
  readonly id: EditId;
  readonly trackId: TrackId;
  readonly edits: Edits;
  readonly changes: readonly EditChange[];
  readonly isRestored: boolean;
}

export async function insertEdits(
  tx: Tx,
  { bandId, userId }: { readonly bandId: BandId; readonly userId: UserId },
  rows: readonly NewEdit[],
): Promise<void> {
  await tx.execute(sql`
    with n as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as n(
        id uuid, "trackId" uuid, edits jsonb, changes jsonb, "isRestored" boolean
      )
    ), noted as (
      insert into track_edits (id, band_id, track_id, edited_by, edits, changes, is_restored)
      select id, ${bandId}, "trackId", ${userId}, edits, changes, "isRestored" from n
    )
    update tracks as t set edits = nullif(n.edits, '{}'::jsonb), edit_id = n.id
    from n where t.id = n."trackId" and t.band_id = ${bandId}`);
}

/** Of an account that was deleted the empty row is left. */
const isThere = and(eq(users.id, trackEdits.editedBy), isNull(users.deletedAt));

/** The newest first. */
export const listEdits = (db: Db, trackId: TrackId, before: EditId | null, limit: number) =>
  db
    .select({
      id: trackEdits.id,
      editedAt: trackEdits.editedAt,
      editedBy: users.name,
      changes: trackEdits.changes,
      isRestored: trackEdits.isRestored,
    })
    .from(trackEdits)
    .leftJoin(users, isThere)
    .where(and(eq(trackEdits.trackId, trackId), before ? lt(trackEdits.id, before) : undefined))
    .orderBy(desc(trackEdits.id))
    .limit(limit);

/** The change of any of a band's tracks that was made last. */
export async function findNewestEdit(
  db: Db,
  { bandId }: { readonly bandId: BandId },
): Promise<EditId | null> {
  const [row] = await db
    .select({ id: trackEdits.id })
    .from(trackEdits)
    .where(eq(trackEdits.bandId, bandId))
    .orderBy(desc(trackEdits.id))
    .limit(1);
  return row?.id ?? null;
}

/** What was edited after a change of this very track. */
export async function findEdits(
  db: Db | Tx,
  trackId: TrackId,
  id: EditId,
): Promise<Edits | undefined> {
  const [row] = await db
    .select({ edits: trackEdits.edits })
    .from(trackEdits)
    .where(and(eq(trackEdits.trackId, trackId), eq(trackEdits.id, id)));
  return row?.edits;
}

/** A track with all that it is shown by. */
export async function findNamed(db: Db, actor: Actor, trackId: TrackId) {
  const [row] = await db
    .select({
      bandId: tracks.bandId,
      role: members.role,
      path: tracks.path,
      tags: tracks.tags,
      edits: tracks.edits,
      editId: tracks.editId,
      isNamedByPath: tracks.isNamedByPath,
      title: tracks.title,
      artist: tracks.artist,
      album: tracks.album,
      albumArtist: tracks.albumArtist,
      trackNumber: tracks.trackNumber,
      discNumber: tracks.discNumber,
      year: tracks.year,
      genre: tracks.genre,
      recordedOn: tracks.recordedOn,
      artists: tracks.artists,
      genres: tracks.genres,
      artistSort: tracks.artistSort,
      albumSort: tracks.albumSort,
      albumArtistSort: tracks.albumArtistSort,
      rootPath: sql<string>`coalesce(${connections.rootPath}, '')`,
    })
    .from(tracks)
    .innerJoin(connections, eq(connections.id, tracks.connectionId))
    .innerJoin(members, and(eq(members.bandId, tracks.bandId), eq(members.userId, actor.userId)))
    .where(eq(tracks.id, trackId));
  return row;
}
