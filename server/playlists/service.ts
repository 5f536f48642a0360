import type { BandRole } from "#contract/bands.ts";
import type { BandId, PlaylistId } from "#contract/ids.ts";
import {
  type AddItems,
  type CreatePlaylist,
  type ItemPage,
  type ListItems,
  MOST_PLAYLISTS,
  type MoveItems,
  type Playlist,
  type PlaylistItem,
  type RemoveItems,
  type RenamePlaylist,
} from "#contract/playlists.ts";
import { requireMember, requireRole } from "#server/bands/service.ts";
import type { Actor } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { createId } from "#server/base/ids.ts";
import type { Deps } from "#server/deps.ts";
import { toNamePatterns } from "#server/library/search.ts";
import { getTracks } from "#server/library/some-tracks.ts";
import { append, spread } from "./filling.ts";
import * as order from "./order-store.ts";
import { isCrowded, placesBetween } from "./places.ts";
import * as store from "./store.ts";

type ListDeps = Pick<Deps, "db" | "events" | "now">;

/** Published when a playlist or what is in it was changed. */
export const playlistTopic = (id: PlaylistId): string => `playlist:${id}`;

/** All of a band. @throws AppError `not_found` for a band that is not the actor's. */
export async function listPlaylists(
  deps: Pick<Deps, "db">,
  actor: Actor,
  bandId: BandId,
): Promise<Playlist[]> {
  const member = await requireMember(deps, actor, bandId, "listener");
  return (await store.listPlaylists(deps.db, member)).map(toPlaylist);
}

/** Those of a band whose names have the words of a search. */
export const findPlaylists = (
  { db }: Pick<Deps, "db">,
  member: { readonly bandId: BandId },
  search: string,
  limit: number,
): Promise<{ id: PlaylistId; name: string }[]> =>
  store.findPlaylists(db, member, toNamePatterns(search), limit);

/** @throws AppError `not_found` for one that none of the actor's bands has. */
export async function getPlaylist(
  deps: Pick<Deps, "db">,
  actor: Actor,
  id: PlaylistId,
): Promise<Playlist> {
  return toPlaylist((await requirePlaylist(deps, actor, id, "listener")).playlist);
}

/** A page of it, in its order. */
export async function listItems(
  deps: Pick<Deps, "db">,
  actor: Actor,
  { playlistId, cursor, limit }: ListItems,
): Promise<ItemPage> {
  const { playlist } = await requirePlaylist(deps, actor, playlistId, "listener");
  const rows = await store.listItems(deps.db, playlistId, cursor, limit + 1);
  const page = rows.slice(0, limit);
  const tracks = await getTracks(
    deps,
    playlist,
    page.map(({ trackId }) => trackId),
  );
  const items = page.flatMap(({ trackId, id, addedBy, addedAt }): PlaylistItem[] => {
    const track = tracks.get(trackId);
    // Gone since.
    return track ? [{ id, track, addedBy, addedAt: addedAt.toISOString() }] : [];
  });
  return { items, next: rows.length > limit ? (page.at(-1)?.place ?? null) : null };
}

/**
 * @throws AppError `not_found` for a band or recordings that are not the actor's, `forbidden` for
 *   listeners, `conflict` for a band that has very many.
 */
export async function createPlaylist(
  deps: ListDeps,
  actor: Actor,
  { bandId, name, trackIds }: CreatePlaylist,
): Promise<Playlist> {
  const member = await requireMember(deps, actor, bandId, "editor");
  const id = createId<PlaylistId>(deps.now());
  await write(deps, async (tx) => {
    if ((await store.countPlaylists(tx, member.bandId)) >= MOST_PLAYLISTS) throw nameTooMany();
    await store.insertPlaylist(tx, { id, bandId: member.bandId, name, createdBy: actor.userId });
    await append(deps, tx, { id, bandId: member.bandId }, actor, trackIds);
  });
  return getPlaylist(deps, actor, id);
}

export async function renamePlaylist(
  deps: ListDeps,
  actor: Actor,
  { playlistId, name }: RenamePlaylist,
): Promise<Playlist> {
  await requirePlaylist(deps, actor, playlistId, "editor");
  await write(deps, async (tx) => {
    await store.savePlaylist(tx, playlistId, { name });
    await deps.events.publish(tx, playlistTopic(playlistId));
  });
  return getPlaylist(deps, actor, playlistId);
}

/** The recordings stay in the library. */
export async function removePlaylist(
  deps: ListDeps,
  actor: Actor,
  playlistId: PlaylistId,
): Promise<void> {
  await requirePlaylist(deps, actor, playlistId, "editor");
  await write(deps, async (tx) => {
    await store.deletePlaylist(tx, playlistId);
    await deps.events.publish(tx, playlistTopic(playlistId));
  });
}

/** Puts recordings at its end. Whoever adds at the same moment adds behind them, or before. */
export async function addItems(
  deps: ListDeps,
  actor: Actor,
  { playlistId, trackIds }: AddItems,
): Promise<Playlist> {
  await change(deps, actor, playlistId, (tx, playlist) =>
    append(deps, tx, playlist, actor, trackIds),
  );
  return getPlaylist(deps, actor, playlistId);
}

/**
 * Puts items behind another one. Nothing else is written, however long the list is.
 *
 * @throws AppError `not_found` when one of them was removed meanwhile, `invalid_input` for one that
 *   should stand behind itself.
 */
export async function moveItems(
  deps: ListDeps,
  actor: Actor,
  { playlistId, itemIds, after }: MoveItems,
): Promise<Playlist> {
  const moving = [...new Set(itemIds)];
  if (after !== null && moving.includes(after)) {
    throw new AppError("invalid_input", "A recording can't be moved behind itself.");
  }
  await change(deps, actor, playlistId, async (tx) => {
    const wanted = after === null ? moving : [...moving, after];
    const places = await order.findPlaces(tx, playlistId, wanted);
    if (places.size < wanted.length) throw nameItemGone();
    const from = after === null ? null : (places.get(after) ?? null);
    const upTo = await order.findNextPlace(tx, playlistId, from);
    const free = placesBetween(from, upTo, moving.length);
    const placed = new Map(moving.map((id, index) => [id, free[index] as string]));
    await order.savePlaces(tx, playlistId, placed);
    if (isCrowded(free)) await spread(tx, playlistId);
  });
  return getPlaylist(deps, actor, playlistId);
}

/** Those that are gone already are no fault. */
export async function removeItems(
  deps: ListDeps,
  actor: Actor,
  { playlistId, itemIds }: RemoveItems,
): Promise<Playlist> {
  await change(deps, actor, playlistId, (tx) => order.deleteItems(tx, playlistId, itemIds));
  return getPlaylist(deps, actor, playlistId);
}

/** @throws AppError `not_found`, `forbidden` */
export async function requirePlaylist(
  deps: Pick<Deps, "db">,
  actor: Actor,
  id: PlaylistId,
  atLeast: BandRole,
): Promise<{ readonly playlist: store.PlaylistRow }> {
  return requireRole(actor, await store.findPlaylist(deps.db, actor, id), atLeast, {
    none: "There is no such playlist, or it belongs to a band that you are not in.",
    refused:
      "Only editors and owners of this band can change its playlists. Nothing was changed; ask an owner of the band.",
  });
}

async function change(
  deps: ListDeps,
  actor: Actor,
  id: PlaylistId,
  work: (tx: Tx, playlist: store.PlaylistRow) => Promise<void>,
): Promise<void> {
  const { playlist } = await requirePlaylist(deps, actor, id, "editor");
  await write(deps, async (tx) => {
    if (!(await store.lockPlaylist(tx, id))) throw nameItemGone();
    await work(tx, playlist);
    await store.savePlaylist(tx, id, {});
    await deps.events.publish(tx, playlistTopic(id));
  });
}

const toPlaylist = ({ createdAt, updatedAt, ...row }: store.PlaylistRow): Playlist => ({
  ...row,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
});

const nameItemGone = (): AppError =>
  new AppError(
    "not_found",
    "Somebody else has changed this playlist meanwhile, and took something of it away. Nothing was changed; look at it again.",
  );

const nameTooMany = (): AppError =>
  new AppError(
    "conflict",
    `This band has ${MOST_PLAYLISTS} playlists, and there is no room for more. Nothing was made; remove one first.`,
  );
