import { z } from "zod";
import { MAX_CHANGES, MAX_LOG_PAGES, parseCursor } from "#server/storage/change-log.ts";
import type { Changes } from "#server/storage/changes.ts";
import { notFound } from "#server/storage/http.ts";
import type { DriveItem, Graph } from "./api.ts";
import { toAddress, toStableId } from "./ids.ts";
import { requireSteps } from "./listing.ts";

/** Where in the log of the person's own drive we are. */
const Cursor = z.object({
  accountId: z.string(),
  root: z.string().nullable(),
  /** The folder that the root is. */
  rootId: z.string(),
  link: z.string(),
});
type Cursor = z.infer<typeof Cursor>;

/**
 * Reads the log of what changed in the person's own drive, which says nothing of what shortcuts lead to
 * in the drives of others. Only a whole drive has a log that every kind of account lets us read.
 *
 * @returns `null` for a root in somebody else's drive.
 * @see https://learn.microsoft.com/graph/api/driveitem-delta
 */
export async function findChanges(
  graph: Graph,
  accountId: string,
  root: string | null,
  cursor: string | null,
): Promise<Changes | null> {
  if (root !== null && toAddress(requireSteps(root))?.driveId !== null) return null;
  const held = parseCursor(Cursor, cursor);
  const isOurs = held?.accountId === accountId && held.root === root;
  const found = isOurs ? await readLog(graph, held) : null;
  return found ?? begin(graph, accountId, root);
}

async function begin(graph: Graph, accountId: string, root: string | null): Promise<Changes> {
  const { id: rootId } = await findRoot(graph, root);
  const link = await graph.newestLog();
  const cursor: Cursor = { accountId, root, rootId, link };
  return { kind: "any", cursor: JSON.stringify(cursor), requests: 2 };
}

async function findRoot(graph: Graph, root: string | null): Promise<DriveItem> {
  const found = await graph.get(root === null ? null : toAddress(requireSteps(root)));
  if (!found.folder || found.deleted) throw notFound();
  return found;
}

/** @returns `null` when it has to begin anew. */
async function readLog(graph: Graph, held: Cursor): Promise<Changes | null> {
  const items: DriveItem[] = [];
  for (let [link, requests] = [held.link, 1]; requests <= MAX_LOG_PAGES; requests += 1) {
    const page = await graph.log(link);
    if (page === null) return null;
    items.push(...page.items);
    if (items.length > MAX_CHANGES) return null;
    if (page.newest !== null) return describe(items, { ...held, link: page.newest }, requests);
    if (page.next === null) return null;
    link = page.next;
  }
  return null;
}

/** The folders above what changed stand in the log as well. They are listed in vain then. */
function describe(items: readonly DriveItem[], held: Cursor, requests: number): Changes {
  const cursor = JSON.stringify(held);
  const touched = new Set(
    items.flatMap(({ id, parentReference }) => [id, parentReference?.id ?? ""]),
  );
  touched.delete("");
  if (touched.size === 0) return { kind: "none", cursor, requests };
  const rootId = toStableId(held.rootId);
  const ids = [...touched].filter((id) => toStableId(id) !== rootId);
  const parts = [...new Set(ids.flatMap(spellings))].flatMap((id) => [`${id}:`, `${id}.`]);
  return { kind: "some", cursor, requests, isRootTouched: ids.length < touched.size, parts };
}

/** As the same id may stand in a listing. */
const spellings = (id: string): readonly string[] => [id, id.toUpperCase(), toStableId(id)];
