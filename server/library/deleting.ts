import { isAtLeast } from "#contract/bands.ts";
import type { TrackId } from "#contract/ids.ts";
import { noteEvent } from "#server/audit/service.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { type HealthDeps, noteStorageFailure } from "#server/connections/health.ts";
import {
  attachStorage,
  connectionTopic,
  PATIENCE_MS,
  requireConnection,
  type StorageDeps,
} from "#server/connections/service.ts";
import * as store from "./deleting-store.ts";
import { noSuchTrack } from "./track-rows.ts";

type DeletingDeps = StorageDeps & HealthDeps;

/**
 * Deletes a recording in its storage, and then from the library with all that belongs to it. One that is
 * missing there only leaves the library: its file is not looked for.
 *
 * Whoever is killed in between leaves a track whose file is gone: deleting it once more ends it.
 *
 * @throws AppError `not_found` for what none of the actor's bands has, `forbidden` for who is no owner of
 *   the band, `conflict` where its storage does not allow it, or has another version by now; what the
 *   storage says, when nothing was changed.
 */
export async function deleteTrack(
  deps: DeletingDeps,
  actor: Actor,
  trackId: TrackId,
  device: Device,
): Promise<void> {
  const track = await store.findDeletable(deps.db, actor, trackId);
  if (!track) throw noSuchTrack(actor);
  if (!isAtLeast(track.role, "owner")) throw nameNoOwner();
  if (track.state !== "missing") await removeFile(deps, actor, track);
  await write(deps, async (tx) => {
    if (!(await store.deleteTrack(tx, track))) return;
    await deps.events.publish(tx, connectionTopic(track.connectionId));
    await noteEvent(deps, tx, {
      action: "track.deleted",
      actorId: actor.userId,
      subjectId: actor.userId,
      bandId: track.bandId,
      device,
      details: { providers: [track.provider] },
    });
  });
}

/** Whatever it does not let us delete it may still let us read: that is no news about its health. */
async function removeFile(
  deps: DeletingDeps,
  actor: Actor,
  track: store.DeletableTrack,
): Promise<void> {
  const { row } = await requireConnection(deps, actor, track.connectionId, "owner");
  if (!row.allowsDeleting) throw nameNotAllowed(row.name);
  const storage = attachStorage(deps, row, AbortSignal.timeout(PATIENCE_MS));
  if (!storage.remove) throw nameNotAllowed(row.name);
  try {
    await storage.remove(track);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    // Somebody was faster, or was killed after it.
    if (error.code === "not_found") return;
    if (error.code === "storage_reconnect") await noteStorageFailure(deps, row, error);
    throw error;
  }
}

const nameNoOwner = (): AppError =>
  new AppError(
    "forbidden",
    "Only an owner of this band can delete its recordings. Nothing was changed; ask an owner of the band.",
  );

const nameNotAllowed = (storage: string): AppError =>
  new AppError(
    "conflict",
    `Recordings in ${storage} can't be deleted from here, so nothing was changed. Where the storage takes it, an owner of the band can allow that on the Storage screen.`,
  );
