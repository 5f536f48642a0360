import { z } from "zod";
import { enoughOf } from "#contract/enough.ts";
import { type BandId, TrackId } from "#contract/ids.ts";
import type { Track } from "#contract/library.ts";
import {
  type FavouritePage,
  type ListFavourites,
  MOST_FAVOURITES,
  type RecentPlay,
  type RecentPlays,
  type RecordedPlay,
  type RecordPlay,
  type SavedQueue,
  type SaveQueue,
  type SetFavourite,
  type SetFavourites,
} from "#contract/listening.ts";
import { requireMember } from "#server/bands/service.ts";
import type { Actor } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { getTrack } from "#server/library/service.ts";
import { getTracks } from "#server/library/some-tracks.ts";
import * as store from "./store.ts";

type Reading = Pick<Deps, "db">;

/** Players round, and so do tags. */
const TOLERANCE_MS = 1_500;
/** Nobody listens faster. */
const FASTEST = 2;

/**
 * Counts that somebody has listened to a recording, once for each time that it was begun, whichever
 * server is told and however often.
 *
 * @throws AppError `not_found` for a track of nobody's or of a band that the actor is not in.
 */
export async function recordPlay(
  deps: Reading,
  actor: Actor,
  { trackId, playId, heardMs }: RecordPlay,
): Promise<RecordedPlay> {
  const { durationMs } = await getTrack(deps, actor, trackId);
  const { userId } = actor;
  const enoughMs = enoughOf(durationMs);
  const isCounted =
    heardMs + TOLERANCE_MS >= enoughMs &&
    (await write(deps, async (tx) => {
      const apartMs = Math.max(0, enoughMs / FASTEST - TOLERANCE_MS);
      if (!(await store.insertPlay(tx, { id: playId, userId, trackId }))) return false;
      return (await store.countListen(tx, { userId, trackId }, apartMs)) !== null;
    }));
  return { isCounted, playCount: await store.findPlayCount(deps.db, userId, trackId) };
}

/** What the actor listened to in a band, the newest first. */
export async function listRecentPlays(
  deps: Reading,
  actor: Actor,
  { bandId, limit }: RecentPlays,
): Promise<RecentPlay[]> {
  const member = await requireMember(deps, actor, bandId, "listener");
  const rows = await store.listRecent(deps.db, actor.userId, member.bandId, limit);
  const tracks = await getTracks(
    deps,
    member,
    rows.map(({ trackId }) => trackId),
  );
  return rows.flatMap(({ trackId, playCount, lastPlayedAt }) => {
    const track = tracks.get(trackId);
    return track ? [{ track, playCount, lastPlayedAt: lastPlayedAt.toISOString() }] : [];
  });
}

/** The actor's own; twice is as good as once. @throws AppError `conflict` for very many. */
export async function setFavourite(
  deps: Reading,
  actor: Actor,
  { trackId, isFavourite }: SetFavourite,
): Promise<void> {
  const { bandId } = await getTrack(deps, actor, trackId);
  await saveFavourites(deps, actor, { bandId, trackIds: [trackId], isFavourite });
}

/**
 * The same for many recordings of a band: all of them or none.
 *
 * @throws AppError `not_found` for a band that is not the actor's and for what the band does not have,
 *   `conflict` for very many.
 */
export async function setFavourites(
  deps: Reading,
  actor: Actor,
  { bandId, trackIds, isFavourite }: SetFavourites,
): Promise<void> {
  const member = await requireMember(deps, actor, bandId, "listener");
  const known = await getTracks(deps, member, trackIds);
  if (!trackIds.every((id) => known.has(id))) throw nameNotThere();
  await saveFavourites(deps, actor, { bandId: member.bandId, trackIds, isFavourite });
}

const saveFavourites = (
  deps: Reading,
  { userId }: Actor,
  { bandId, trackIds, isFavourite }: SetFavourites,
): Promise<void> =>
  write(deps, async (tx) => {
    if (!isFavourite) return store.deleteFavourites(tx, userId, trackIds);
    await store.insertFavourites(tx, userId, trackIds);
    if ((await store.countFavourites(tx, userId, bandId)) > MOST_FAVOURITES) throw nameTooMany();
  });

/** All of the actor's in a band, so that lists can show them. */
export async function listFavouriteIds(
  deps: Reading,
  actor: Actor,
  bandId: BandId,
): Promise<TrackId[]> {
  const member = await requireMember(deps, actor, bandId, "listener");
  return store.listFavouriteIds(deps.db, actor.userId, member.bandId, MOST_FAVOURITES);
}

const Cursor = z.tuple([z.string().max(40), TrackId]);

/** A page of the actor's in a band. @throws AppError `invalid_input` for a cursor of another list. */
export async function listFavourites(
  deps: Reading,
  actor: Actor,
  { bandId, cursor, limit }: ListFavourites,
): Promise<FavouritePage> {
  const member = await requireMember(deps, actor, bandId, "listener");
  const before = cursor === null ? null : parseCursor(cursor);
  const rows = await store.listFavourites(deps.db, actor.userId, member.bandId, before, limit + 1);
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  const ids = page.map(({ id }) => id);
  return {
    tracks: inOrder(ids, await getTracks(deps, member, ids)),
    next: last ? `${last.at}|${last.id}` : null,
  };
}

/** Where the actor left off in a band; `null` where there is nothing to go on with. */
export async function getQueue(
  deps: Reading,
  actor: Actor,
  bandId: BandId,
): Promise<SavedQueue | null> {
  const member = await requireMember(deps, actor, bandId, "listener");
  const row = await store.findQueue(deps.db, actor.userId, member.bandId);
  if (!row) return null;
  const known = await getTracks(deps, member, row.trackIds);
  const current = row.trackIds[row.index];
  const before = inOrder(row.trackIds.slice(0, row.index), known);
  const tracks = inOrder(row.trackIds, known);
  if (tracks.length === 0) return null;
  return {
    tracks,
    // In the place of one that is gone stands what came after it.
    index: Math.min(before.length, tracks.length - 1),
    positionMs: current && known.has(current) ? row.positionMs : 0,
    savedAt: row.savedAt.toISOString(),
  };
}

/** What comes after a recording where the actor listens in a band, as far as that was told. */
export async function findNextInQueue(
  deps: Pick<Deps, "db">,
  { userId }: Pick<Actor, "userId">,
  bandId: BandId,
  trackId: TrackId,
): Promise<TrackId | undefined> {
  const { trackIds = [], index = 0 } = (await store.findQueue(deps.db, userId, bandId)) ?? {};
  const place = trackIds[index] === trackId ? index : trackIds.indexOf(trackId);
  return place < 0 ? undefined : trackIds[place + 1];
}

/** What somebody else may not see of it is left out when it is asked for, and not here. */
export async function saveQueue(
  deps: Reading,
  actor: Actor,
  { bandId, trackIds, index, positionMs }: SaveQueue,
): Promise<void> {
  const member = await requireMember(deps, actor, bandId, "listener");
  const { userId } = actor;
  const place = Math.min(index, Math.max(0, trackIds.length - 1));
  await write(deps, (tx) =>
    trackIds.length === 0
      ? store.deleteQueue(tx, userId, member.bandId)
      : store.saveQueue(tx, { userId, bandId: member.bandId, trackIds, index: place, positionMs }),
  );
}

const inOrder = (ids: readonly TrackId[], known: ReadonlyMap<TrackId, Track>): Track[] =>
  ids.flatMap((id) => known.get(id) ?? []);

function parseCursor(cursor: string): store.FavouritePlace {
  const parsed = Cursor.safeParse(cursor.split("|"));
  const [at, id] = parsed.data ?? [];
  if (!at || !id || !/^\d{4}-\d\d-\d\d [\d:.+-]+$/.test(at)) {
    throw new AppError("invalid_input", "This is no place in the list. Load the list again.");
  }
  return { at, id };
}

const nameNotThere = (): AppError =>
  new AppError(
    "not_found",
    "One of these recordings is not in this band's library any more. Nothing was changed; load the list again, and then try again.",
  );

const nameTooMany = (): AppError =>
  new AppError(
    "conflict",
    `You have ${MOST_FAVOURITES.toLocaleString("en")} favourites in this band, and there is no room for more. Nothing was changed; take one away first.`,
  );
