import type {
  Album,
  AlbumPage,
  AlbumWithTracks,
  ArtistPage,
  ArtistWithAlbums,
  FolderPage,
  Genre,
  GenrePage,
  ListAlbums,
  ListFolders,
  ListNames,
  OneAlbum,
  OneArtist,
  OneGenre,
} from "#contract/views.ts";
import { requireMember } from "#server/bands/service.ts";
import { type Actor, notTheirs } from "#server/base/actor.ts";
import type { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { type Order, type Position, parseCursor, toCursor } from "./cursor.ts";
import * as folders from "./folder-store.ts";
import { toNamePatterns } from "./search.ts";
import { listTracks } from "./service.ts";
import * as store from "./view-store.ts";

type ViewDeps = Pick<Deps, "db" | "sessionKeys">;

/** As many tracks as come with an album, and albums with an artist. */
const FIRST = 200;

/**
 * A page of a band's albums. The first page says how many there are in all.
 *
 * @throws AppError `not_found` for a band that is not the actor's, `invalid_input` for a cursor of
 *   another list.
 */
export async function listAlbums(
  deps: ViewDeps,
  actor: Actor,
  list: ListAlbums,
): Promise<AlbumPage> {
  const member = await requireMember(deps, actor, list.bandId, "listener");
  const order = { ...list, sort: `albums ${list.sort}` };
  const after = toPosition(deps, order, list.cursor);
  const choice = { patterns: toNamePatterns(list.search), artistId: list.artistId };
  const { sort, direction, limit } = list;
  const [rows, total] = await Promise.all([
    store.listAlbums(deps.db, member, { ...choice, sort, direction, after, limit: limit + 1 }),
    after ? null : store.countAlbums(deps.db, member, choice),
  ]);
  const { shown, next } = cut(deps, order, rows, limit);
  return { albums: shown.map(toAlbum), next, total };
}

/** @throws AppError `not_found` for an album that the band does not have, or a band not the actor's. */
export async function getAlbum(
  deps: ViewDeps,
  actor: Actor,
  { bandId, albumId }: OneAlbum,
): Promise<AlbumWithTracks> {
  const member = await requireMember(deps, actor, bandId, "listener");
  const album = await store.findAlbum(deps.db, member, albumId);
  if (!album) throw noSuch(actor, "album");
  const { tracks, next } = await listTracks(deps, actor, {
    bandId,
    search: "",
    sort: "album",
    seed: null,
    direction: "ascending",
    filter: { albumId },
    cursor: null,
    limit: FIRST,
  });
  return { album: toAlbum(album), tracks, next };
}

/** As `listAlbums`, of artists: those of albums and those of tracks. */
export async function listArtists(
  deps: ViewDeps,
  actor: Actor,
  list: ListNames,
): Promise<ArtistPage> {
  const member = await requireMember(deps, actor, list.bandId, "listener");
  const order = { ...list, sort: `artists ${list.sort}` };
  const after = toPosition(deps, order, list.cursor);
  const choice = { patterns: toNamePatterns(list.search) };
  const { sort, direction, limit } = list;
  const [rows, total] = await Promise.all([
    store.listArtists(deps.db, member, { ...choice, sort, direction, after, limit: limit + 1 }),
    after ? null : store.countArtists(deps.db, member, choice),
  ]);
  const { shown, next } = cut(deps, order, rows, limit);
  return { artists: shown, next, total };
}

/** @throws AppError `not_found` for an artist that the band does not have, or a band not the actor's. */
export async function getArtist(
  deps: ViewDeps,
  actor: Actor,
  { bandId, artistId }: OneArtist,
): Promise<ArtistWithAlbums> {
  const member = await requireMember(deps, actor, bandId, "listener");
  const artist = await store.findArtist(deps.db, member, artistId);
  if (!artist) throw noSuch(actor, "artist");
  const { albums, next } = await listAlbums(deps, actor, {
    bandId,
    search: "",
    sort: "year",
    direction: "ascending",
    artistId,
    cursor: null,
    limit: FIRST,
  });
  return { artist, albums, nextAlbums: next };
}

/** As `listAlbums`, of genres. */
export async function listGenres(
  deps: ViewDeps,
  actor: Actor,
  list: ListNames,
): Promise<GenrePage> {
  const member = await requireMember(deps, actor, list.bandId, "listener");
  const order = { ...list, sort: `genres ${list.sort}` };
  const after = toPosition(deps, order, list.cursor);
  const choice = { patterns: toNamePatterns(list.search) };
  const { sort, direction, limit } = list;
  const [rows, total] = await Promise.all([
    store.listGenres(deps.db, member, { ...choice, sort, direction, after, limit: limit + 1 }),
    after ? null : store.countGenres(deps.db, member, choice),
  ]);
  const { shown, next } = cut(deps, order, rows, limit);
  return { genres: shown, next, total };
}

/** @throws AppError `not_found` for a genre that the band does not have, or a band not the actor's. */
export async function getGenre(
  deps: ViewDeps,
  actor: Actor,
  { bandId, genreId }: OneGenre,
): Promise<Genre> {
  const member = await requireMember(deps, actor, bandId, "listener");
  const genre = await store.findGenre(deps.db, member, genreId);
  if (!genre) throw noSuch(actor, "genre");
  return genre;
}

/** The folders in one folder of a storage; none for a storage that the band does not have. */
export async function listFolders(
  deps: ViewDeps,
  actor: Actor,
  { bandId, connectionId, path, cursor, limit }: ListFolders,
): Promise<FolderPage> {
  const member = await requireMember(deps, actor, bandId, "listener");
  const order = { bandId, sort: "folders", direction: "ascending" } as const;
  const after = toPosition(deps, order, cursor);
  const page = { connectionId, path, after, limit: limit + 1, direction: order.direction };
  const rows = await folders.listFolders(deps.db, member, page);
  const { shown, next } = cut(deps, order, rows, limit);
  return { folders: shown.map(({ id: _, ...folder }) => folder), next };
}

const toPosition = (deps: ViewDeps, order: Order, cursor: string | null): Position | null =>
  cursor === null ? null : parseCursor(deps.sessionKeys, order, cursor);

/** Of one row more than a page has: the page, and where the next one begins. */
function cut<Row extends Position>(
  deps: ViewDeps,
  order: Order,
  rows: readonly Row[],
  limit: number,
): { shown: Omit<Row, "key">[]; next: string | null } {
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    shown: rows.slice(0, limit).map(({ key: _, ...row }) => row),
    next: last ? toCursor(deps.sessionKeys, order, last) : null,
  };
}

export const toAlbum = ({ addedAt, ...row }: store.AlbumRow): Album => ({
  ...row,
  addedAt: addedAt.toISOString(),
});

const noSuch = (actor: Actor, what: "album" | "artist" | "genre"): AppError =>
  notTheirs(
    actor,
    `There is no such ${what} any more, or it belongs to a band that you are not in.`,
  );
