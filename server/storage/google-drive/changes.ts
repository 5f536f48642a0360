import { z } from "zod";
import { MAX_CHANGES, MAX_LOG_PAGES, parseCursor } from "#server/storage/change-log.ts";
import type { Changes } from "#server/storage/changes.ts";
import { notFound } from "#server/storage/http.ts";
import { addressOf } from "#server/storage/steps.ts";
import type { Change, Drive } from "./api.ts";
import { isFolder, requireSteps } from "./listing.ts";

/** Where in which log we are. A person's own log has no id; each shared drive has one of its own. */
const Cursor = z.object({
  accountId: z.string(),
  root: z.string().nullable(),
  /** The folder that the root is. */
  rootId: z.string(),
  tokens: z.record(z.string(), z.string()),
});
type Cursor = z.infer<typeof Cursor>;

const OWN = "";

/**
 * Reads the logs of what changed: of the person's own files, or of the shared drive that the root is
 * in; at the top, of all of them. What shortcuts lead to in other drives is in none of these.
 *
 * @see https://developers.google.com/workspace/drive/api/guides/manage-changes
 */
export async function findChanges(
  drive: Drive,
  accountId: string,
  root: string | null,
  cursor: string | null,
): Promise<Changes> {
  const held = parseCursor(Cursor, cursor);
  const isOurs = held?.accountId === accountId && held.root === root;
  const found = isOurs ? await readLogs(drive, held) : null;
  return found ?? begin(drive, accountId, root);
}

async function begin(drive: Drive, accountId: string, root: string | null): Promise<Changes> {
  const { id: rootId, driveId } = await findRoot(drive, root);
  const logs = root === null ? [OWN, ...(await listDrives(drive))] : [driveId ?? OWN];
  const tokens = await Promise.all(
    logs.map(async (id) => [id, await drive.startToken(id || null)] as const),
  );
  const cursor: Cursor = { accountId, root, rootId, tokens: Object.fromEntries(tokens) };
  return { kind: "any", cursor: JSON.stringify(cursor), requests: 2 + logs.length };
}

async function findRoot(drive: Drive, root: string | null) {
  if (root === null) return drive.get("root");
  const last = requireSteps(root).at(-1);
  if (!last) throw notFound();
  const folder = await drive.get(addressOf(last));
  if (!isFolder(folder) || folder.trashed) throw notFound();
  return folder;
}

/** @returns `null` when it has to begin anew. */
async function readLogs(drive: Drive, held: Cursor): Promise<Changes | null> {
  const logs = Object.entries(held.tokens);
  if (held.root === null && !isSame(await listDrives(drive), logs)) return null;
  const read = await Promise.all(logs.map(([id, token]) => readLog(drive, id, token)));
  if (read.some((log) => log === null)) return null;
  const changes = read.flatMap((log) => log?.changes ?? []);
  if (changes.length > MAX_CHANGES || changes.some((each) => each.changeType === "drive")) {
    return null;
  }
  const tokens = Object.fromEntries(logs.map(([id], at) => [id, read[at]?.token ?? ""]));
  const cursor = JSON.stringify({ ...held, tokens });
  const requests = read.reduce((sum, log) => sum + (log?.pages ?? 0), held.root === null ? 1 : 0);
  if (changes.length === 0) return { kind: "none", cursor, requests };
  const touched = new Set(changes.flatMap(({ file, fileId = "" }) => [fileId, ...parentsOf(file)]));
  const isRootTouched = touched.delete(held.rootId);
  const parts = [...touched].filter((id) => id !== "").flatMap((id) => [`${id}:`, `${id}.`]);
  return { kind: "some", cursor, requests, isRootTouched, parts };
}

async function readLog(drive: Drive, id: string, from: string) {
  const changes: Change[] = [];
  for (let [token, pages] = [from, 1]; pages <= MAX_LOG_PAGES; pages += 1) {
    const page = await drive.changes(id || null, token);
    if (page === null) return null;
    changes.push(...page.changes);
    if (page.newStartPageToken) return { changes, token: page.newStartPageToken, pages };
    if (!page.nextPageToken) return null;
    token = page.nextPageToken;
  }
  return null;
}

async function listDrives(drive: Drive): Promise<string[]> {
  const ids: string[] = [];
  for (let token: string | null = null; ; ) {
    const page = await drive.listDrives(token);
    ids.push(...page.drives.map((each) => each.id));
    if (!page.nextPageToken || page.nextPageToken === token) return ids;
    token = page.nextPageToken;
  }
}

const isSame = (drives: readonly string[], logs: readonly [string, string][]): boolean =>
  drives.length + 1 === logs.length && logs.every(([id]) => id === OWN || drives.includes(id));

const parentsOf = (file: Change["file"]): readonly string[] => file?.parents ?? [];
