import type { RemovalPreview } from "#contract/connections.ts";
import type { ConnectionId } from "#contract/ids.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import { type ConnectDeps, removeConnection } from "#server/connections/connecting.ts";
import { findNextPrimary, lockBand } from "#server/connections/primary.ts";
import { connectionTopic, requireConnection } from "#server/connections/service.ts";
import type { Deps } from "#server/deps.ts";
import * as store from "./twin-store.ts";

/** What a person is told before they disconnect a storage. */
export async function previewRemoval(
  deps: Pick<Deps, "db">,
  actor: Actor,
  connectionId: ConnectionId,
): Promise<RemovalPreview> {
  const { row } = await requireConnection(deps, actor, connectionId, "owner");
  const { bandId } = row;
  const { all, elsewhere } = await store.countElsewhere(deps.db, { bandId, connectionId });
  const nextPrimary = await findNextPrimary(deps.db, row);
  return { leaving: all - elsewhere, staying: elsewhere, nextPrimary };
}

/**
 * Disconnects a storage. Its recordings leave the library with it, but for those that another
 * storage of the band has too: these stay who they are and play from there.
 */
export async function disconnect(
  deps: ConnectDeps,
  actor: Actor,
  connectionId: ConnectionId,
  device: Device,
): Promise<void> {
  const { row } = await requireConnection(deps, actor, connectionId, "owner");
  const { bandId } = row;
  await write(deps, async (tx) => {
    await lockBand(tx, bandId);
    const kept = await store.keepElsewhere(tx, { bandId, connectionId });
    await removeConnection(deps, tx, row, { actor, device });
    for (const id of new Set(kept.map((each) => each.connectionId))) {
      await deps.events.publish(tx, connectionTopic(id));
    }
  });
}
