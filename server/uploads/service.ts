import type { BandId, UploadId } from "#contract/ids.ts";
import type { Upload } from "#contract/uploads.ts";
import { requireMember, requireRole } from "#server/bands/service.ts";
import type { Actor } from "#server/base/actor.ts";
import type { Deps } from "#server/deps.ts";
import * as store from "./store.ts";

/** The actor's own that are under way in a band, and those of the last day that ended. */
export async function listUploads(
  deps: Pick<Deps, "db">,
  actor: Actor,
  bandId: BandId,
): Promise<Upload[]> {
  const member = await requireMember(deps, actor, bandId, "editor");
  return (await store.listUploads(deps.db, member)).map(toUpload);
}

/**
 * @throws AppError `not_found` for what is not the actor's, or over; `forbidden` for who may not
 *   upload any more.
 */
export async function requireOwn(
  deps: Pick<Deps, "db">,
  actor: Actor,
  id: UploadId,
): Promise<store.UploadRow> {
  const found = await store.findUpload(deps.db, actor, id);
  return requireRole(actor, found, "editor", {
    none: "There is no such upload, or it was given up.",
    refused:
      "Only editors and owners of this band can upload to it. Nothing was changed; ask an owner of the band.",
  }).upload;
}

const toUpload = (row: store.UploadRow): Upload => ({
  id: row.id,
  connectionId: row.connectionId,
  name: row.name,
  path: [row.rootPath, row.folder, row.finalName ?? row.name]
    .filter((part) => part !== "")
    .join("/"),
  sizeBytes: row.sizeBytes,
  offsetBytes: row.offsetBytes,
  state: row.state,
  message: row.message,
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
});
