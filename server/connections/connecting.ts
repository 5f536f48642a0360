import type {
  ConnectForm,
  Connection,
  CreateConnection,
  ProviderId,
  Reconnect,
  SavedForm,
} from "#contract/connections.ts";
import type { BandId, ConnectionId } from "#contract/ids.ts";
import { noteEvent } from "#server/audit/service.ts";
import { type Member, requireMember } from "#server/bands/service.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { createId } from "#server/base/ids.ts";
import type { Deps } from "#server/deps.ts";
import { createDemoCredential } from "#server/storage/folder/demo.ts";
import type { Connected } from "#server/storage/provider.ts";
import { openCredential, sealCredential } from "./credentials.ts";
import { pauseTopic } from "./pause.ts";
import { releaseAccess } from "./release.ts";
import {
  connectionTopic,
  getConnection,
  PATIENCE_MS,
  requireConnection,
  rootChosen,
  type StorageDeps,
} from "./service.ts";
import * as store from "./store.ts";

export type ConnectDeps = StorageDeps & Pick<Deps, "events" | "jobs" | "log">;

/**
 * Connects a storage after trying it. No root is chosen yet, so nothing is read.
 *
 * @throws AppError with the provider's sentence when the form does not work.
 */
export async function createConnection(
  deps: ConnectDeps,
  actor: Actor,
  { bandId, form }: CreateConnection,
): Promise<Connection> {
  const member = await requireMember(deps, actor, bandId, "owner");
  const connected = await tryForm(deps, form);
  const id = await write(deps, (tx) =>
    insertConnection(deps, tx, member, { ...connected, provider: form.provider, isDemo: false }),
  );
  return getConnection(deps, actor, id);
}

/** Connects the recordings that come with Backline; one a band, however often it is asked for. */
export async function createDemo(
  deps: ConnectDeps,
  actor: Actor,
  bandId: BandId,
): Promise<Connection> {
  const member = await requireMember(deps, actor, bandId, "owner");
  const id = await write(deps, async (tx) => {
    await store.lockBand(tx, member.bandId);
    const existing = (await store.listConnections(tx, member)).find((row) => row.isDemo);
    if (existing) return existing.id;
    const made = await insertConnection(deps, tx, member, {
      credential: createDemoCredential(),
      provider: "folder",
      name: "Demo recordings",
      identity: "came with Backline",
      product: null,
      isDemo: true,
    });
    await store.saveRoot(tx, made, { ref: null, path: "" });
    await rootChosen.enqueue(deps, tx, { connectionId: made, userId: actor.userId });
    return made;
  });
  return getConnection(deps, actor, id);
}

/** What the storage was connected with, without what is secret. */
export async function getSavedForm(
  deps: Pick<Deps, "db" | "vault" | "providers">,
  actor: Actor,
  connectionId: ConnectionId,
): Promise<SavedForm> {
  const { row } = await requireConnection(deps, actor, connectionId, "owner");
  return deps.providers[row.provider].savedForm(openCredential(deps, row));
}

/**
 * The same storage with new access: the library, its root and its history stay. The access that it
 * had is given back, where it is another one.
 */
export async function reconnect(
  deps: ConnectDeps,
  actor: Actor,
  { connectionId, form }: Reconnect,
): Promise<Connection> {
  const { row } = await requireConnection(deps, actor, connectionId, "owner");
  requireSameKind(row, { ...form, bandId: row.bandId });
  const connected = await tryForm(deps, form);
  await write(deps, (tx) => renewConnection(deps, tx, row, connected));
  return getConnection(deps, actor, row.id);
}

/** @throws AppError `conflict` for new access of another kind, or by way of another band. */
export function requireSameKind(
  row: store.ConnectionRow,
  { bandId, provider }: { readonly bandId: BandId; readonly provider: ProviderId },
): void {
  if (row.bandId === bandId && row.provider === provider && !row.isDemo) return;
  throw new AppError(
    "conflict",
    "That is another kind of storage. Connect it as a new one; this one stays as it is.",
  );
}

/** New access for a storage that stays what it is; the old access is given back. */
export async function renewConnection(
  deps: ConnectDeps,
  tx: Tx,
  row: store.ConnectionRow,
  { credential, identity, displayName = null, product, accessEndsAt = null }: Connected<unknown>,
): Promise<void> {
  const sealedCredential = sealCredential(deps, row, credential);
  await releaseAccess(deps, tx, row);
  const fresh = { sealedCredential, identity, displayName, product, accessEndsAt };
  await store.saveCredential(tx, row.id, fresh);
  await deps.events.publish(tx, connectionTopic(row.id));
}

/**
 * Forgets the storage and what the library still has of it. The files themselves are not touched;
 * access that was made for this server is given back. The caller has seen the owner and holds the
 * band's lock.
 */
export async function removeConnection(
  deps: ConnectDeps,
  tx: Tx,
  row: store.ConnectionRow,
  { actor, device }: { readonly actor: Actor; readonly device: Device },
): Promise<void> {
  await releaseAccess(deps, tx, row);
  await store.deleteConnection(tx, row);
  await tellOfEnd(deps, tx, row);
  await noteEvent(deps, tx, {
    action: "connection.removed",
    actorId: actor.userId,
    subjectId: actor.userId,
    bandId: row.bandId,
    device,
    details: { providers: [row.provider] },
  });
}

/** All storages of a band that ends: what opens them is gone with the transaction. */
export async function removeConnectionsOf(
  deps: Pick<Deps, "events" | "jobs" | "log" | "now" | "providers" | "vault">,
  tx: Tx,
  bandId: BandId,
): Promise<ProviderId[]> {
  await store.lockBand(tx, bandId);
  const rows = await store.listConnections(tx, { bandId });
  for (const row of rows) {
    await releaseAccess(deps, tx, row);
    await store.deleteConnection(tx, row);
    await tellOfEnd(deps, tx, row);
  }
  return rows.map(({ provider }) => provider);
}

/** Whoever shows the storage, and whoever plays from it. */
async function tellOfEnd(
  { events }: Pick<Deps, "events">,
  tx: Tx,
  { id }: Pick<store.ConnectionRow, "id">,
): Promise<void> {
  await events.publish(tx, connectionTopic(id));
  await events.publish(tx, pauseTopic(id));
}

function tryForm(deps: ConnectDeps, form: ConnectForm): Promise<Connected<unknown>> {
  const provider = deps.providers[form.provider];
  if (provider.offWhy !== null) throw new AppError("storage_refused", provider.offWhy);
  return provider.verify(form, {
    egress: deps.egress,
    now: deps.now,
    signal: AbortSignal.timeout(PATIENCE_MS),
    isAskedFor: true,
  });
}

/** One more storage of a band; its first becomes the primary. The caller has seen the owner. */
export async function insertConnection(
  deps: Pick<Deps, "now" | "vault">,
  tx: Tx,
  member: Member,
  made: Connected<unknown> & Pick<store.NewConnection, "provider" | "isDemo">,
): Promise<ConnectionId> {
  const id = createId<ConnectionId>(deps.now());
  await store.lockBand(tx, member.bandId);
  await store.insertConnection(tx, {
    id,
    bandId: member.bandId,
    provider: made.provider,
    name: made.name,
    identity: made.identity,
    displayName: made.displayName ?? null,
    product: made.product,
    sealedCredential: sealCredential(deps, { id, bandId: member.bandId }, made.credential),
    accessEndsAt: made.accessEndsAt ?? null,
    isDemo: made.isDemo,
  });
  return id;
}
