import { and, asc, desc, eq, like, not, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { BandId, TrackId, UserId } from "#contract/ids.ts";
import type { ListedDetails, ListenedFilter, ListTracks, TrackSort } from "#contract/library.ts";
import { favourites, listens, members, tracks } from "#drizzle/schema/index.ts";
import type { Actor } from "#server/base/actor.ts";
import type { Db, Tx } from "#server/base/db.ts";
import type { Position } from "./cursor.ts";
import type { PlayableTrack } from "./service.ts";
import type { TrackRow, WholeTrackRow } from "./track-rows.ts";

/** Whose list of which band's tracks. */
export interface Lister {
  readonly bandId: BandId;
  readonly userId: UserId;
}

/** Which tracks of a band; `member` is the proof that the actor may see them. */
export interface Choice {
  /** LIKE patterns, all of which must match. */
  readonly patterns: readonly string[];
  readonly filter: ListTracks["filter"];
  /** How the key of one order begins, and how those of others do not. */
  readonly begins?: Beginning | null;
  readonly beginsNot?: readonly Beginning[];
}

export interface Beginning {
  readonly sort: "title" | "artist" | "album";
  readonly prefix: string;
}

export interface PageChoice extends Choice, Pick<ListTracks, "direction" | "limit"> {
  readonly sort: ColumnSort;
  readonly after: Position | null;
}

/** `relevance` is several lists, each by a column: see `relevance.ts`. */
export type ColumnSort = Exclude<TrackSort, "relevance">;

/** The only columns that tracks are ever sorted by. */
const sortColumns: Readonly<Record<ColumnSort, { column: PgColumn; type: SQL }>> = {
  title: { column: tracks.sortTitle, type: sql`text` },
  artist: { column: tracks.sortArtist, type: sql`text` },
  album: { column: tracks.sortAlbum, type: sql`text` },
  added: { column: tracks.addedAt, type: sql`timestamptz` },
  duration: { column: tracks.sortDurationMs, type: sql`integer` },
};

/** Of a track, what leaves the server in a list. */
export const shown = {
  id: tracks.id,
  bandId: tracks.bandId,
  connectionId: tracks.connectionId,
  state: tracks.state,
  failure: tracks.failure,
  missingSince: tracks.missingSince,
  title: tracks.title,
  artist: tracks.artist,
  album: tracks.album,
  albumArtist: tracks.albumArtist,
  trackNumber: tracks.trackNumber,
  discNumber: tracks.discNumber,
  year: tracks.year,
  genre: tracks.genre,
  recordedOn: tracks.recordedOn,
  editId: tracks.editId,
  albumId: tracks.albumId,
  artistIds: tracks.artistIds,
  details: sql<ListedDetails | null>`case when ${tracks.details} is not null then
    jsonb_build_object('hasLyrics', ${tracks.details} -> 'hasLyrics', 'replayGain', ${tracks.details} -> 'replayGain')
  end`,
  durationMs: tracks.durationMs,
  codec: tracks.codec,
  bitrateBps: tracks.bitrateBps,
  sampleRateHz: tracks.sampleRateHz,
  channels: tracks.channels,
  sizeBytes: tracks.sizeBytes,
  path: tracks.path,
  coverHash: tracks.coverHash,
  addedAt: tracks.addedAt,
};

/** Nobody reads the exact number of more; those of a search have to be looked at one by one. */
export const COUNT_LIMIT = 100_001;
const FOUND_LIMIT = 1_001;

/** A page, with the sorted column of each row as text: exact, where a Date would be rounded. */
export function listTracks(
  db: Db,
  member: Lister,
  { sort, direction, limit, after, ...choice }: PageChoice,
): Promise<(TrackRow & { key: string })[]> {
  const { column, type } = sortColumns[sort];
  const order = direction === "ascending" ? asc : desc;
  const isAfter =
    after &&
    sql`(${column}, ${tracks.id}) ${sql.raw(direction === "ascending" ? ">" : "<")} (${after.key}::${type}, ${after.id}::uuid)`;
  return db
    .select({ ...shown, key: sql<string>`${column}::text` })
    .from(tracks)
    .where(and(isChosen(member, choice), isAfter ?? undefined))
    .orderBy(order(column), order(tracks.id))
    .limit(limit);
}

export interface DrawnChoice extends Omit<PageChoice, "sort"> {
  readonly seed: number;
}

/**
 * A page of an order that is drawn: by a hash of each id and the seed, which every page works out anew.
 * For that all ids are gone through, in an index; of the tracks only those of the page are read.
 */
export function drawTracks(
  db: Db,
  member: Lister,
  { seed, direction, limit, after, ...choice }: DrawnChoice,
): Promise<(TrackRow & { key: string })[]> {
  const order = direction === "ascending" ? asc : desc;
  const place = sql<string>`uuid_hash_extended(${tracks.id}, ${seed}::bigint)`;
  const isAfter =
    after &&
    sql`(${place}, ${tracks.id}) ${sql.raw(direction === "ascending" ? ">" : "<")} (${after.key}::bigint, ${after.id}::uuid)`;
  const drawn = db
    .select({ id: tracks.id, place: place.as("place") })
    .from(tracks)
    .where(and(isChosen(member, choice), isAfter ?? undefined))
    .orderBy(order(place), order(tracks.id))
    .limit(limit)
    .as("drawn");
  // A text of the name `place` would be what is ordered by.
  const key = sql<string>`${drawn.place}::text`.as("key");
  return db
    .select({ ...shown, key })
    .from(drawn)
    .innerJoin(tracks, eq(tracks.id, drawn.id))
    .orderBy(order(drawn.place), order(drawn.id));
}

/** How many there are in all, up to 100,001, or up to 1,001 in a search. */
export async function countTracks(db: Db, member: Lister, choice: Choice): Promise<number> {
  const some = db
    .select({ one: sql`1`.as("one") })
    .from(tracks)
    .where(isChosen(member, choice))
    .limit(choice.patterns.length > 0 ? FOUND_LIMIT : COUNT_LIMIT)
    .as("some");
  const [row] = await db.select({ count: sql<number>`count(*)::int` }).from(some);
  return row?.count ?? 0;
}

const isChosen = (
  member: Lister,
  { patterns, filter, begins, beginsNot = [] }: Choice,
): SQL | undefined =>
  and(
    eq(tracks.bandId, member.bandId),
    filter.state && eq(tracks.state, filter.state),
    filter.connectionId && eq(tracks.connectionId, filter.connectionId),
    filter.albumId && eq(tracks.albumId, filter.albumId),
    filter.artistId && sql`${tracks.artistIds} @> array[${filter.artistId}]::uuid[]`,
    filter.genreId && sql`${tracks.genreIds} @> array[${filter.genreId}]::uuid[]`,
    filter.listened && isListened(member, filter.listened),
    filter.folder === undefined ? undefined : eq(tracks.folder, filter.folder),
    ...patterns.map((pattern) => like(tracks.searchText, pattern)),
    begins ? isWithin(begins) : undefined,
    ...beginsNot.map((each) => not(isWithin(each))),
  );

function isListened({ userId }: Lister, listened: ListenedFilter): SQL {
  switch (listened) {
    case "favourite":
      return sql`exists (select 1 from ${favourites}
        where ${favourites.userId} = ${userId} and ${favourites.trackId} = ${tracks.id})`;
    case "unplayed":
      return sql`not exists (select 1 from ${listens}
        where ${listens.userId} = ${userId} and ${listens.trackId} = ${tracks.id})`;
  }
}

/** A range of the index: nothing that begins so sorts behind the last character there is. */
const isWithin = ({ sort, prefix }: Beginning): SQL => {
  const { column } = sortColumns[sort];
  return sql`(${column} >= ${prefix} and ${column} < ${`${prefix}\u{10ffff}`})`;
};

const isMine = (actor: Actor) =>
  and(eq(members.bandId, tracks.bandId), eq(members.userId, actor.userId));

export async function findTrack(
  db: Db,
  actor: Actor,
  id: TrackId,
): Promise<WholeTrackRow | undefined> {
  const [row] = await db
    .select({ ...shown, details: tracks.details })
    .from(tracks)
    .innerJoin(members, isMine(actor))
    .where(eq(tracks.id, id));
  return row;
}

export async function markChanged(
  tx: Tx,
  id: TrackId,
  facts: Pick<PlayableTrack, "sizeBytes" | "etag" | "modifiedAt">,
): Promise<void> {
  await tx
    .update(tracks)
    .set({ ...facts, isRead: false, updatedAt: sql`now()` })
    .where(eq(tracks.id, id));
}
