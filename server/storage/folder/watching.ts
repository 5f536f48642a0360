import { type FSWatcher, watch } from "node:fs";
import { lstat, opendir, stat } from "node:fs/promises";
import { basename, join, sep } from "node:path";
import type { News, OnNews } from "#server/storage/provider.ts";
import { codeOf, isMissing } from "./failures.ts";

/** What the system gives is shared with every other program: a larger tree is only looked at. */
const MOST_FOLDERS = 20_000;
/** How often to see whether another disk is mounted there. */
const CHECK_MS = 60_000;
/** Elsewhere one watch tells of everything below. */
const isOneByOne = process.platform === "linux";

/**
 * Folders are watched one by one. The `recursive` of Node takes a watch for each file too on Linux,
 * and reads the whole tree before it returns: for 100,000 files the server stands still for a second.
 */
interface Tree {
  readonly watchers: Map<string, FSWatcher>;
  readonly onNews: OnNews;
  fail(error: unknown): void;
  isClosed: boolean;
}

/**
 * Tells of what happens below a folder. Links are not followed, and of hidden names nothing is told.
 *
 * @returns when the signal ends it.
 * @throws what the system says when it has no watch left, or when the folder is another one by now.
 */
export async function watchTree(top: string, onNews: OnNews, signal: AbortSignal): Promise<void> {
  const disk = await identify(top);
  const ended = Promise.withResolvers<void>();
  const end = (): void => ended.resolve();
  const tree: Tree = { watchers: new Map(), onNews, fail: ended.reject, isClosed: false };
  const check = setInterval(() => {
    identify(top).then((now) => now === disk || ended.reject(nameOther()), ended.reject);
  }, CHECK_MS);
  check.unref();
  signal.addEventListener("abort", end);
  try {
    if (signal.aborted) return;
    grow(tree, top);
    await ended.promise;
  } finally {
    signal.removeEventListener("abort", end);
    clearInterval(check);
    tree.isClosed = true;
    for (const watcher of tree.watchers.values()) watcher.close();
  }
}

function tell(tree: Tree, kind: News["kind"], path: string, writtenAt: Date | null): void {
  if (!tree.isClosed) tree.onNews({ kind, name: basename(path), writtenAt });
}

/** What was written there before it was watched is news that nobody has told. */
function grow(tree: Tree, path: string): void {
  walk(tree, path).then(() => tell(tree, "folder", path, new Date()), tree.fail);
}

/** Each folder is watched before it is read, so that nothing comes into being in between. */
async function walk(tree: Tree, from: string): Promise<void> {
  const queue = [from];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    try {
      if (add(tree, path) && isOneByOne) queue.push(...(await listFolders(path)));
    } catch (error) {
      if (!isOfOneFolder(error)) throw error;
    }
  }
}

async function listFolders(path: string): Promise<string[]> {
  const folders: string[] = [];
  for await (const entry of await opendir(path)) {
    if (entry.isDirectory() && !isHidden(entry.name)) folders.push(join(path, entry.name));
  }
  return folders;
}

/** @returns false for one that is watched already. */
function add(tree: Tree, path: string): boolean {
  const { watchers, fail } = tree;
  if (tree.isClosed || watchers.has(path)) return false;
  if (watchers.size >= MOST_FOLDERS) throw new Error(`More than ${MOST_FOLDERS} folders.`);
  const watcher = watch(path, { persistent: false, recursive: !isOneByOne });
  watchers.set(path, watcher);
  watcher.on("error", (error) => (isOfOneFolder(error) ? drop(tree, path) : fail(error)));
  watcher.on("change", (kind, name) => {
    if (String(name).split(sep).some(isHidden)) return;
    const changed = join(path, String(name));
    if (kind === "change") tell(tree, "file", changed, new Date());
    else void follow(tree, changed);
  });
  return true;
}

/** A name has come or gone: what was watched under it may be elsewhere now. */
async function follow(tree: Tree, path: string): Promise<void> {
  const wasFolder = tree.watchers.has(path);
  drop(tree, path);
  try {
    const stats = await lstat(path);
    const isFile = stats.isFile() && !wasFolder;
    tell(tree, isFile ? "file" : "folder", path, isFile ? stats.mtime : null);
    if (stats.isDirectory()) grow(tree, path);
  } catch (error) {
    if (!isOfOneFolder(error)) return tree.fail(error);
    tell(tree, wasFolder || !isOneByOne ? "folder" : "file", path, null);
  }
}

function drop({ watchers }: Tree, path: string): void {
  if (!watchers.has(path)) return;
  for (const [each, watcher] of watchers) {
    if (each !== path && !each.startsWith(path + sep)) continue;
    watcher.close();
    watchers.delete(each);
  }
}

const isHidden = (name: string): boolean => name.startsWith(".");

/** Gone since, or not ours to read. */
const isOfOneFolder = (error: unknown): boolean =>
  isMissing(error) || codeOf(error) === "EACCES" || codeOf(error) === "EPERM";

/** Of a folder as it is now: what is mounted over it is another one. */
async function identify(path: string): Promise<string> {
  const { dev, ino } = await stat(path, { bigint: true });
  return `${dev}-${ino}`;
}

const nameOther = (): Error => new Error("The folder is another one now.");
