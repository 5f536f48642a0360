import { AppError } from "#server/base/errors.ts";
import { parseEtag } from "#server/storage/etag.ts";
import { notFound } from "#server/storage/http.ts";
import {
  isId,
  parseMoment,
  parseRef,
  type Steps,
  toFile,
  toFolder,
  toTrail,
} from "#server/storage/steps.ts";
import type { Page, StoredFile, StoredFolder } from "#server/storage/stored.ts";
import type { DriveItem, Graph } from "./api.ts";
import { type Address, padDriveId, TARGET_IDS, toAddress, toStableId } from "./ids.ts";

/** Targets of shortcuts that are asked for at once. */
const AT_ONCE = 8;

/** @throws AppError `not_found` for what is no ref. */
export function requireSteps(ref: string): Steps {
  const steps = parseRef(ref, TARGET_IDS);
  if (!steps) throw notFound();
  return steps;
}

export async function listTop(graph: Graph, cursor: string | null): Promise<Page> {
  const { items, next } = await graph.children(null, cursor);
  return { entries: await toEntries(graph, [], items), next };
}

export async function listFolder(graph: Graph, ref: string, cursor: string | null): Promise<Page> {
  const steps = requireSteps(ref);
  const address = requireAddress(steps);
  const { items, next } = await graph.children(address, cursor);
  // A file has an empty list, too.
  if (items.length === 0 && cursor === null) await requireFolder(graph, address);
  return { entries: await toEntries(graph, steps, items), next, trail: toTrail(steps) };
}

/** @throws AppError `not_found` for what is no file with bytes. */
export async function statFile(
  graph: Graph,
  steps: Steps,
  signal: AbortSignal,
): Promise<StoredFile> {
  const step = steps.at(-1);
  if (!step) throw notFound();
  const found = await graph.get(requireAddress(steps), signal);
  // A shortcut has a name of its own, which its target does not know.
  const name = step.target === null ? (found.name ?? "") : step.name;
  const file = toPlayable(steps.slice(0, -1), { ...step, name }, found);
  if (!file) throw notFound();
  return file;
}

export function requireAddress(steps: Steps): Address {
  const address = toAddress(steps);
  if (!address) throw notFound();
  return address;
}

async function requireFolder(graph: Graph, address: Address): Promise<void> {
  const { folder, deleted } = await graph.get(address);
  if (!folder || deleted) throw notFound();
}

async function toEntries(
  graph: Graph,
  above: Steps,
  items: readonly DriveItem[],
): Promise<(StoredFolder | StoredFile)[]> {
  const targets = await findTargets(graph, items);
  return items.flatMap((item) => toEntry(above, item, targets) ?? []);
}

function toEntry(
  above: Steps,
  item: DriveItem,
  targets: ReadonlyMap<string, DriveItem>,
): StoredFolder | StoredFile | null {
  const { id, name, deleted, remoteItem } = item;
  const { folder, package: notebook } = remoteItem ?? item;
  const target = targetOf(item);
  // A package is a notebook of OneNote or the like: neither file nor folder.
  if (deleted || notebook || (remoteItem && target === null)) return null;
  const step = { id, target, name: name ?? "" };
  if (folder) return toFolder(above, step);
  const found = remoteItem ? targets.get(id) : item;
  return found ? toPlayable(above, step, found) : null;
}

/** What lies in another drive: a folder or file of somebody else, which people put beside their own. */
function targetOf({ remoteItem }: DriveItem): string | null {
  const driveId = remoteItem?.parentReference?.driveId;
  return remoteItem && driveId ? `${padDriveId(driveId)}.${remoteItem.id}` : null;
}

/** The listing says no validator of what a shortcut points to. Some point to nothing any more. */
async function findTargets(
  graph: Graph,
  items: readonly DriveItem[],
): Promise<ReadonlyMap<string, DriveItem>> {
  const wanted = items.filter((item) => item.remoteItem?.file && targetOf(item) !== null);
  const found = new Map<string, DriveItem>();
  const look = async (item: DriveItem): Promise<void> => {
    const target = await findTarget(graph, targetOf(item) ?? "");
    if (target) found.set(item.id, target);
  };
  for (let at = 0; at < wanted.length; at += AT_ONCE) {
    await Promise.all(wanted.slice(at, at + AT_ONCE).map(look));
  }
  return found;
}

async function findTarget(graph: Graph, target: string): Promise<DriveItem | undefined> {
  const [driveId = "", itemId = ""] = target.split(".");
  if (!isId(driveId) || !isId(itemId)) return undefined;
  try {
    return await graph.get({ driveId, itemId });
  } catch (error) {
    const isGone = error instanceof AppError && /^(not_found|storage_refused)$/.test(error.code);
    if (isGone) return undefined;
    throw error;
  }
}

/** @returns `null` for what has no bytes to play. */
function toPlayable(
  above: Steps,
  step: Steps[number],
  { file, package: notebook, deleted, ...found }: DriveItem,
): StoredFile | null {
  if (!file || notebook || deleted) return null;
  const made = toFile(above, step, {
    sizeBytes: found.size ?? null,
    etag: parseEtag(found.cTag ?? undefined),
    modifiedAt: parseMoment(
      found.fileSystemInfo?.lastModifiedDateTime ?? found.lastModifiedDateTime,
    ),
    contentType: file.mimeType ?? null,
  });
  const fileId = made?.fileId?.split(".").map(toStableId).join(".") ?? null;
  return made && { ...made, fileId };
}
