import { constants } from "node:fs";
import { type FileHandle, open, realpath, unlink } from "node:fs/promises";
import { platform } from "node:os";
import { basename, dirname, join } from "node:path";
import { AppError } from "#server/base/errors.ts";
import { notFound } from "#server/storage/http.ts";
import { type KnownFile, requireKnown } from "#server/storage/removal.ts";
import { codeOf } from "./failures.ts";
import { describeFile } from "./listing.ts";
import { openPlace } from "./place.ts";
import { nameWriteFailure } from "./write-failures.ts";

export const FOLDER_FLAGS =
  constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | (constants.O_NOFOLLOW ?? 0);

/**
 * Deletes a file for good. What a link leads to is left alone: it lies somewhere else, and may be there
 * under another ref as well.
 */
export async function removeFile(top: string, known: KnownFile): Promise<void> {
  const { path, isLinked } = await openPlace(top, known.ref);
  requireKnown(await describeFile(top, known.ref), known);
  if (isLinked) throw nameLinked();
  const folder = await open(dirname(path), FOLDER_FLAGS).catch((error) => {
    throw codeOf(error) === "ELOOP" ? notFound() : nameWriteFailure(error);
  });
  try {
    await unlink(join(await pin(folder, dirname(path)), basename(path)));
    // So that it stays deleted after a power cut. Some file systems cannot.
    await folder.sync().catch(() => {});
  } catch (error) {
    throw nameRemovalFailure(error);
  } finally {
    await folder.close();
  }
}

/**
 * A path that leads into the opened folder whatever becomes of the folders on the way to it, where there
 * is such a thing.
 *
 * @throws AppError `not_found` when a folder of the path was swapped for a link before it was opened.
 */
export async function pin(folder: FileHandle, path: string): Promise<string> {
  const pinned = platform() === "linux" ? `/proc/self/fd/${folder.fd}` : path;
  if ((await realpath(pinned)) !== path) throw notFound();
  return pinned;
}

function nameRemovalFailure(error: unknown): unknown {
  const named = nameWriteFailure(error);
  if (!(named instanceof AppError) || named.code !== "storage_refused") return named;
  return new AppError(
    "storage_refused",
    "This server may only read the folder of this file, so it was not deleted. Nothing was changed; ask the administrator to give the account that the server runs under write access to it, or to delete the file.",
    { cause: error },
  );
}

const nameLinked = (): AppError =>
  new AppError(
    "storage_refused",
    "A link leads to this file, which lies somewhere else, so it was not deleted. Nothing was changed; check where the link leads, and delete it there.",
  );
