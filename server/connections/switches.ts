import type { AuditAction } from "#contract/audit.ts";
import type { Connection, SetSwitch } from "#contract/connections.ts";
import { noteEvent } from "#server/audit/service.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { connectionTopic, getConnection, requireConnection, type StorageDeps } from "./service.ts";
import type { ConnectionRow } from "./store.ts";
import { saveSwitch } from "./switch-store.ts";

interface Switched {
  readonly action: AuditAction;
  readonly isOn: boolean;
  readonly actor: Actor;
  readonly device: Device;
}

/** Tells the screens, and the audit, that an owner has set one of a storage's switches. */
export async function noteSwitch(
  deps: Parameters<typeof noteEvent>[0] & Pick<Deps, "events">,
  tx: Tx,
  row: Pick<ConnectionRow, "id" | "bandId" | "provider">,
  { action, isOn, actor, device }: Switched,
): Promise<void> {
  await deps.events.publish(tx, connectionTopic(row.id));
  await noteEvent(deps, tx, {
    action,
    actorId: actor.userId,
    subjectId: actor.userId,
    bandId: row.bandId,
    device,
    details: { isOn, providers: [row.provider] },
  });
}

/**
 * Lets owners of the band delete recordings in a storage, or not any more. Off until somebody wants it.
 *
 * @throws AppError `conflict` for a storage in which nothing can be deleted from here.
 */
export async function setDeleting(
  deps: StorageDeps & Pick<Deps, "events">,
  actor: Actor,
  { connectionId, isOn }: SetSwitch,
  device: Device,
): Promise<Connection> {
  const { row } = await requireConnection(deps, actor, connectionId, "owner");
  const connection = await getConnection(deps, actor, row.id);
  if (connection.deleting === null) throw nameOnlyRead();
  await write(deps, async (tx) => {
    if (!(await saveSwitch(tx, row.id, "allowsDeleting", isOn))) return;
    await noteSwitch(deps, tx, row, { action: "connection.deleting_changed", isOn, actor, device });
  });
  return getConnection(deps, actor, row.id);
}

const nameOnlyRead = (): AppError =>
  new AppError(
    "conflict",
    "Backline only reads what is in this storage, so nothing can be deleted there from here. Nothing was changed; delete recordings in the storage itself.",
  );
