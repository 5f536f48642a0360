import { toError } from "./fake-drive.ts";
import { type Answer, json } from "./fake-service.ts";
import type { Tree } from "./fake-tree.ts";
import { createTreeLog } from "./fake-tree-log.ts";

const OWN = "own";

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
  const readLog = createTreeLog(tree);
  const toChange = (id: string, hasParents: boolean) => {
    const node = tree.nodes.get(id);
    const file = node && (hasParents ? { parents: [node.parentId] } : {});
    return { changeType: "file", removed: !node, fileId: id, ...(file ? { file } : {}) };
  };

  const list = (query: URLSearchParams, of: string, from: number, pageSize: number): Answer => {
    const driveId = of === OWN ? null : of;
    const log = readLog();
    const end = Math.min(from + pageSize, log.length);
    const newer = log.slice(from, end).filter((each) => each.driveId === driveId);
    const hasParents = /file\(.*parents.*\)/.test(query.get("fields") ?? "");
    const changes = [...new Set(newer.map(({ id }) => id))].map((id) => toChange(id, hasParents));
    const next = `${of}-${end}`;
    return json({
      changes,
      ...(end === log.length ? { newStartPageToken: next } : { nextPageToken: next }),
    });
  };

  return (path: string, query: URLSearchParams, pageSize: number): Answer => {
    const log = readLog();
    const of = query.get("driveId") ?? OWN;
    if (of !== OWN && !tree.drives.has(of)) return toError(404, "notFound");
    if (query.get("supportsAllDrives") !== "true") return toError(400, "invalid");
    if (path === "changes/startPageToken") return json({ startPageToken: `${of}-${log.length}` });
    const from = parseToken(query.get("pageToken"), of);
    return from <= log.length ? list(query, of, from, pageSize) : toError(400, "invalid");
  };
}

/** Beyond every log for what is none of its tokens. */
function parseToken(token: string | null, of: string): number {
  const [, whose, from] = /^(.+)-(\d+)$/.exec(token ?? "") ?? [];
  return whose === of ? Number(from) : Number.POSITIVE_INFINITY;
}
