import type { BandId, TrackId } from "#contract/ids.ts";
import type { Track } from "#contract/library.ts";
import type { Tx } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { findKnown, findTracks } from "./some-tracks-store.ts";
import { toTrack } from "./track-rows.ts";

/**
 * Tracks by their ids, for who shows some of a band that the actor was found to be in.
 *
 * @returns those that the band has.
 */
export async function getTracks(
  deps: Pick<Deps, "db">,
  member: { readonly bandId: BandId },
  ids: readonly TrackId[],
): Promise<ReadonlyMap<TrackId, Track>> {
  if (ids.length === 0) return new Map();
  const rows = await findTracks(deps.db, member, ids);
  return new Map(rows.map((row) => [row.id, toTrack(row)]));
}

/**
 * Before recordings are put into a list of their band.
 *
 * @param kept - what is not done then: 'Nothing was added'.
 * @throws AppError `not_found` when the band does not have all of them.
 */
export async function requireTracks(
  tx: Tx,
  member: { readonly bandId: BandId },
  ids: readonly TrackId[],
  kept: string,
): Promise<void> {
  const known = await findKnown(tx, member, ids);
  if (ids.every((id) => known.has(id))) return;
  throw new AppError(
    "not_found",
    `One of these recordings is not in this band's library any more. ${kept}; look at the library again.`,
  );
}
