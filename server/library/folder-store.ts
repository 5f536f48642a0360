import { and, eq, sql } from "drizzle-orm";
import type { ConnectionId } from "#contract/ids.ts";
import { trackFolders } from "#drizzle/schema/index.ts";
import type { Db } from "#server/base/db.ts";
import {
  isAfter,
  isFound,
  type Member,
  orderOf,
  type Paging,
  type Searching,
} from "./view-store.ts";

const shownFolder = {
  connectionId: trackFolders.connectionId,
  path: trackFolders.path,
  name: trackFolders.name,
  trackCount: trackFolders.trackCount,
  missingCount: trackFolders.missingCount,
};

/** Folders of a band anywhere, by name. */
export const findFolders = (
  db: Db,
  { bandId }: Member,
  { limit, ...searching }: Searching & Pick<Paging, "limit">,
) =>
  db
    .select(shownFolder)
    .from(trackFolders)
    .where(
      and(
        eq(trackFolders.bandId, bandId),
        isFound(trackFolders.searchText, trackFolders.sortName, searching),
      ),
    )
    .orderBy(trackFolders.sortName, trackFolders.id)
    .limit(limit);

/** Folders directly in one folder of a storage, by name. */
export function listFolders(
  db: Db,
  { bandId }: Member,
  { path, connectionId, ...paging }: Paging & { path: string; connectionId: ConnectionId },
) {
  const by = { column: trackFolders.sortName, type: sql`text` };
  return db
    .select({
      id: trackFolders.id,
      ...shownFolder,
      key: sql<string>`${trackFolders.sortName}::text`,
    })
    .from(trackFolders)
    .where(
      and(
        eq(trackFolders.parentId, sql`library_id(${connectionId}::uuid, 'folder', ${path})`),
        eq(trackFolders.bandId, bandId),
        isAfter(trackFolders.id, by, paging),
      ),
    )
    .orderBy(...orderOf(trackFolders.id, by, paging.direction))
    .limit(paging.limit);
}
