import type { BandId, TrackId } from "#contract/ids.ts";
import type { Track } from "#contract/library.ts";
import type { Deps } from "#server/deps.ts";
import { findTracks } from "./some-tracks-store.ts";
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
