import { and, eq, inArray } from "drizzle-orm";
import type { BandId, TrackId } from "#contract/ids.ts";
import { tracks } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";
import { shown } from "./store.ts";
import type { TrackRow } from "./track-rows.ts";

/** Those of the band, in no order. */
export const findTracks = (
  db: Db,
  member: { readonly bandId: BandId },
  ids: readonly TrackId[],
): Promise<TrackRow[]> =>
  db
    .select(shown)
    .from(tracks)
    .where(and(eq(tracks.bandId, member.bandId), inArray(tracks.id, [...ids])));

/** Of the ids, those that the band has. */
export async function findKnown(
  tx: Tx,
  member: { readonly bandId: BandId },
  ids: readonly TrackId[],
): Promise<ReadonlySet<TrackId>> {
  const rows = await tx
    .select({ id: tracks.id })
    .from(tracks)
    .where(and(eq(tracks.bandId, member.bandId), inArray(tracks.id, [...ids])));
  return new Set(rows.map(({ id }) => id));
}
