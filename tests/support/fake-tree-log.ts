import type { Tree } from "./fake-tree.ts";

export interface LogEntry {
  readonly id: string;
  readonly driveId: string | null;
}

/**
 * What has changed in a tree, oldest first. The tests change nodes as they like: what is other than at
 * the last question has changed.
 */
export function createTreeLog(tree: Tree): () => readonly LogEntry[] {
  const seen = new Map<string, string>();
  const log: LogEntry[] = [];
  return () => {
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
    return log;
  };
}
