import { z } from "zod";
import type { BandRole } from "#contract/bands.ts";
import type { Connection, Health, ProviderOffer } from "#contract/connections.ts";
import { type BandId, ConnectionId, UserId } from "#contract/ids.ts";
import { requireMember, requireRole } from "#server/bands/service.ts";
import type { Actor } from "#server/base/actor.ts";
import { AppError } from "#server/base/errors.ts";
import { defineJob } from "#server/base/jobs.ts";
import type { Deps } from "#server/deps.ts";
import type { Storage } from "#server/storage/provider.ts";
import { openCredential } from "./credentials.ts";
import { toConnection } from "./presentation.ts";
import * as shown from "./presentation-store.ts";
import {
  attachRenewing,
  connectionTopic,
  type RenewableConnection,
  type RenewalDeps,
} from "./renewal.ts";
import * as store from "./store.ts";

/** A root was chosen: whoever cares about the files below it can look at them now. */
export const rootChosen = defineJob(
  "connections.root-chosen",
  z.object({ connectionId: ConnectionId, userId: UserId }),
);

export { connectionTopic };

/** Nobody waits longer than this beside a form. */
export const PATIENCE_MS = 45_000;

export type StorageDeps = RenewalDeps;

/** Which storage it is, and what of it belongs to the library. */
export interface ConnectionPlace {
  readonly id: ConnectionId;
  readonly bandId: BandId;
  /** `null` is the top of the storage. */
  readonly rootRef: string | null;
  readonly rootPath: string | null;
  /** As last seen; `noteStorageSuccess` is only worth calling when it is not `active`. */
  readonly health: Health;
  /** Of what it was opened with. */
  readonly credentialVersion: number;
}

/** A band's storage, ready to be read. */
export interface AttachedConnection extends ConnectionPlace {
  readonly storage: Storage;
}

/** Of a connection's row, what it takes to open its storage. */
export type OpenableConnection = Pick<
  store.ConnectionRow,
  | keyof RenewableConnection
  | "pausedAt"
  | "isDirect"
  | "hasRoot"
  | "rootRef"
  | "rootPath"
  | "health"
>;

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

/**
 * The same for who cannot open it, or lets somebody else do so.
 *
 * @throws AppError `not_found`, `conflict`
 */
export async function findPlace(
  deps: Pick<Deps, "db">,
  connectionId: ConnectionId,
): Promise<ConnectionPlace> {
  const row = await store.findConnectionById(deps.db, connectionId);
  if (!row) throw noSuchConnection();
  return toPlace(row);
}

/** The same for who has read the row already, just now: the credential is never older. */
export function openConnection(
  deps: StorageDeps,
  row: OpenableConnection,
  signal: AbortSignal,
): AttachedConnection {
  const place = toPlace(row);
  return { ...place, storage: attachStorage(deps, row, signal, false) };
}

/**
 * For what is answered of a storage without asking it.
 *
 * @throws AppError `conflict` without a folder; `storage_refused` while it is paused.
 */
export const requireUsable = (row: OpenableConnection): void => void toPlace(row);

function toPlace(row: OpenableConnection): ConnectionPlace {
  if (!row.hasRoot) {
    throw new AppError("conflict", "Choose a folder for this storage first; then it can be used.");
  }
  if (row.pausedAt !== null) throw nameStoragePaused();
  const { id, bandId, rootRef, rootPath, health, credentialVersion } = row;
  return { id, bandId, rootRef, rootPath, health, credentialVersion };
}

/**
 * Unseals the credential and hands it to its provider, and to nobody else. One that ends by itself is
 * renewed on the way.
 *
 * @param isAskedFor - a person looks at this very storage and waits for its answer.
 * @throws AppError `storage_refused` for one that is paused: nothing at all is asked of it.
 */
export function attachStorage(
  deps: StorageDeps,
  row: RenewableConnection & Pick<store.ConnectionRow, "pausedAt">,
  signal: AbortSignal,
  isAskedFor = true,
): Storage {
  if (row.pausedAt !== null) throw nameStoragePaused();
  const provider = deps.providers[row.provider];
  if (provider.oauth) return attachRenewing(deps, row, provider.oauth, signal);
  return provider.attach(openCredential(deps, row), {
    egress: deps.egress,
    now: deps.now,
    signal,
    isAskedFor,
  });
}

export const listOffers = (deps: Pick<Deps, "providers">): ProviderOffer[] =>
  Object.values(deps.providers).map((provider) => ({
    id: provider.id,
    name: provider.name,
    description: provider.description,
    isOn: provider.offWhy === null,
    unavailableBecause: provider.offWhy,
    roots: [...provider.roots],
    way: provider.oauth === null ? "form" : "oauth",
  }));

export async function listConnections(
  deps: Pick<Deps, "config" | "db">,
  actor: Actor,
  bandId: BandId,
): Promise<Connection[]> {
  const member = await requireMember(deps, actor, bandId, "listener");
  return present(deps, await store.listConnections(deps.db, member));
}

export async function getConnection(
  deps: Pick<Deps, "config" | "db">,
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
  return requireRole(actor, await store.findConnection(deps.db, actor, connectionId), atLeast, {
    none: NO_SUCH_STORAGE,
    refused: "Only an owner of this band can change its storage.",
  });
}

/** Marks the failures of a storage that is paused. */
const PAUSED = Symbol("paused");

export const nameStoragePaused = (): AppError =>
  new AppError(
    "storage_refused",
    "This storage is paused, so nothing is asked of it. Everything is kept, and its recordings play again as soon as an owner of the band resumes it on the Storage screen.",
    { cause: PAUSED },
  );

export const isStoragePaused = (error: unknown): boolean =>
  error instanceof AppError && error.cause === PAUSED;

const NO_SUCH_STORAGE = "There is no such storage.";

export const noSuchConnection = (): AppError => new AppError("not_found", NO_SUCH_STORAGE);

async function present(
  deps: Pick<Deps, "config" | "db">,
  rows: readonly store.ConnectionRow[],
): Promise<Connection[]> {
  const ids = rows.map((row) => row.id);
  const isWatching = deps.config.watchSeconds !== null;
  const [counts, scans, looks] = await Promise.all([
    shown.countTracks(deps.db, ids),
    shown.listNewestScans(deps.db, ids),
    shown.listLooks(deps.db, isWatching ? ids : []),
  ]);
  return rows.map((row) =>
    toConnection(row, counts.get(row.id), scans.get(row.id), looks.get(row.id)),
  );
}
