import { isUtf8 } from "node:buffer";
import type { BigIntStats, Dirent } from "node:fs";
import { lstat, opendir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { notFound } from "#server/storage/http.ts";
import type { Page, StoredFile, StoredFolder } from "#server/storage/stored.ts";
import { codeOf, nameFileFailure, nameTopFailure } from "./failures.ts";
import { isInside, openPlace, type Place } from "./place.ts";

const PAGE_SIZE = 5000;
/** Questions to the disk that are under way at once; libuv has four threads for everybody. */
const CONCURRENT_STATS = 16;

/** Links that lead nowhere, or where we must not look, are left out like those that lead outside. */
const uselessLink: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "ELOOP", "EACCES", "EPERM"]);

/**
 * One page of a folder, sorted by name; the cursor is the last name of the page before. Each page
 * reads all names again and keeps no more than two pages of them, so that memory is bounded however
 * many there are.
 *
 * Left out: hidden files, special files, names that are not UTF-8 (no text could ask for them
 * again), and links as `describeLink` says.
 */
export async function listFolder(
  top: string,
  ref: string,
  cursor: string | null,
  signal: AbortSignal,
): Promise<Page> {
  const place = await openPlace(top, ref);
  try {
    const names = await pickNames(place.path, cursor, signal);
    const entries: (StoredFolder | StoredFile)[] = [];
    for (let index = 0; index < Math.min(names.length, PAGE_SIZE); index += CONCURRENT_STATS) {
      signal.throwIfAborted();
      const batch = names.slice(index, Math.min(index + CONCURRENT_STATS, PAGE_SIZE));
      const described = await Promise.all(batch.map((name) => describe(top, place, ref, name)));
      entries.push(...described.filter((entry) => entry !== null));
    }
    return { entries, next: names.length > PAGE_SIZE ? (names[PAGE_SIZE - 1] ?? null) : null };
  } catch (error) {
    throw ref === "" ? nameTopFailure(error) : nameFileFailure(error);
  }
}

/** @throws AppError `not_found`, for folders and special files too. */
export async function describeFile(top: string, ref: string): Promise<StoredFile> {
  const place = await openPlace(top, ref);
  const stats = await stat(place.path, { bigint: true }).catch((error) => {
    throw nameFileFailure(error);
  });
  if (!stats.isFile()) throw notFound();
  return toFile(ref, stats, place.isLinked);
}

/**
 * Names the content of a file as it is now: every write moves the time of change (in nanoseconds),
 * and a file that is put in its place has another inode.
 */
export function toEtag({ mtimeNs, size, ino }: BigIntStats): string {
  return `"${mtimeNs.toString(16)}-${size.toString(16)}-${ino.toString(16)}"`;
}

/** The smallest names after the cursor: a page and one more, which tells that there is another. */
async function pickNames(
  path: string,
  cursor: string | null,
  signal: AbortSignal,
): Promise<string[]> {
  const keep = PAGE_SIZE + 1;
  let names: string[] = [];
  // The type of Dirent does not know that the encoding makes its name a Buffer.
  const folder = await opendir(path, { encoding: "buffer" as BufferEncoding, bufferSize: 1024 });
  for await (const { name: bytes } of folder as unknown as AsyncIterable<Dirent<Buffer>>) {
    signal.throwIfAborted();
    if (!isUtf8(bytes)) continue;
    const name = bytes.toString("utf8");
    if (name.startsWith(".") || (cursor !== null && name <= cursor)) continue;
    names.push(name);
    if (names.length >= 2 * keep) names = names.sort().slice(0, keep);
  }
  return names.sort().slice(0, keep);
}

async function describe(
  top: string,
  place: Place,
  above: string,
  name: string,
): Promise<StoredFolder | StoredFile | null> {
  const ref = above === "" ? name : `${above}/${name}`;
  try {
    const path = join(place.path, name);
    const stats = await lstat(path, { bigint: true });
    if (stats.isSymbolicLink()) return await describeLink(top, place, ref, path);
    if (stats.isDirectory()) return toFolder(ref);
    return stats.isFile() ? toFile(ref, stats, place.isLinked) : null;
  } catch (error) {
    // Deleted since its name was read. Any other failure fails the page: a folder whose entries
    // cannot be read must not look empty.
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

/**
 * A link counts when it stays inside the storage. A linked folder is followed once: not again below
 * another linked one, and never to a folder that it lies in, so that every walk comes to an end.
 */
async function describeLink(
  top: string,
  place: Place,
  ref: string,
  path: string,
): Promise<StoredFolder | StoredFile | null> {
  try {
    const target = await realpath(path);
    if (!isInside(target, top)) return null;
    const stats = await stat(target, { bigint: true });
    if (stats.isFile()) return toFile(ref, stats, true);
    const isFollowed = stats.isDirectory() && !place.isLinked && !isInside(place.path, target);
    return isFollowed ? toFolder(ref) : null;
  } catch (error) {
    if (uselessLink.has(codeOf(error) ?? "")) return null;
    throw error;
  }
}

const nameOf = (ref: string): string => ref.slice(ref.lastIndexOf("/") + 1);

const toFolder = (ref: string): StoredFolder => ({
  kind: "folder",
  ref,
  name: nameOf(ref),
  path: ref,
  treeTag: null,
});

const toFile = (ref: string, stats: BigIntStats, isLinked: boolean): StoredFile => ({
  kind: "file",
  ref,
  name: nameOf(ref),
  path: ref,
  fileId: toFileId(stats, isLinked),
  sizeBytes: Number(stats.size),
  etag: toEtag(stats),
  modifiedAt: new Date(Number(stats.mtimeNs / 1_000_000n)),
  contentType: null,
});

/**
 * Inode and time of birth: an inode survives rename and move within a disk but is given to another
 * file after a deletion, which is then born later. The device number is left out because it changes
 * when a disk is mounted again. `null` where it would not be one file's alone (it has several
 * names), or where the file system keeps no time of birth.
 */
function toFileId({ ino, birthtimeNs, nlink }: BigIntStats, isLinked: boolean): string | null {
  if (isLinked || nlink > 1n || birthtimeNs === 0n) return null;
  return `${ino}-${birthtimeNs}`;
}
