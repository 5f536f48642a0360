import { z } from "zod";
import { type BandRole, isAtLeast } from "#contract/bands.ts";
import type { Connection, Health, ProviderOffer } from "#contract/connections.ts";
import { type BandId, ConnectionId, UserId } from "#contract/ids.ts";
import { requireMember } from "#server/bands/service.ts";
import { type Actor, notTheirs } from "#server/base/actor.ts";
import { AppError } from "#server/base/errors.ts";
import { defineJob } from "#server/base/jobs.ts";
import type { Deps } from "#server/deps.ts";
import type { Storage } from "#server/storage/provider.ts";
import { toConnection } from "./presentation.ts";
import * as store from "./store.ts";
import { unseal } from "./unsealing.ts";

/** A root was chosen: whoever cares about the files below it can look at them now. */
export const rootChosen = defineJob(
  "connections.root-chosen",
  z.object({ connectionId: ConnectionId, userId: UserId }),
);

/** Nobody waits longer than this beside a form. */
export const PATIENCE_MS = 45_000;

export type StorageDeps = Pick<Deps, "db" | "vault" | "providers" | "egress" | "now">;

/** A band's storage, ready to be read. */
export interface AttachedConnection {
  readonly id: ConnectionId;
  readonly bandId: BandId;
  /** `null` is the top of the storage. */
  readonly rootRef: string | null;
  readonly rootPath: string | null;
  /** As last seen; `noteStorageSuccess` is only worth calling when it is not `active`. */
  readonly health: Health;
  readonly storage: Storage;
}

/** Of a connection's row, what it takes to open its storage. */
export type OpenableConnection = Pick<
  store.ConnectionRow,
  "id" | "bandId" | "provider" | "sealedCredential" | "hasRoot" | "rootRef" | "rootPath" | "health"
>;

type SealedConnection = Pick<OpenableConnection, "id" | "bandId" | "sealedCredential">;

/** Published whenever a connection or its scan has changed. */
export const connectionTopic = (id: ConnectionId): string => `connection:${id}`;

/** Where a credential belongs; it opens nowhere else. */
export const credentialPlace = (id: ConnectionId, bandId: BandId) => ({
  table: "connections",
  column: "sealed_credential",
  rowId: id,
  ownerId: bandId,
});

/**
 * Opens the storage behind a connection. There is no actor: the caller has checked the band.
 *
 * @param signal - ends everything that the storage does.
 * @throws AppError `not_found` when the connection is gone, `conflict` when it has no root yet.
 */
export async function openStorage(
  deps: StorageDeps,
  connectionId: ConnectionId,
  signal: AbortSignal,
): Promise<AttachedConnection> {
  const row = await store.findConnectionById(deps.db, connectionId);
  if (!row) throw noSuchConnection();
  return openConnection(deps, row, signal);
}

/** The same for who has read the row already, just now: the credential is never older. */
export function openConnection(
  deps: StorageDeps,
  row: OpenableConnection,
  signal: AbortSignal,
): AttachedConnection {
  if (!row.hasRoot) {
    throw new AppError("conflict", "Choose a folder for this storage first; then it can be used.");
  }
  return {
    id: row.id,
    bandId: row.bandId,
    rootRef: row.rootRef,
    rootPath: row.rootPath,
    health: row.health,
    storage: attachStorage(deps, row, signal, false),
  };
}

/**
 * Unseals the credential and hands it to its provider, and to nobody else.
 *
 * @param isAskedFor - a person looks at this very storage and waits for its answer.
 */
export function attachStorage(
  deps: StorageDeps,
  row: SealedConnection & Pick<OpenableConnection, "provider">,
  signal: AbortSignal,
  isAskedFor = true,
): Storage {
  return deps.providers[row.provider].attach(openCredential(deps, row), {
    egress: deps.egress,
    now: deps.now,
    signal,
    isAskedFor,
  });
}

/** For providers alone, which parse it. */
export const openCredential = (deps: Pick<Deps, "vault">, row: SealedConnection): unknown =>
  JSON.parse(unseal(deps.vault, row.sealedCredential, credentialPlace(row.id, row.bandId)));

export const listOffers = (deps: Pick<Deps, "providers">): ProviderOffer[] =>
  Object.values(deps.providers).map((provider) => ({
    id: provider.id,
    name: provider.name,
    description: provider.description,
    isOn: provider.offWhy === null,
    unavailableBecause: provider.offWhy,
    roots: [...provider.roots],
  }));

export async function listConnections(
  deps: Pick<Deps, "db">,
  actor: Actor,
  bandId: BandId,
): Promise<Connection[]> {
  const member = await requireMember(deps, actor, bandId, "listener");
  return present(deps, await store.listConnections(deps.db, member));
}

export async function getConnection(
  deps: Pick<Deps, "db">,
  actor: Actor,
  connectionId: ConnectionId,
): Promise<Connection> {
  const { row } = await requireConnection(deps, actor, connectionId, "listener");
  const [connection] = await present(deps, [row]);
  if (!connection) throw noSuchConnection();
  return connection;
}

/**
 * @throws AppError `not_found` for what none of the actor's bands has, `forbidden` when the
 *   actor's role there is not enough.
 */
export async function requireConnection(
  deps: Pick<Deps, "db">,
  actor: Actor,
  connectionId: ConnectionId,
  atLeast: BandRole,
): Promise<{ row: store.ConnectionRow; role: BandRole }> {
  const found = await store.findConnection(deps.db, actor, connectionId);
  if (!found) throw notTheirs(actor, NO_SUCH_STORAGE);
  if (!isAtLeast(found.role, atLeast)) {
    throw new AppError("forbidden", "Only an owner of this band can change its storage.");
  }
  return found;
}

const NO_SUCH_STORAGE = "There is no such storage.";

const noSuchConnection = (): AppError => new AppError("not_found", NO_SUCH_STORAGE);

async function present(
  deps: Pick<Deps, "db">,
  rows: readonly store.ConnectionRow[],
): Promise<Connection[]> {
  const ids = rows.map((row) => row.id);
  const [counts, scans] = await Promise.all([
    store.countTracks(deps.db, ids),
    store.listNewestScans(deps.db, ids),
  ]);
  return rows.map((row) => toConnection(row, counts.get(row.id), scans.get(row.id)));
}
