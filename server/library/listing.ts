import { AppError } from "#server/base/errors.ts";
import type { AttachedConnection } from "#server/connections/service.ts";
import type { Page, StoredFile, StoredFolder } from "#server/storage/stored.ts";
import { coverRank, isAudio, isHidden } from "./audio-types.ts";
import { workThrough } from "./batches.ts";
import { findTreeTags, TOLD } from "./known-folder-store.ts";
import * as store from "./listing-store.ts";
import { createPace, isForNow, type Pace } from "./pace.ts";
import type { RunDeps, ScanRun } from "./scan-run.ts";
import { isStorable } from "./tags.ts";

/** A page of a folder that is to be listed. */
interface Item {
  readonly ref: string;
  readonly path: string;
  readonly cursor: string | null;
  readonly cover: Cover | null;
}

interface Cover {
  readonly ref: string;
  readonly rank: number;
}

interface Outcome {
  readonly folder: store.FolderOutcome;
  readonly folders: readonly store.FoundFolder[];
  readonly entries: readonly store.EntryRow[];
}

interface KnownTags {
  /** By ref. */
  readonly tags: ReadonlyMap<string, string>;
  /** What stands for the tag of a folder that has none. */
  readonly untagged: string | null;
}

export interface ListingOptions {
  readonly firstWaitMs: number;
}

const PACE = { start: 6, most: 32, tries: 3, patienceMs: 0 };
const MAX_FOLDERS = 200_000;
const MAX_DEPTH = 64;
/** What an index row takes. Paths of that length are nobody's music. */
const MAX_REF_BYTES = 2_000;
/** So many folders in a row that do not answer: it is the storage, not the folders. */
const MOST_SILENT_FOLDERS = 4;

/**
 * Lists everything below the root into the tables of the scan, from where an earlier process left
 * off. A folder that cannot be listed is noted and left out.
 *
 * @returns how many entries were left out because their names cannot be kept.
 * @throws AppError when the root cannot be listed, the credential is refused, or the storage is
 *   gone: then nothing is known of what is missing.
 */
export async function listStorage(
  deps: RunDeps,
  run: ScanRun,
  { storage, rootRef, rootPath }: AttachedConnection,
  options: ListingOptions,
): Promise<number> {
  const { signal } = run;
  const root = { ref: rootRef ?? "", path: rootPath ?? "" };
  await run.commit(async (tx) => {
    const row = { ...root, state: "waiting", treeTag: null } as const;
    const { found: foldersFound } = await store.insertFolders(tx, run.scan.id, [row]);
    return { result: undefined, counts: { foldersFound } };
  }, true);
  const tags = await findTreeTags(deps.db, run.scan);
  const untagged = storage.namesChanges ? TOLD : null;

  const known = await store.listFolders(deps.db, run.scan.id);
  const refs = new Set(known.map((folder) => folder.ref));
  const queue: Item[] = known
    .filter((folder) => folder.state === "waiting")
    .map(({ ref, path }) => ({ ref, path, cursor: null, cover: null }));
  const pace = createPace({ ...PACE, ...options, signal });
  let [silent, leftOut] = [0, 0];

  const list = async (item: Item): Promise<Outcome> => {
    requireDepth(item, root.path);
    const page = await askForPage(pace, storage, item);
    silent = 0;
    const outcome = toOutcome(
      item,
      page,
      { tags, untagged },
      (ref) => refs.has(ref) || !refs.add(ref),
    );
    leftOut += outcome.leftOut;
    if (refs.size > MAX_FOLDERS) throw tooManyFolders();
    for (const { ref, path, state } of outcome.folders) {
      if (state === "waiting") queue.push({ ref, path, cursor: null, cover: null });
    }
    if (outcome.next) queue.push(outcome.next);
    return outcome;
  };
  const settle = (item: Item, error: unknown): Outcome => {
    signal.throwIfAborted();
    if (isForNow(error)) silent += 1;
    if (item.ref === root.ref) throw toRootFailure(error, root.path);
    if (endsScan(error) || silent >= MOST_SILENT_FOLDERS) throw error;
    return toFailure(deps, item, error);
  };

  await workThrough({
    queue,
    work: (item) => list(item).catch((error) => settle(item, error)),
    save: (outcomes) => saveOutcomes(run, outcomes),
    width: pace.width,
    weigh: (outcome) => 1 + outcome.entries.length,
    signal,
  });
  return leftOut;
}

async function askForPage(
  pace: Pace,
  storage: AttachedConnection["storage"],
  { ref, cursor }: Item,
): Promise<Page> {
  const page = await pace.ask(() => storage.list(ref === "" ? null : ref, cursor));
  if (page.next === null || page.next !== cursor) return page;
  throw new AppError(
    "storage_unavailable",
    "The storage lists this folder without end. What lies in it was left as it is.",
  );
}

/** @param isKnown - whether the folder was met before; it is known from now on. */
function toOutcome(item: Item, page: Page, known: KnownTags, isKnown: (ref: string) => boolean) {
  const visible = page.entries.filter((entry) => !isHidden(entry.name));
  const kept = visible.filter(isKeepable);
  const folders = kept
    .filter((entry): entry is StoredFolder => entry.kind === "folder")
    .filter((folder) => !isKnown(folder.ref))
    .map((folder) => toFound(folder, known));
  const files = kept.filter((entry): entry is StoredFile => entry.kind === "file");
  const cover = files.reduce(betterCover, item.cover);
  const { ref, path } = item;
  const state: "waiting" | "done" = page.next === null ? "done" : "waiting";
  return {
    folder: { ref, path, state, failure: null, coverRef: cover?.ref ?? null },
    folders,
    entries: files.filter((file) => isAudio(file.name)).map(toEntry),
    next: page.next === null ? null : { ref, path, cursor: page.next, cover },
    leftOut: visible.length - kept.length,
  };
}

const isKeepable = ({ ref, path }: StoredFile | StoredFolder): boolean =>
  ref !== "" &&
  isStorable(ref) &&
  Buffer.byteLength(ref) <= MAX_REF_BYTES &&
  Buffer.byteLength(path) <= MAX_REF_BYTES;

/** With the tag that it had when all below it was listed, nothing below it is another. */
function toFound(folder: StoredFolder, { tags, untagged }: KnownTags): store.FoundFolder {
  const { ref, path, treeTag } = folder;
  const tag = treeTag !== null && isStorable(treeTag) ? treeTag : untagged;
  const state = tag !== null && tags.get(ref) === tag ? "unchanged" : "waiting";
  return { ref, path: toPath(path), state, treeTag: tag };
}

function betterCover(best: Cover | null, { name, ref }: StoredFile): Cover | null {
  const rank = coverRank(name);
  return rank === undefined || (best && best.rank <= rank) ? best : { ref, rank };
}

const toEntry = (file: StoredFile): store.EntryRow => ({
  ref: file.ref,
  path: toPath(file.path),
  fileId: file.fileId !== null && isStorable(file.fileId) ? file.fileId : null,
  sizeBytes:
    Number.isSafeInteger(file.sizeBytes) && (file.sizeBytes ?? -1) >= 0 ? file.sizeBytes : null,
  etag: file.etag !== null && isStorable(file.etag) ? file.etag : null,
  modifiedAt: isDatable(file.modifiedAt) ? file.modifiedAt : null,
});

/** Years that a database reads as they are written. */
const isDatable = (date: Date | null): boolean => {
  const year = date?.getUTCFullYear() ?? Number.NaN;
  return year >= 1 && year <= 9999;
};

const toPath = (path: string): string => path.toWellFormed().replaceAll("\0", "");

function saveOutcomes(run: ScanRun, outcomes: readonly Outcome[]): Promise<void> {
  const { id } = run.scan;
  const ended = outcomes.map((each) => each.folder).filter((folder) => folder.state !== "waiting");
  return run.commit(async (tx) => {
    const folders = await store.insertFolders(
      tx,
      id,
      outcomes.flatMap((each) => each.folders),
    );
    await store.saveFolders(tx, id, ended);
    const entries = await store.insertEntries(
      tx,
      run.scan,
      outcomes.flatMap((each) => each.entries),
    );
    const foldersFailed = ended.filter((folder) => folder.state === "failed").length;
    const foldersDone = ended.length - foldersFailed + folders.done;
    const counts = { foldersFound: folders.found, foldersDone, foldersFailed, ...entries };
    return { result: undefined, counts };
  });
}

/** Our access is refused, or we are told to stay away: asking more only makes it worse. */
const endsScan = (error: unknown): boolean =>
  error instanceof AppError &&
  ["storage_reconnect", "rate_limited", "payload_too_large"].includes(error.code);

function toFailure(deps: RunDeps, { ref, path }: Item, error: unknown): Outcome {
  if (!(error instanceof AppError)) deps.log.error({ err: error }, "a folder could not be listed");
  const failure = error instanceof AppError ? error.message : "It could not be listed.";
  return {
    folder: { ref, path, state: "failed", failure, coverRef: null },
    folders: [],
    entries: [],
  };
}

function toRootFailure(error: unknown, path: string): unknown {
  if (!(error instanceof AppError && error.code === "not_found")) return error;
  return new AppError(
    "storage_unavailable",
    `The folder ${path === "" ? "of this library" : `“${path}”`} is not in the storage any more. Everything in the library is kept; put the folder back, or choose another one, and scan again.`,
    { cause: error },
  );
}

function requireDepth({ path }: Item, rootPath: string): void {
  if (path.slice(rootPath.length).split("/").length <= MAX_DEPTH) return;
  throw new AppError("storage_refused", `Its folders lie more than ${MAX_DEPTH} deep.`);
}

const tooManyFolders = (): AppError =>
  new AppError(
    "payload_too_large",
    `There are more than ${MAX_FOLDERS.toLocaleString("en")} folders below the chosen one. Choose a smaller part of the storage, and scan again; nothing was changed.`,
  );
