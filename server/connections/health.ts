import type { Connection } from "#contract/connections.ts";
import type { ConnectionId } from "#contract/ids.ts";
import type { Actor } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { isGrantEnded } from "#server/storage/oauth.ts";
import { noteQuota } from "./quota.ts";
import { refusalMet, tellOwners } from "./refusal.ts";
import {
  attachStorage,
  connectionTopic,
  getConnection,
  PATIENCE_MS,
  requireConnection,
  type StorageDeps,
} from "./service.ts";
import * as store from "./store.ts";

export type HealthDeps = Pick<
  Deps,
  "config" | "db" | "events" | "jobs" | "now" | "storageServer" | "vault"
>;

/** Which storage was asked, and with what. */
export type Asked = Pick<store.ConnectionRow, "id" | "credentialVersion">;

/**
 * Remembers that a storage failed, so that its card can say so, and tells the owners when it needs
 * them. Failures that say nothing about the storage (one file is missing, the listener hung up, our
 * own bug) change nothing.
 */
export async function noteStorageFailure(
  deps: HealthDeps,
  asked: Asked,
  error: unknown,
): Promise<void> {
  // That one has been noted with the very credential that was refused; it may be another by now.
  if (isGrantEnded(error)) return;
  const health = error instanceof AppError ? healthAfter(error) : undefined;
  if (health && error instanceof AppError) await saveHealth(deps, asked, health, error.message);
}

/** The storage answered: whatever was wrong is over. */
export const noteStorageSuccess = (deps: HealthDeps, asked: Asked): Promise<void> =>
  saveHealth(deps, asked, "active", null);

/** Whatever a storage answers to a person is news about its health. */
export async function observed<T>(
  deps: HealthDeps,
  row: store.ConnectionRow,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    const answer = await ask();
    if (row.health !== "active") await noteStorageSuccess(deps, row);
    return answer;
  } catch (error) {
    await noteStorageFailure(deps, row, error);
    throw error;
  }
}

/** Asks the storage whether it works, now. Its answer is the connection's health, not an error. */
export async function checkConnection(
  deps: StorageDeps & HealthDeps & Pick<Deps, "log">,
  actor: Actor,
  connectionId: ConnectionId,
): Promise<Connection> {
  const { row } = await requireConnection(deps, actor, connectionId, "listener");
  const storage = attachStorage(deps, row, AbortSignal.timeout(PATIENCE_MS));
  try {
    await observed(deps, row, () => storage.list(row.rootRef, null));
    await noteQuota(deps, row.id, storage);
  } catch (error) {
    if (!(error instanceof AppError) || error.code === "internal") throw error;
    if (error.code === "not_found") {
      await noteStorageFailure(deps, row, rootGone(row.rootPath));
    }
  }
  return getConnection(deps, actor, row.id);
}

const saveHealth = (
  deps: HealthDeps,
  { id, credentialVersion }: Asked,
  health: store.Found["health"],
  message: string | null,
): Promise<void> =>
  write(deps, async (tx) => {
    const before = await store.saveHealth(tx, { id, credentialVersion, health, message });
    if (!before) return;
    await deps.events.publish(tx, connectionTopic(id));
    if (health !== "needs_reconnect" || before.health === health) return;
    // A letter is sealed, which takes a key.
    if (deps.storageServer) await refusalMet.enqueue(deps, tx, { connectionId: id });
    else await tellOwners(deps, tx, before);
  });

function healthAfter(error: AppError): store.Found["health"] | undefined {
  switch (error.code) {
    case "storage_reconnect":
      return "needs_reconnect";
    case "storage_unavailable":
    case "storage_refused":
    case "rate_limited":
      return "unavailable";
    default:
      return undefined;
  }
}

/** What a missing root means; the person did choose it. */
export async function nameGoneRoot(
  deps: Pick<Deps, "db">,
  connectionId: ConnectionId,
): Promise<AppError> {
  const row = await store.findConnectionById(deps.db, connectionId);
  return rootGone(row?.rootPath ?? null);
}

const rootGone = (path: string | null): AppError =>
  new AppError(
    "storage_unavailable",
    `The folder ${path || "at the top"} is not in the storage any more. The library is kept; choose the folder again or bring it back.`,
  );
