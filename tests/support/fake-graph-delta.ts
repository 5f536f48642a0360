import { GRAPH_ROOT, type GraphLimits, OWN_DRIVE, select, toGraphError } from "./fake-graph.ts";
import { type Answer, json } from "./fake-service.ts";
import type { Tree, TreeNode } from "./fake-tree.ts";
import { createTreeLog } from "./fake-tree-log.ts";

const PATH = /^me\/drive\/root\/delta(?:\(token='(.*)'\))?$/;

/**
 * The log of a stand-in for OneDrive, as
 * https://learn.microsoft.com/graph/api/driveitem-delta says of v1.0:
 *
 * - `token=latest` gives no items and a `deltaLink`; without a token all there is is told.
 * - pages with `nextLink`, the last one with `deltaLink`; each item's newest state.
 * - `deleted` for what is gone. The folders above what changed are told as well, up to the root, whose
 *   content has changed with it.
 * - 410 with `resyncRequired` where the place is forgotten; business drives have it as an argument,
 *   `delta(token='…')`.
 */
export function createDelta(tree: Tree) {
  const readLog = createTreeLog(tree);
  let oldest = 0;

  const above = (node: TreeNode | undefined): TreeNode[] => {
    const parent = node && tree.nodes.get(node.parentId);
    return parent ? [parent, ...above(parent)] : [];
  };
  const toItem = (id: string): Record<string, unknown> => {
    const node = tree.nodes.get(id);
    if (id === GRAPH_ROOT) return { id, name: "root", root: {}, folder: {} };
    const place = { driveId: OWN_DRIVE, driveType: "personal", id: node?.parentId };
    const isGone = !node || node.isTrashed;
    return { id, parentReference: place, ...(isGone ? { deleted: {} } : { name: node.name }) };
  };

  return {
    /** Places of before are worth nothing any more. */
    forget(): void {
      oldest = readLog().length;
    },
    /** @returns `null` when something else was asked for. */
    answer(path: string, query: URLSearchParams, limits: GraphLimits, isBusiness: boolean) {
      const match = PATH.exec(path);
      if (!match) return null;
      const log = readLog();
      const token = match[1] ?? query.get("token") ?? "0";
      const from = token === "latest" ? log.length : Number(token);
      if (Number.isNaN(from) || from > log.length) return toGraphError(400, "invalidRequest");
      if (from < oldest && token !== "latest") return toGraphError(410, "resyncRequired");
      return tell(from, query, limits, isBusiness);
    },
  };

  function tell(from: number, query: URLSearchParams, limits: GraphLimits, isBusiness: boolean) {
    const log = readLog();
    const end = Math.min(from + limits.pageSize, log.length);
    const changed = log.slice(from, end).filter(({ driveId }) => driveId === null);
    const ids = new Set(changed.map(({ id }) => id));
    for (const id of [...ids])
      for (const { id: folder } of above(tree.nodes.get(id))) ids.add(folder);
    if (ids.size > 0) ids.add(GRAPH_ROOT);
    const base = `${limits.url}/v1.0/me/drive/root/delta`;
    const rest = new URLSearchParams({ $select: query.get("$select") ?? "" });
    const link = isBusiness
      ? `${base}(token='${end}')?${rest}`
      : `${base}?${new URLSearchParams([...rest, ["token", String(end)]])}`;
    const name = end < log.length ? "nextLink" : "deltaLink";
    const value = [...ids].map((id) => select(toItem(id), query));
    return json({ value, [`@odata.${name}`]: link }) satisfies Answer;
  }
}
