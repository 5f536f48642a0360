import { z } from "zod";
import type { Connection } from "#contract/connections.ts";
import { ConnectionId, UserId } from "#contract/ids.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import { onEvent } from "#server/base/events.ts";
import { defineJob } from "#server/base/jobs.ts";
import type { Deps } from "#server/deps.ts";
import * as store from "./pause-store.ts";
import {
  getConnection,
  nameStoragePaused,
  noSuchConnection,
  requireConnection,
  type StorageDeps,
} from "./service.ts";
import { noteSwitch } from "./switches.ts";

/** A storage may be asked again: whoever cares can look for what has changed meanwhile. */
export const storageResumed = defineJob(
  "connections.resumed",
  z.object({ connectionId: ConnectionId, userId: UserId }),
);

type PauseDeps = StorageDeps & Pick<Deps, "events">;

/** Published when a storage is paused or disconnected. */
export const pauseTopic = (id: ConnectionId): string => `pause:${id}`;

/**
 * From now on nothing is asked of the storage: no scan, no look, no renewal, no byte. Scans and
 * streams that are under way end. All that is known of it stays.
 */
export async function pauseConnection(
  deps: PauseDeps,
  actor: Actor,
  connectionId: ConnectionId,
  device: Device,
): Promise<Connection> {
  await setPaused(deps, actor, connectionId, { isOn: true, device });
  return getConnection(deps, actor, connectionId);
}

/** What a scan meets from now on tells how the storage is, and what has changed meanwhile. */
export async function resumeConnection(
  deps: PauseDeps,
  actor: Actor,
  connectionId: ConnectionId,
  device: Device,
): Promise<Connection> {
  await setPaused(deps, actor, connectionId, { isOn: false, device });
  return getConnection(deps, actor, connectionId);
}

async function setPaused(
  deps: PauseDeps,
  actor: Actor,
  connectionId: ConnectionId,
  { isOn, device }: { readonly isOn: boolean; readonly device: Device },
): Promise<void> {
  const { row } = await requireConnection(deps, actor, connectionId, "owner");
  await write(deps, async (tx) => {
    if (!(await store.savePaused(tx, row.id, isOn))) return;
    await noteSwitch(deps, tx, row, { action: "connection.paused", isOn, actor, device });
    if (isOn) await deps.events.publish(tx, pauseTopic(row.id));
    else if (row.hasRoot) {
      await storageResumed.enqueue(deps, tx, { connectionId: row.id, userId: actor.userId });
    }
  });
}

/**
 * Ends what is under way with a storage as soon as somebody pauses or disconnects it, on whichever server.
 *
 * @param signal - ends the listening, and what is under way, as well.
 * @returns aborted with the sentence for people, or as `signal` is.
 */
export function untilPaused(
  deps: Pick<Deps, "db" | "events" | "log">,
  id: ConnectionId,
  signal: AbortSignal,
): AbortSignal {
  const until = new AbortController();
  // `AbortSignal.any` costs several times as much.
  if (signal.aborted) until.abort(signal.reason);
  else signal.addEventListener("abort", () => until.abort(signal.reason), { once: true });
  onEvent(deps.events, pauseTopic(id), until.signal, async () => {
    try {
      const end = await store.findEnd(deps.db, id);
      if (end) until.abort(end === "gone" ? noSuchConnection() : nameStoragePaused());
    } catch (error) {
      if (!signal.aborted) deps.log.warn({ err: error }, "a pause might not be heard of");
    }
  });
  return until.signal;
}
