import { AppError } from "#server/base/errors.ts";
import { notFound } from "#server/storage/http.ts";
import {
  addressOf,
  isId,
  parseMoment,
  parseRef,
  type Step,
  type Steps,
  toFile,
  toFolder,
  toTrail,
} from "#server/storage/steps.ts";
import type { Page, StoredFile, StoredFolder } from "#server/storage/stored.ts";
import type { Drive, DriveFile } from "./api.ts";

const FOLDER = "application/vnd.google-apps.folder";

export const isFolder = ({ mimeType }: DriveFile): boolean => mimeType === FOLDER;
/** Documents, sheets and the like: they have no bytes. */
const GOOGLE_APPS = "application/vnd.google-apps.";
/** Targets of shortcuts that are asked for at once. */
const AT_ONCE = 8;
const TARGET_IDS = 1;

/** Where in a list we are: `files:<driveId>:<token>` or, behind a person's own files, `drives:<token>`. */
type Cursor =
  | { readonly of: "files"; readonly driveId: string | null; readonly token: string | null }
  | { readonly of: "drives"; readonly token: string | null };

/** @throws AppError `not_found` for what is no ref. */
export function requireSteps(ref: string): Steps {
  const steps = parseRef(ref, TARGET_IDS);
  if (!steps) throw notFound();
  return steps;
}

/** The top: a person's own files, and then the shared drives, each as a folder. */
export async function listTop(drive: Drive, cursor: string | null): Promise<Page> {
  const at = parseCursor(cursor) ?? { of: "files", driveId: null, token: null };
  if (at.of === "drives") return listDrives(drive, at.token);
  const asked = { folderId: "root", driveId: null, pageToken: at.token };
  const { files, nextPageToken } = await drive.list(asked);
  const next = nextPageToken ? `files::${nextPageToken}` : "drives:";
  return { entries: await toEntries(drive, [], files), next };
}

export async function listFolder(drive: Drive, ref: string, cursor: string | null): Promise<Page> {
  const steps = requireSteps(ref);
  const last = steps.at(-1);
  if (!last) throw notFound();
  const at = parseCursor(cursor);
  if (at?.of === "drives") throw notFound();
  const folderId = addressOf(last);
  // What is no folder, or in the bin, has an empty list too; and the drive it is in has to be known.
  const driveId = at ? at.driveId : await findDrive(drive, folderId);
  const { files, nextPageToken } = await drive.list({
    folderId,
    driveId,
    pageToken: at?.token ?? null,
  });
  const entries = await toEntries(drive, steps, files);
  const next = nextPageToken ? `files:${driveId ?? ""}:${nextPageToken}` : null;
  return { entries, next, trail: toTrail(steps) };
}

/** @throws AppError `not_found` for what is no file with bytes, or in the bin. */
export async function statFile(
  drive: Drive,
  steps: Steps,
  signal: AbortSignal,
): Promise<StoredFile> {
  const step = steps.at(-1);
  if (!step) throw notFound();
  const found = await drive.get(addressOf(step), signal);
  // A shortcut has a name of its own, which its target does not know.
  const name = step.target === null ? found.name : step.name;
  const file = toPlayable(steps.slice(0, -1), { ...step, name }, found);
  if (!file) throw notFound();
  return file;
}

async function listDrives(drive: Drive, token: string | null): Promise<Page> {
  const { drives, nextPageToken } = await drive.listDrives(token);
  const entries = drives.flatMap(({ id, name }) => toFolder([], { id, target: null, name }) ?? []);
  return { entries, next: nextPageToken ? `drives:${nextPageToken}` : null };
}

async function findDrive(drive: Drive, folderId: string): Promise<string | null> {
  const { mimeType, trashed, driveId } = await drive.get(folderId);
  if (mimeType !== FOLDER || trashed) throw notFound();
  return driveId ?? null;
}

async function toEntries(
  drive: Drive,
  above: Steps,
  files: readonly DriveFile[],
): Promise<(StoredFolder | StoredFile)[]> {
  const targets = await findTargets(drive, files);
  return files.flatMap((file) => {
    if (!isId(file.id) || file.trashed) return [];
    const target = file.shortcutDetails?.targetId ?? null;
    const step = { id: file.id, target, name: file.name };
    const kind = file.shortcutDetails?.targetMimeType ?? file.mimeType;
    if (kind === FOLDER) return toFolder(above, step) ?? [];
    const found = target === null ? file : targets.get(target);
    return (found && toPlayable(above, step, found)) ?? [];
  });
}

/** The listing says of a shortcut only what kind of thing it points to. Some point to nothing any more. */
async function findTargets(
  drive: Drive,
  files: readonly DriveFile[],
): Promise<ReadonlyMap<string, DriveFile>> {
  const wanted = files.flatMap(({ shortcutDetails: to }) =>
    to && !to.targetMimeType.startsWith(GOOGLE_APPS) && isId(to.targetId) ? [to.targetId] : [],
  );
  const found = new Map<string, DriveFile>();
  const look = async (id: string): Promise<void> => {
    const target = await findTarget(drive, id);
    if (target) found.set(id, target);
  };
  for (let at = 0; at < wanted.length; at += AT_ONCE) {
    await Promise.all(wanted.slice(at, at + AT_ONCE).map(look));
  }
  return found;
}

async function findTarget(drive: Drive, id: string): Promise<DriveFile | undefined> {
  try {
    return await drive.get(id);
  } catch (error) {
    const isGone = error instanceof AppError && /^(not_found|storage_refused)$/.test(error.code);
    if (isGone) return undefined;
    throw error;
  }
}

/** @returns `null` for what has no bytes to play. */
function toPlayable(above: Steps, step: Step, found: DriveFile): StoredFile | null {
  if (found.trashed || found.mimeType.startsWith(GOOGLE_APPS)) return null;
  return toFile(above, step, {
    sizeBytes: found.size === undefined ? null : Number(found.size),
    etag: found.md5Checksum === undefined ? null : `"${found.md5Checksum.toLowerCase()}"`,
    modifiedAt: parseMoment(found.modifiedTime),
    contentType: found.mimeType,
  });
}

function parseCursor(cursor: string | null): Cursor | null {
  if (cursor === null) return null;
  const [of, ...rest] = cursor.split(":");
  if (of === "drives") return { of, token: rest.join(":") || null };
  const [driveId = "", ...token] = rest;
  if (of !== "files" || (driveId !== "" && !isId(driveId))) throw notFound();
  return { of, driveId: driveId || null, token: token.join(":") || null };
}
