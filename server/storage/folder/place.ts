import { realpath } from "node:fs/promises";
import { isAbsolute, join, normalize, sep } from "node:path";
import { AppError } from "#server/base/errors.ts";
import { notFound } from "#server/storage/http.ts";
import type { Credential } from "./credential.ts";
import { demoFolder } from "./demo.ts";
import { isMissing, nameFileFailure, nameTopFailure } from "./failures.ts";

const MAX_REF_LENGTH = 4096;

/** Where something is, every symbolic link on the way followed. */
export interface Place {
  readonly path: string;
  /** A link was followed below the top, so that the same thing has another ref as well. */
  readonly isLinked: boolean;
}

/**
 * The real path of the folder that a credential opens, looked up at every access: the administrator
 * may have withdrawn it, and a part of the path may have become a link to somewhere else.
 *
 * @throws AppError `storage_unavailable` when it is missing, `storage_refused` when it is not allowed.
 */
export async function openTop(roots: readonly string[], credential: Credential): Promise<string> {
  const [top, allowed] = await Promise.all([
    realpath("demo" in credential ? demoFolder : credential.folder).catch((error) => {
      throw nameTopFailure(error);
    }),
    "demo" in credential ? null : realPaths(roots),
  ]);
  if (allowed === null || isIn(top, allowed)) return top;
  throw new AppError(
    "storage_refused",
    "The folder of this storage is not one that the administrator allows (any more). Your library is kept; ask the administrator to add it to FOLDER_ROOTS, or connect another folder.",
  );
}

/**
 * What a ref means: parts joined by `/` below the top, none of them hidden. Links are followed when
 * they stay inside the top; a ref that leads out of it does not exist.
 *
 * @throws AppError `not_found`
 */
export async function openPlace(top: string, ref: string): Promise<Place> {
  const lexical = toPath(top, ref);
  const path = await realpath(lexical).catch((error) => {
    throw nameFileFailure(error);
  });
  if (!isInside(path, top)) throw notFound();
  return { path, isLinked: path !== lexical };
}

/**
 * No link followed.
 *
 * @throws AppError `not_found`
 */
export function toPath(top: string, ref: string): string {
  if (!isRef(ref)) throw notFound();
  return join(top, ...ref.split("/"));
}

/**
 * What a person typed, as a real path.
 *
 * Only below the allowed roots does the answer tell what exists: elsewhere a missing folder, a link
 * and a forbidden one are all the same sentence.
 *
 * @throws AppError `storage_refused`
 */
export async function verifyFolder(typed: string, roots: readonly string[]): Promise<string> {
  if (!isAbsolute(typed) || typed.includes("\0")) {
    throw new AppError(
      "storage_refused",
      `Enter the whole path of the folder on the server, such as ${roots[0] ?? "/music"}.`,
    );
  }
  try {
    const folder = await realpath(typed);
    if (isIn(folder, await realPaths(roots))) return folder;
  } catch (error) {
    if (await isBelowRoot(typed, roots)) {
      throw isMissing(error) ? nameNoFolder() : nameFileFailure(error);
    }
  }
  throw new AppError(
    "storage_refused",
    `The administrator has not allowed this folder. Choose one in ${roots.join(" or ")}, or ask the administrator to add this one to FOLDER_ROOTS.`,
  );
}

/** Paths are compared part by part: `/music2` is not inside `/music`. */
export function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

export const nameNoFolder = (): AppError =>
  new AppError(
    "storage_refused",
    "There is no folder with this path on the server. Check its spelling, capital and small letters too.",
  );

function isRef(ref: string): boolean {
  return ref === "" || (ref.length <= MAX_REF_LENGTH && ref.split("/").every(isName));
}

/** Also says no to `.` and `..`, and on Windows to a name that is a path. */
export function isName(part: string): boolean {
  return part !== "" && !part.startsWith(".") && !part.includes("\0") && !part.includes(sep);
}

/** Of those that there are. */
const realPaths = (roots: readonly string[]): Promise<(string | null)[]> =>
  Promise.all(roots.map((root) => realpath(root).catch(() => null)));

const isIn = (path: string, folders: readonly (string | null)[]): boolean =>
  folders.some((folder) => folder !== null && isInside(path, folder));

/** By its text alone, for a path that cannot be followed. */
async function isBelowRoot(typed: string, roots: readonly string[]): Promise<boolean> {
  return roots.some((root) => isInside(normalize(typed), normalize(root)));
}
