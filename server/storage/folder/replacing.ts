import { type BigIntStats, constants } from "node:fs";
import { access, link, lstat, open, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { AppError } from "#server/base/errors.ts";
import { notFound } from "#server/storage/http.ts";
import type { KnownFile } from "#server/storage/removal.ts";
import { type NewVersion, nameChanged, requireSame } from "#server/storage/replacing.ts";
import type { StoredFile } from "#server/storage/stored.ts";
import { toHiddenName } from "#server/storage/writing.ts";
import { codeOf } from "./failures.ts";
import { describeFile, toEtag } from "./listing.ts";
import { openPlace } from "./place.ts";
import { FOLDER_FLAGS, pin } from "./removal.ts";
import { nameWriteFailure } from "./write-failures.ts";

const NEW_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;

interface Paths {
  readonly file: string;
  /** The new version in the making, and the old one until that has its place. */
  readonly made: string;
  readonly old: string;
}

/**
 * Puts a new version in the place of a file in one step. The old one keeps a hidden name until then: what
 * somebody has written to it in that very moment is seen, and put back.
 */
export async function replaceFile(
  top: string,
  known: KnownFile,
  version: NewVersion,
  signal: AbortSignal,
): Promise<StoredFile> {
  const { path, isLinked } = await openPlace(top, known.ref);
  requireSame(await describeFile(top, known.ref), known);
  if (isLinked) throw nameLinked();
  const folder = await open(dirname(path), FOLDER_FLAGS).catch((error) => {
    throw codeOf(error) === "ELOOP" ? notFound() : nameWriteFailure(error);
  });
  try {
    const pinned = await pin(folder, dirname(path));
    const file = join(pinned, basename(path));
    const made = join(pinned, toHiddenName(version.id));
    const paths = { file, made, old: `${made}.old` };
    await access(file, constants.W_OK);
    await forget(paths);
    try {
      await writeNew(paths, version, signal);
      await swap(paths, known);
    } finally {
      await forget(paths).catch(() => {});
    }
    // So that it outlives a power cut. Some file systems cannot.
    await folder.sync().catch(() => {});
  } catch (error) {
    signal.throwIfAborted();
    throw nameWriteFailure(error);
  } finally {
    await folder.close();
  }
  return describeFile(top, known.ref);
}

/** On the disk before it counts, and whoever could read the old one can read it. */
async function writeNew(
  { file, made }: Paths,
  version: NewVersion,
  signal: AbortSignal,
): Promise<void> {
  const { mode, uid, gid } = await lstat(file);
  const handle = await open(made, NEW_FLAGS, mode & 0o777);
  try {
    // The mask of the process has taken something off; who may not give it away keeps it.
    await handle.chmod(mode & 0o777).catch(() => {});
    await handle.chown(uid, gid).catch(() => {});
    await handle.writeFile(version.open(), { signal });
    await handle.sync();
    const { size } = await handle.stat();
    if (size !== version.sizeBytes) throw new Error("The new version is not whole.");
  } finally {
    await handle.close();
  }
}

async function swap({ file, made, old }: Paths, known: KnownFile): Promise<void> {
  await link(file, old);
  await requireAsKnown(old, known);
  await rename(made, file);
  try {
    await requireAsKnown(old, known);
  } catch (error) {
    await rename(old, file);
    throw error;
  }
}

async function requireAsKnown(path: string, { etag }: KnownFile): Promise<void> {
  const stats: BigIntStats = await lstat(path, { bigint: true });
  if (!stats.isFile() || toEtag(stats) !== etag) throw nameChanged();
}

/** Also what somebody has left who was killed over it. */
async function forget({ made, old }: Paths): Promise<void> {
  for (const path of [made, old]) {
    await unlink(path).catch((error) => {
      if (codeOf(error) !== "ENOENT") throw error;
    });
  }
}

const nameLinked = (): AppError =>
  new AppError(
    "storage_refused",
    "A link leads to this file, which lies somewhere else, so it was not replaced. Nothing was changed; check where the link leads, and edit its tags there.",
  );
