import type { PlaylistId, PlaylistItemId, TrackId } from "#contract/ids.ts";
import { MOST_ITEMS, type Playlist } from "#contract/playlists.ts";
import type { Actor } from "#server/base/actor.ts";
import type { Tx } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { createId } from "#server/base/ids.ts";
import type { Deps } from "#server/deps.ts";
import { requireTracks } from "#server/library/some-tracks.ts";
import * as order from "./order-store.ts";
import { placesBetween } from "./places.ts";

/** Puts recordings behind the last one. The caller holds the lock. @throws AppError `not_found`, `conflict` */
export async function append(
  deps: Pick<Deps, "now">,
  tx: Tx,
  { id, bandId }: Pick<Playlist, "id" | "bandId">,
  actor: Actor,
  trackIds: readonly TrackId[],
): Promise<void> {
  if (trackIds.length === 0) return;
  await requireTracks(tx, { bandId }, trackIds, "Nothing was added");
  if ((await order.countItems(tx, id)) + trackIds.length > MOST_ITEMS) throw nameFullList();
  const places = placesBetween(await order.findLastPlace(tx, id), null, trackIds.length);
  const items = trackIds.map((trackId, index) => ({
    id: createId<PlaylistItemId>(deps.now()),
    trackId,
    place: places[index] as string,
  }));
  await order.insertItems(tx, id, actor.userId, items);
}

/** Gives every item a short place again. The caller holds the lock. */
export async function spread(tx: Tx, id: PlaylistId): Promise<void> {
  const ids = await order.listItemIds(tx, id);
  const places = placesBetween(null, null, ids.length);
  await order.savePlaces(
    tx,
    id,
    new Map(ids.map((itemId, index) => [itemId, places[index] as string])),
  );
}

const nameFullList = (): AppError =>
  new AppError(
    "conflict",
    `A playlist takes ${MOST_ITEMS.toLocaleString("en")} recordings, and this would be more. Nothing was added; make another one.`,
  );
