import type { ConnectionId, ScanId, TrackId } from "#contract/ids.ts";
import { createToken, hashToken } from "#server/auth/crypto.ts";
import { write } from "#server/base/db.ts";
import { AppError, toWireError } from "#server/base/errors.ts";
import {
  type AttachedConnection,
  findPlace,
  openStorage,
  type StorageDeps,
} from "#server/connections/service.ts";
import type { Deps } from "#server/deps.ts";
import { type Ability, abilitiesOf, requireAbility } from "#server/storage/abilities.ts";
import type { Changes } from "#server/storage/changes.ts";
import { isGrantEnded } from "#server/storage/oauth.ts";
import type { Storage } from "#server/storage/provider.ts";
import { openRemote, type RemoteFailure, toOpenedHeaders } from "#server/storage/remote.ts";
import type { ByteRange, Page } from "#server/storage/stored.ts";
import * as store from "./token-store.ts";

/** One process's hold of a scan: the lease is the number under which it may write. */
export interface HeldScan {
  readonly id: ScanId;
  readonly lease: number;
  readonly connectionId: ConnectionId;
}

/** The same of a track whose waveform is made. */
export interface HeldTrack {
  readonly trackId: TrackId;
  readonly lease: number;
  readonly connectionId: ConnectionId;
}

const TOKEN_SECONDS = 300;

/**
 * Opens the storage that a scan reads. A process without keys reads it through a server that has them:
 * it shows a token of five minutes, whose hash only somebody who may write to our database can have
 * put there, and which is dead with the lease.
 *
 * @throws AppError `not_found` when the connection is gone, `conflict` when it has no root yet;
 *   `storage_unavailable` when the server with the keys is away.
 */
export const openForScan = (
  deps: StorageDeps & Pick<Deps, "storageServer">,
  { id, lease, connectionId }: HeldScan,
  signal: AbortSignal,
): Promise<AttachedConnection> => openFor(deps, { scanId: id, lease }, connectionId, signal);

/** The same to make a waveform. */
export const openForWaveform = (
  deps: StorageDeps & Pick<Deps, "storageServer">,
  { trackId, lease, connectionId }: HeldTrack,
  signal: AbortSignal,
): Promise<AttachedConnection> => openFor(deps, { trackId, lease }, connectionId, signal);

async function openFor(
  deps: StorageDeps & Pick<Deps, "storageServer">,
  held: store.Purpose & { readonly lease: number },
  connectionId: ConnectionId,
  signal: AbortSignal,
): Promise<AttachedConnection> {
  const server = deps.storageServer;
  if (!server) return openStorage(deps, connectionId, signal);
  const token = async (): Promise<string> => {
    const text = createToken();
    const row = { ...held, tokenHash: hashToken(text) };
    await write(deps, (tx) => store.insertToken(tx, row, TOKEN_SECONDS));
    return text;
  };
  const place = await findPlace(deps, connectionId);
  return { ...place, storage: await openRemote({ server, token, signal }) };
}

/**
 * The storage that a token opens, for whoever shows it.
 *
 * @throws AppError `unauthenticated`
 */
export async function openByToken(
  deps: StorageDeps,
  token: string | undefined,
  signal: AbortSignal,
): Promise<Storage> {
  const connectionId = token && (await store.findOpened(deps.db, hashToken(token)));
  if (!connectionId) {
    throw new AppError(
      "unauthenticated",
      "This token opens no storage, or not any more: another process goes on by itself with the work.",
    );
  }
  const { storage } = await openStorage(deps, connectionId, signal);
  return storage;
}

/** What a storage can do, to a process without keys. Nothing is asked of it for that. */
export const tellAbilities = (storage: Storage): { abilities: Ability[] } => ({
  abilities: abilitiesOf(storage),
});

interface Below {
  readonly root: string | null;
  readonly cursor: string | null;
}

/** @throws AppError `invalid_input` when it has no such thing. */
export const tellChanges = async (
  storage: Storage,
  { root, cursor }: Below,
): Promise<{ changes: Changes | null }> => ({
  changes: await requireAbility(storage, "changes")(root, cursor),
});

/** @throws AppError `invalid_input` when it has no such thing. */
export const listBelow = async (storage: Storage, { root, cursor }: Below): Promise<Page> =>
  requireAbility(storage, "listDeep")(root, cursor);

/** Bytes on their way to a process without keys, and what it has to know of them. */
export async function openRangeFor(
  storage: Storage,
  { ref, range }: { readonly ref: string; readonly range: ByteRange },
  signal: AbortSignal,
) {
  const opened = await storage.openRange(ref, range, signal);
  return { headers: toOpenedHeaders(opened), body: opened.body };
}

/** @param failure - what the error is called; it may say more than its name. */
export const toRemoteFailure = (error: unknown, failure: AppError): RemoteFailure => ({
  ...toWireError(failure),
  isGrantRefused: isGrantEnded(error),
});
