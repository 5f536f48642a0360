import type { Browse, Connection, FolderPage, SetRoot } from "#contract/connections.ts";
import type { Actor } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import { audioFilesOf, foldersOf, pathOf, trailOf } from "./folder-page.ts";
import { type HealthDeps, observed } from "./health.ts";
import { quotaWanted } from "./quota.ts";
import {
  attachStorage,
  connectionTopic,
  getConnection,
  PATIENCE_MS,
  requireConnection,
  rootChosen,
  type StorageDeps,
} from "./service.ts";
import * as store from "./store.ts";

type RootDeps = StorageDeps & HealthDeps;

/** One level of folders, for choosing a root. */
export async function browse(
  deps: RootDeps,
  actor: Actor,
  { connectionId, folder, cursor }: Browse,
): Promise<FolderPage> {
  const { row } = await requireConnection(deps, actor, connectionId, "owner");
  const storage = attachStorage(deps, row, AbortSignal.timeout(PATIENCE_MS));
  const page = await observed(deps, row, () => storage.list(folder, cursor));
  return {
    breadcrumb: [{ ref: null, name: row.name }, ...trailOf(page, folder)],
    folders: foldersOf(page),
    audioFileCount: audioFilesOf(page),
    next: page.next,
  };
}

/** @throws AppError `not_found` when there is no such folder in the storage. */
export async function setRoot(
  deps: RootDeps,
  actor: Actor,
  { connectionId, folder }: SetRoot,
): Promise<Connection> {
  const { row } = await requireConnection(deps, actor, connectionId, "owner");
  const storage = attachStorage(deps, row, AbortSignal.timeout(PATIENCE_MS));
  const page = await observed(deps, row, () => storage.list(folder, null));
  await write(deps, async (tx) => {
    await store.saveRoot(tx, row.id, { ref: folder, path: pathOf(page, folder) });
    await quotaWanted.enqueue(deps, tx, { connectionId: row.id });
    await rootChosen.enqueue(deps, tx, { connectionId: row.id, userId: actor.userId });
    await deps.events.publish(tx, connectionTopic(row.id));
  });
  return getConnection(deps, actor, row.id);
}
