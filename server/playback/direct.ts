import { findDirectUrl } from "#server/connections/direct.ts";
import { openConnection, type StorageDeps } from "#server/connections/service.ts";
import type { Playable } from "./store.ts";

/**
 * Where the storage itself gives a recording to whoever asks, where the band wants that.
 *
 * @returns `null`: it comes through us.
 * @throws AppError `storage_refused` for a storage that is paused.
 */
export function findElsewhere(
  deps: StorageDeps,
  { track, connection }: Playable,
  signal: AbortSignal,
): URL | null {
  if (!connection.isDirect || track.state === "missing") return null;
  const { storage } = openConnection(deps, connection, signal);
  return findDirectUrl(deps, storage, track.ref);
}
