import { z } from "zod";
import { type BandId, ConnectionId, type TrackId } from "#contract/ids.ts";
import type { SetTagWriting, TagWriting, TrackWriting } from "#contract/tag-writing.ts";
import { noteEvent } from "#server/audit/service.ts";
import { requireMember } from "#server/bands/service.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { defineJob } from "#server/base/jobs.ts";
import type { Deps } from "#server/deps.ts";
import * as store from "./tag-writing-store.ts";

/** Files of a storage wait for what was edited. */
export const tagsWanted = defineJob(
  "library.tags_wanted",
  z.object({ connectionId: ConnectionId }),
);

/** @throws AppError `not_found` for a band that is not the actor's. */
export async function getTagWriting(
  deps: Pick<Deps, "db">,
  actor: Actor,
  bandId: BandId,
): Promise<TagWriting> {
  const member = await requireMember(deps, actor, bandId, "listener");
  const isOn = await store.findIsOn(deps.db, member);
  return { bandId, isOn, ...(await store.countWritings(deps.db, member)) };
}

/**
 * Lets what members edit go into the files themselves, or not any more. What was edited before is not
 * written by that alone.
 *
 * @throws AppError `forbidden` for who is no owner.
 */
export async function setTagWriting(
  deps: Pick<Deps, "db" | "jobs" | "now">,
  actor: Actor,
  { bandId, isOn }: SetTagWriting,
  device: Device,
): Promise<TagWriting> {
  const member = await requireMember(deps, actor, bandId, "owner");
  await write(deps, async (tx) => {
    if (!(await store.saveIsOn(tx, member, isOn))) return;
    if (isOn) await enqueueAll(deps, tx, await store.listWaiting(tx, member));
    await noteEvent(deps, tx, {
      action: "band.tag_writing_changed",
      actorId: actor.userId,
      subjectId: actor.userId,
      ...{ bandId, device, details: { isOn } },
    });
  });
  return getTagWriting(deps, actor, bandId);
}

/**
 * Writes all that was edited and is not in its file yet, also what could not be written before.
 *
 * @throws AppError `forbidden` for who is no owner, `conflict` while the band does not want it.
 */
export async function writeAllTags(
  deps: Pick<Deps, "db" | "jobs">,
  actor: Actor,
  bandId: BandId,
): Promise<TagWriting> {
  const member = await requireMember(deps, actor, bandId, "owner");
  if (!(await store.findIsOn(deps.db, member))) throw nameOff();
  await write(deps, async (tx) => enqueueAll(deps, tx, await store.enlistBeside(tx, member)));
  return getTagWriting(deps, actor, bandId);
}

/** What was edited goes into its file, where the band wants that; within what has edited it. */
export async function wantTags(
  deps: Pick<Deps, "jobs">,
  tx: Tx,
  member: { readonly bandId: BandId },
  ids: readonly TrackId[],
): Promise<void> {
  if (await store.findIsOn(tx, member)) await enqueueAll(deps, tx, await store.enlist(tx, ids));
  else await store.markBeside(tx, ids);
}

/** After a scan: what had changed is known now, and what was away may be there. */
export async function wantTagsAgain(
  deps: Pick<Deps, "jobs">,
  tx: Tx,
  connectionId: ConnectionId,
): Promise<void> {
  if (await store.hasten(tx, connectionId)) await tagsWanted.enqueue(deps, tx, { connectionId });
}

/** How it stands with the file of a track that the actor may see. */
export async function findTrackWriting(
  deps: Pick<Deps, "db">,
  trackId: TrackId,
): Promise<TrackWriting | null> {
  const row = await store.findWriting(deps.db, trackId);
  if (!row?.isOn) return null;
  const { state, message, writtenAt, edits } = row;
  if (state === null) {
    return edits === null ? null : { state: "beside", message: null, writtenAt: null };
  }
  return { state, message, writtenAt: writtenAt?.toISOString() ?? null };
}

async function enqueueAll(
  deps: Pick<Deps, "jobs">,
  tx: Tx,
  storages: readonly { readonly connectionId: ConnectionId }[],
): Promise<void> {
  for (const { connectionId } of storages) await tagsWanted.enqueue(deps, tx, { connectionId });
}

const nameOff = (): AppError =>
  new AppError(
    "conflict",
    "This band does not write tags into its files, so nothing was written. Switch that on first, and try again.",
  );
