import { toError } from "./fake-drive.ts";
import { type Answer, json } from "./fake-service.ts";
import type { Tree } from "./fake-tree.ts";

/**
 * The log of what changed in a stand-in for Google Drive:
 *
 * - each person and each shared drive have a log of their own; a token counts for its log only:
 *   https://developers.google.com/workspace/drive/api/guides/about-changes
 * - `changes.list` (reference/rest/v3/changes/list): the newest state of each file once, `removed` and no
 *   file for what is gone for good, `newStartPageToken` on the last page alone.
 * - drives need `supportsAllDrives` and `includeItemsFromAllDrives`.
 */
export function createChangeLog(tree: Tree) {
  const seen = new Map<string, string>();
  const log: { readonly id: string; readonly driveId: string | null }[] = [];
  /** The tests change nodes as they like: what is other than at the last question has changed. */
  const note = (): void => {
    for (const [id, node] of tree.nodes) {
      const { name, parentId, driveId, isTrashed, modifiedAt, bytes } = node;
      const state = JSON.stringify([name, parentId, isTrashed, modifiedAt, bytes?.length]);
      if (seen.get(id) !== state) log.push({ id, driveId });
      seen.set(id, state);
    }
    for (const id of seen.keys()) {
      if (tree.nodes.has(id)) continue;
      seen.delete(id);
      log.push({ id, driveId: null });
    }
  };
  const toChange = (id: string, hasParents: boolean) => {
    const node = tree.nodes.get(id);
    const file = node && (hasParents ? { parents: [node.parentId] } : {});
    return { changeType: "file", removed: !node, fileId: id, ...(file ? { file } : {}) };
  };

  return (path: string, query: URLSearchParams, pageSize: number): Answer => {
    note();
    const driveId = query.get("driveId");
    if (driveId !== null && !tree.drives.has(driveId)) return toError(404, "notFound");
    if (query.get("supportsAllDrives") !== "true") return toError(400, "invalid");
    if (path === "changes/startPageToken") {
      return json({ startPageToken: `${driveId ?? "own"}-${log.length}` });
    }
    const [, of, from] = /^(.+)-(\d+)$/.exec(query.get("pageToken") ?? "") ?? [];
    if (of !== (driveId ?? "own") || Number(from) > log.length) return toError(400, "invalid");
    const newer = log.slice(Number(from), Number(from) + pageSize);
    const isLast = Number(from) + pageSize >= log.length;
    const ids = newer.filter((each) => each.driveId === driveId).map(({ id }) => id);
    const hasParents = /file\(.*parents.*\)/.test(query.get("fields") ?? "");
    return json({
      changes: [...new Set(ids)].map((id) => toChange(id, hasParents)),
      ...(isLast
        ? { newStartPageToken: `${of}-${log.length}` }
        : { nextPageToken: `${of}-${Number(from) + pageSize}` }),
    });
  };
}
