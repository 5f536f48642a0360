import { sql } from "drizzle-orm";
import type { BandId, PlaylistId, TrackId } from "#contract/ids.ts";
import type { Db } from "#server/base/db.ts";
import type { Candidate } from "./matching.ts";

/** Recordings of a band whose files are called so, in the order of their paths. */
export async function findByFileName(
  db: Db,
  bandId: BandId,
  names: readonly string[],
): Promise<Candidate[]> {
  const rows = await db.execute<{ id: TrackId; path: string }>(sql`
    select id, path from tracks
    where band_id = ${bandId}
      and lower(normalize(substring(path from '[^/]*$'), NFC))
        in (select json_array_elements_text(${JSON.stringify(names)}::json))
    order by path, id`);
  return [...rows];
}

export type WrittenTrack = {
  readonly title: string;
  readonly artist: string | null;
  readonly durationMs: number | null;
  readonly path: string;
};

/** Everything in a playlist, in its order. */
export async function listWritten(db: Db, id: PlaylistId): Promise<WrittenTrack[]> {
  const rows = await db.execute<WrittenTrack>(sql`
    select t.title, t.artist, t.duration_ms as "durationMs", t.path
    from playlist_items as i join tracks as t on t.id = i.track_id
    where i.playlist_id = ${id} order by i.place`);
  return [...rows];
}
