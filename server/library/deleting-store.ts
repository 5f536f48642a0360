import { and, eq } from "drizzle-orm";
import type { BandRole } from "#contract/bands.ts";
import type { TrackId } from "#contract/ids.ts";
import { connections, members, tracks } from "#drizzle/schema/index.ts";
import type { Actor } from "#server/base/actor.ts";
import type { Db, Tx } from "#server/base/db.ts";

const sought = {
  id: tracks.id,
  bandId: tracks.bandId,
  connectionId: tracks.connectionId,
  state: tracks.state,
  ref: tracks.ref,
  title: tracks.title,
  sizeBytes: tracks.sizeBytes,
  etag: tracks.etag,
  modifiedAt: tracks.modifiedAt,
  role: members.role,
  provider: connections.provider,
};

export type DeletableTrack = Pick<
  typeof tracks.$inferSelect,
  | ("id" | "bandId" | "connectionId" | "state" | "ref" | "title")
  | ("sizeBytes" | "etag" | "modifiedAt")
> &
  Pick<typeof connections.$inferSelect, "provider"> & { readonly role: BandRole };

/** The track if the actor's bands have it, its storage, and the actor's role there. */
export async function findDeletable(
  db: Db,
  actor: Actor,
  id: TrackId,
): Promise<DeletableTrack | undefined> {
  const [row] = await db
    .select(sought)
    .from(tracks)
    .innerJoin(members, and(eq(members.bandId, tracks.bandId), eq(members.userId, actor.userId)))
    .innerJoin(connections, eq(connections.id, tracks.connectionId))
    .where(eq(tracks.id, id));
  return row;
}

/** @returns false when it is gone already, or has another place by now. */
export async function deleteTrack(
  tx: Tx,
  { id, connectionId, ref, state }: DeletableTrack,
): Promise<boolean> {
  const deleted = await tx
    .delete(tracks)
    .where(
      and(
        eq(tracks.id, id),
        eq(tracks.connectionId, connectionId),
        eq(tracks.ref, ref),
        // What is back since somebody saw it missing is a recording again.
        state === "missing" ? eq(tracks.state, "missing") : undefined,
      ),
    )
    .returning({ id: tracks.id });
  return deleted.length > 0;
}
