import { and, asc, desc, eq, like, not, type SQL, sql } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import type { AlbumId, ArtistId, BandId, GenreId } from "#contract/ids.ts";
import type { SortDirection } from "#contract/library.ts";
import type { AlbumSort, NameSort } from "#contract/views.ts";
import { albums, artists, genres } from "#drizzle/schema/index.ts";
import type { Db } from "#server/base/db.ts";
import type { Position } from "./cursor.ts";

/** The proof that the actor may see what the band has. */
export interface Member {
  readonly bandId: BandId;
}

export interface Paging {
  readonly direction: SortDirection;
  readonly after: Position | null;
  readonly limit: number;
}

export interface Searching {
  /** LIKE patterns, all of which must match. */
  readonly patterns: readonly string[];
  /** Only what is called so from its beginning, or only the rest. */
  readonly beginning?: { readonly prefix: string; readonly isOfIt: boolean } | undefined;
}

interface SortColumn {
  readonly column: PgColumn;
  readonly type: SQL;
}

const asText = sql`text`;
const asInteger = sql`integer`;

/** The only columns that albums are ever sorted by. */
const albumSorts: Readonly<Record<AlbumSort, SortColumn>> = {
  title: { column: albums.sortTitle, type: asText },
  artist: { column: albums.sortArtist, type: asText },
  year: { column: albums.sortYear, type: asInteger },
  added: { column: albums.addedAt, type: sql`timestamptz` },
};

const albumArtistId = sql`library_id(
  ${albums.bandId}, 'artist', library_fold(trim(${albums.artist}))
)`;

const shownAlbum = {
  id: albums.id,
  bandId: albums.bandId,
  title: albums.title,
  artist: albums.artist,
  /** Of the album's artist where one of its tracks is by them: else there is no page of theirs. */
  artistId: sql<ArtistId | null>`case when ${albumArtistId} = any(${albums.artistIds})
    then ${albumArtistId} end`,
  isCompilation: albums.isCompilation,
  year: albums.year,
  discCount: albums.discCount,
  trackCount: albums.trackCount,
  missingCount: albums.missingCount,
  durationMs: albums.durationMs,
  coverTrackId: albums.coverTrackId,
  coverHash: albums.coverHash,
  addedAt: albums.addedAt,
};

const COUNT_LIMIT = 100_001;

/** What begins after a page's last row, in the order of the page. */
export function isAfter(id: PgColumn, { column, type }: SortColumn, { after, direction }: Paging) {
  if (!after) return undefined;
  const sign = sql.raw(direction === "ascending" ? ">" : "<");
  return sql`(${column}, ${id}) ${sign} (${after.key}::${type}, ${after.id}::uuid)`;
}

export const orderOf = (id: PgColumn, { column }: SortColumn, direction: SortDirection): SQL[] => {
  const order = direction === "ascending" ? asc : desc;
  return [order(column), order(id)];
};

export interface AlbumChoice extends Searching {
  readonly artistId?: ArtistId | undefined;
}

const isChosenAlbum = ({ bandId }: Member, { artistId, ...searching }: AlbumChoice) =>
  and(
    eq(albums.bandId, bandId),
    artistId && sql`${albums.artistIds} @> array[${artistId}]::uuid[]`,
    isFound(albums.searchText, albums.sortTitle, searching),
  );

/** @param name - the key that it is sorted by, which is a range of an index for each beginning. */
export function isFound(text: PgColumn, name: PgColumn, { patterns, beginning }: Searching) {
  const { prefix, isOfIt } = beginning ?? {};
  const begins = sql`(${name} >= ${prefix} and ${name} < ${`${prefix}\u{10ffff}`})`;
  return and(
    ...patterns.map((pattern) => like(text, pattern)),
    isOfIt === undefined ? undefined : isOfIt ? begins : not(begins),
  );
}

/** A page, with the sorted column of each row as text. */
export function listAlbums(
  db: Db,
  member: Member,
  { sort, ...choice }: AlbumChoice & Paging & { readonly sort: AlbumSort },
) {
  const by = albumSorts[sort];
  return db
    .select({ ...shownAlbum, key: sql<string>`${by.column}::text` })
    .from(albums)
    .where(and(isChosenAlbum(member, choice), isAfter(albums.id, by, choice)))
    .orderBy(...orderOf(albums.id, by, choice.direction))
    .limit(choice.limit);
}

export type AlbumRow = Omit<Awaited<ReturnType<typeof listAlbums>>[number], "key">;

export const countAlbums = (db: Db, member: Member, choice: AlbumChoice): Promise<number> =>
  count(db, albums, isChosenAlbum(member, choice));

export async function findAlbum(
  db: Db,
  { bandId }: Member,
  id: AlbumId,
): Promise<AlbumRow | undefined> {
  const [row] = await db
    .select(shownAlbum)
    .from(albums)
    .where(and(eq(albums.id, id), eq(albums.bandId, bandId)));
  return row;
}

/** Artists and genres: names with the number of their tracks. */
type NameTable = typeof artists | typeof genres;

const nameSorts = (table: NameTable): Readonly<Record<NameSort, SortColumn>> => ({
  name: { column: table.sortName, type: asText },
  tracks: { column: table.trackCount, type: asInteger },
});

const shownName = <T extends NameTable>({ id, bandId, name, trackCount, missingCount }: T) => ({
  id,
  bandId,
  name,
  trackCount,
  missingCount,
});

const isChosenName = (table: NameTable, { bandId }: Member, searching: Searching) =>
  and(eq(table.bandId, bandId), isFound(table.searchText, table.sortName, searching));

type NamePaging = Searching & Paging & { readonly sort: NameSort };

export function listArtists(db: Db, member: Member, { sort, ...choice }: NamePaging) {
  const by = nameSorts(artists)[sort];
  return db
    .select({ ...shownName(artists), key: sql<string>`${by.column}::text` })
    .from(artists)
    .where(and(isChosenName(artists, member, choice), isAfter(artists.id, by, choice)))
    .orderBy(...orderOf(artists.id, by, choice.direction))
    .limit(choice.limit);
}

export function listGenres(db: Db, member: Member, { sort, ...choice }: NamePaging) {
  const by = nameSorts(genres)[sort];
  return db
    .select({ ...shownName(genres), key: sql<string>`${by.column}::text` })
    .from(genres)
    .where(and(isChosenName(genres, member, choice), isAfter(genres.id, by, choice)))
    .orderBy(...orderOf(genres.id, by, choice.direction))
    .limit(choice.limit);
}

export const countArtists = (db: Db, member: Member, choice: Searching): Promise<number> =>
  count(db, artists, isChosenName(artists, member, choice));

export const countGenres = (db: Db, member: Member, choice: Searching): Promise<number> =>
  count(db, genres, isChosenName(genres, member, choice));

export async function findArtist(db: Db, { bandId }: Member, id: ArtistId) {
  const [row] = await db
    .select(shownName(artists))
    .from(artists)
    .where(and(eq(artists.id, id), eq(artists.bandId, bandId)));
  return row;
}

export async function findGenre(db: Db, { bandId }: Member, id: GenreId) {
  const [row] = await db
    .select(shownName(genres))
    .from(genres)
    .where(and(eq(genres.id, id), eq(genres.bandId, bandId)));
  return row;
}

/** How many there are, up to 100,001. */
async function count(db: Db, table: PgTable, condition: SQL | undefined): Promise<number> {
  const some = db
    .select({ one: sql`1`.as("one") })
    .from(table)
    .where(condition)
    .limit(COUNT_LIMIT)
    .as("some");
  const [row] = await db.select({ count: sql<number>`count(*)::int` }).from(some);
  return row?.count ?? 0;
}
