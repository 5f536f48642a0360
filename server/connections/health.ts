import type { Connection, Health } from "#contract/connections.ts";
import type { ConnectionId } from "#contract/ids.ts";
import type { Actor } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { isGrantRefused } from "./renewal.ts";
import {
  attachStorage,
  connectionTopic,
  getConnection,
  PATIENCE_MS,
  requireConnection,
  type StorageDeps,
} from "./service.ts";
import * as store from "./store.ts";

/**
 * Remembers that a storage failed, so that its card can say so. Failures that say nothing about
 * the storage (one file is missing, the listener hung up, our own bug) change nothing.
 */
export async function noteStorageFailure(
  deps: Pick<Deps, "db" | "events">,
  connectionId: ConnectionId,
  error: unknown,
): Promise<void> {
  // That one has been noted with the very credential that was refused; it may be another by now.
  if (isGrantRefused(error)) return;
  const health = error instanceof AppError ? healthAfter(error) : undefined;
  if (health && error instanceof AppError) {
    await saveHealth(deps, connectionId, health, error.message);
  }
}

/** The storage answered: whatever was wrong is over. */
export const noteStorageSuccess = (
  deps: Pick<Deps, "db" | "events">,
  connectionId: ConnectionId,
): Promise<void> => saveHealth(deps, connectionId, "active", null);

/** Whatever a storage answers to a person is news about its health. */
export async function observed<T>(
  deps: Pick<Deps, "db" | "events">,
  row: store.ConnectionRow,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    const answer = await ask();
    if (row.health !== "active") await noteStorageSuccess(deps, row.id);
    return answer;
  } catch (error) {
    await noteStorageFailure(deps, row.id, error);
    throw error;
  }
}

/** Asks the storage whether it works, now. Its answer is the connection's health, not an error. */
export async function checkConnection(
  deps: StorageDeps & Pick<Deps, "events">,
  actor: Actor,
  connectionId: ConnectionId,
): Promise<Connection> {
  const { row } = await requireConnection(deps, actor, connectionId, "listener");
  const storage = attachStorage(deps, row, AbortSignal.timeout(PATIENCE_MS));
  try {
    await observed(deps, row, () => storage.list(row.rootRef, null));
  } catch (error) {
    if (!(error instanceof AppError) || error.code === "internal") throw error;
    if (error.code === "not_found") {
      await noteStorageFailure(deps, row.id, rootGone(row.rootPath));
    }
  }
  return getConnection(deps, actor, row.id);
}

const saveHealth = (
  deps: Pick<Deps, "db" | "events">,
  connectionId: ConnectionId,
  health: Health,
  message: string | null,
): Promise<void> =>
  write(deps, async (tx) => {
    if (await store.saveHealth(tx, connectionId, health, message)) {
      await deps.events.publish(tx, connectionTopic(connectionId));
    }
  });

function healthAfter(error: AppError): Health | undefined {
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

const rootGone = (path: string | null): AppError =>
  new AppError(
    "storage_unavailable",
    `The folder ${path || "at the top"} is not in the storage any more. The library is kept; choose the folder again or bring it back.`,
  );
