import { type SQL, sql } from "drizzle-orm";
import type { Edits, FileTags } from "#contract/edits.ts";
import type { BandId, ConnectionId, EditId, TrackId } from "#contract/ids.ts";
import type { Tx } from "#server/base/db.ts";
import type { Named, Shown, ShownRow } from "./shown.ts";

/** A track with all that it is shown by. */
export interface NamedRow extends Named, Shown {
  readonly id: TrackId;
  readonly connectionId: ConnectionId;
  readonly editId: EditId | null;
  readonly rootPath: string;
}

/** What is shown of a track from now on, and what its file is known to say. */
export type ShowRow = ShownRow & { readonly id: TrackId; readonly tags: FileTags };

/** Columns of `t`, as what a track is shown by. */
export const namedColumns = sql`
  t.id, t.connection_id as "connectionId", t.path, t.duration_ms as "durationMs", t.tags, t.edits,
  t.edit_id as "editId", t.is_named_by_path as "isNamedByPath", t.title, t.artist, t.album,
  t.album_artist as "albumArtist", t.track_number as "trackNumber", t.disc_number as "discNumber",
  t.year, t.genre, t.recorded_on::text as "recordedOn", t.artists, t.genres,
  t.artist_sort as "artistSort", t.album_sort as "albumSort",
  t.album_artist_sort as "albumArtistSort"`;

const list = async (tx: Tx, condition: SQL): Promise<NamedRow[]> => [
  ...(await tx.execute<NamedRow & Record<string, unknown>>(sql`
    select ${namedColumns}, coalesce(c.root_path, '') as "rootPath"
    from tracks as t join connections as c on c.id = t.connection_id
    where ${condition} for no key update of t`)),
];

const among = (ids: readonly TrackId[]): SQL => sql`t.id in (
  select value::uuid from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))`;

/** Those of the band, held to the end of the transaction. */
export const lockTracks = (
  tx: Tx,
  { bandId }: { readonly bandId: BandId },
  ids: readonly TrackId[],
): Promise<NamedRow[]> => list(tx, sql`t.band_id = ${bandId} and ${among(ids)} order by t.id`);

/** The next of a band whose files do not say what they are called, held to the end of the transaction. */
export const lockUntitled = (
  tx: Tx,
  { bandId }: { readonly bandId: BandId },
  after: TrackId | null,
  limit: number,
): Promise<NamedRow[]> =>
  list(
    tx,
    sql`t.band_id = ${bandId} and t.is_named_by_path
      and t.id > coalesce(${after}::uuid, '00000000-0000-0000-0000-000000000000')
      order by t.id limit ${limit}`,
  );

/** What people have put beside files, of tracks that the transaction holds. */
export async function listEdits(tx: Tx, ids: readonly TrackId[]): Promise<Map<TrackId, Edits>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.execute<{ id: TrackId; edits: Edits }>(sql`
    select t.id, t.edits from tracks as t where ${among(ids)} and t.edits is not null`);
  return new Map(rows.map(({ id, edits }) => [id, edits]));
}

/** What all that is found by and listed by follows: see the triggers of `tracks`. */
export async function saveShown(tx: Tx, rows: readonly ShowRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.execute(sql`
    update tracks as t set
      title = n.title, artist = n.artist, album = n.album, album_artist = n."albumArtist",
      track_number = n."trackNumber", disc_number = n."discNumber", year = n.year, genre = n.genre,
      recorded_on = n."recordedOn", artists = n.artists, genres = n.genres,
      artist_sort = n."artistSort", album_sort = n."albumSort",
      album_artist_sort = n."albumArtistSort", is_named_by_path = n."isNamedByPath", tags = n.tags,
      sort_title = n."sortTitle", sort_artist = n."sortArtist", sort_album = n."sortAlbum",
      sort_duration_ms = n."sortDurationMs", search_text = n."searchText", updated_at = now()
    from json_to_recordset(${JSON.stringify(rows)}::json) as n(
      id uuid, title text, artist text, album text, "albumArtist" text, "trackNumber" int,
      "discNumber" int, year int, genre text, "recordedOn" date, artists text[], genres text[],
      "artistSort" text, "albumSort" text, "albumArtistSort" text, "isNamedByPath" boolean,
      tags jsonb, "sortTitle" text, "sortArtist" text, "sortAlbum" text, "sortDurationMs" int,
      "searchText" text
    )
    where t.id = n.id`);
}
