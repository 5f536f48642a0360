import { z } from "zod";
import { ConnectionId } from "#contract/ids.ts";
import { write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { defineJob } from "#server/base/jobs.ts";
import type { Deps } from "#server/deps.ts";
import type { Storage } from "#server/storage/provider.ts";
import { saveQuota } from "./quota-store.ts";
import { attachStorage, connectionTopic, PATIENCE_MS, type StorageDeps } from "./service.ts";
import { findConnectionById } from "./store.ts";

/** Somebody would like to know how full a storage is, and waits for nothing. */
export const quotaWanted = defineJob("connections.quota", z.object({ connectionId: ConnectionId }));

type QuotaDeps = StorageDeps & Pick<Deps, "events" | "log">;

/** In a job of its own: a storage that is slow to say keeps nobody waiting. */
export async function lookAtQuota(
  deps: QuotaDeps,
  connectionId: ConnectionId,
  signal: AbortSignal,
): Promise<void> {
  const row = await findConnectionById(deps.db, connectionId);
  if (!row || row.pausedAt !== null || row.health === "needs_reconnect") return;
  const until = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  await noteQuota(deps, connectionId, attachStorage(deps, row, until, false));
  signal.throwIfAborted();
}

/**
 * Remembers how full a storage is. One that does not answer this question may work all the same, so
 * what was known stays, and its time tells how old it is.
 */
export async function noteQuota(
  deps: Pick<Deps, "db" | "events" | "log">,
  id: ConnectionId,
  storage: Storage,
): Promise<void> {
  if (!storage.quota) return;
  try {
    const quota = await storage.quota();
    await write(deps, async (tx) => {
      await saveQuota(tx, id, quota);
      await deps.events.publish(tx, connectionTopic(id));
    });
  } catch (error) {
    const { name } = error instanceof Error ? error : { name: "" };
    if (!(error instanceof AppError) && name !== "TimeoutError") throw error;
    deps.log.debug({ err: error, connectionId: id }, "a storage did not say how full it is");
  }
}
