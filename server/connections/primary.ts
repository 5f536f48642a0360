import type { Connection } from "#contract/connections.ts";
import type { ConnectionId } from "#contract/ids.ts";
import type { Actor } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { connectionTopic, getConnection, nameStoragePaused, requireConnection } from "./service.ts";
import * as store from "./store.ts";

/**
 * New recordings of the band go to this storage from now on. What plays goes on, since every track
 * is played from the storage that it lies in.
 *
 * @throws AppError `conflict` for the demo, which takes none; `storage_refused` for one that is paused.
 */
export async function setPrimary(
  deps: Pick<Deps, "config" | "db" | "events">,
  actor: Actor,
  connectionId: ConnectionId,
): Promise<Connection> {
  const { row } = await requireConnection(deps, actor, connectionId, "owner");
  if (row.isDemo) {
    throw new AppError(
      "conflict",
      "The demo recordings take no others. Nothing was changed; connect a storage of your own and make that the primary one.",
    );
  }
  if (row.pausedAt !== null) throw nameStoragePaused();
  await write(deps, async (tx) => {
    await store.lockBand(tx, row.bandId);
    if (!(await store.savePrimary(tx, row))) {
      throw new AppError(
        "not_found",
        "That storage was disconnected a moment ago. The primary one stays what it was.",
      );
    }
    for (const { id } of await store.listConnections(tx, row)) {
      await deps.events.publish(tx, connectionTopic(id));
    }
  });
  return getConnection(deps, actor, row.id);
}

/** The name of the storage that becomes the primary when this one goes; `null` when none does. */
export const findNextPrimary = async (
  db: Deps["db"] | Tx,
  row: Parameters<typeof store.findSuccessor>[1],
): Promise<string | null> => (await store.findSuccessor(db, row))?.name ?? null;

export const lockBand = store.lockBand;
