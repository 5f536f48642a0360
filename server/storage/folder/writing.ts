import { constants } from "node:fs";
import {
  type FileHandle,
  link,
  lstat,
  mkdir,
  open,
  realpath,
  rmdir,
  stat,
  unlink,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path/posix";
import type { Readable } from "node:stream";
import { z } from "zod";
import { AppError } from "#server/base/errors.ts";
import { notFound } from "#server/storage/http.ts";
import type { StoredFile } from "#server/storage/stored.ts";
import {
  type Finish,
  nameLost,
  nameTaken,
  type Part,
  toHiddenName,
  type WriteTarget,
  type Writing,
} from "#server/storage/writing.ts";
import { codeOf, nameFileFailure } from "./failures.ts";
import { describeFile } from "./listing.ts";
import { isName, openPlace } from "./place.ts";
import { nameWriteFailure } from "./write-failures.ts";

/** What is lost at most when somebody hangs up; each is on the disk before it counts. */
const PART_BYTES = 4 * 1024 * 1024;

const Session = z.object({
  /** Refs of the folder that the file lies in, and of those above it that may have to be made. */
  folder: z.string(),
  above: z.array(z.string()),
  hiddenName: z.string(),
  sizeBytes: z.int().min(0),
  /** Refs of folders that were made for it, the outermost first. */
  made: z.array(z.string()),
});
type Session = z.infer<typeof Session>;

/** Never follows a link that has just taken the file's place. */
const FLAGS = constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0);

/**
 * New files of a folder of this machine. One in the making lies hidden where it is going to be, so
 * that its name can be given to it in one step, which fails where something has that name.
 *
 * @param openTop - the real path of the storage's top, looked up at each access.
 */
export function createWriting(openTop: () => Promise<string>, signal: AbortSignal): Writing {
  return {
    maxBytes: null,
    partBytes: () => PART_BYTES,
    plan,
    begin: async (planned) => begin(await openTop(), Session.parse(planned)),
    writePart: async (session, part, body) => {
      try {
        await writePart(await openTop(), Session.parse(session), part, body, signal);
      } finally {
        body.destroy();
      }
      return null;
    },
    finish: async (session, finish) => finishFile(await openTop(), Session.parse(session), finish),
    discard: async (session) => discard(await openTop(), Session.parse(session)),
  };
}

function plan({ root, folders, sizeBytes }: WriteTarget, id: string): Session {
  if (!folders.every(isName)) throw notFound();
  const above = folders.map((_, index) =>
    [...(root ? [root] : []), ...folders.slice(0, index + 1)].join("/"),
  );
  const folder = above.at(-1) ?? root ?? "";
  return { folder, above, hiddenName: toHiddenName(id), sizeBytes, made: [] };
}

async function begin(top: string, planned: Session): Promise<Session> {
  const made: string[] = [];
  for (const ref of planned.above) {
    const { path } = await openPlace(top, dirname(ref) === "." ? "" : dirname(ref));
    if (await makeFolder(join(path, basename(ref)))) made.push(ref);
  }
  const session = { ...planned, made };
  await (await openHidden(top, session, FLAGS | constants.O_CREAT)).close();
  return session;
}

/** @returns false when it is there. */
async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw nameWriteFailure(error);
  }
}

async function writePart(
  top: string,
  session: Session,
  { startByte, bytes }: Part,
  body: Readable,
  signal: AbortSignal,
): Promise<void> {
  const handle = await openHidden(top, session);
  const leave = (): void => void body.destroy();
  signal.addEventListener("abort", leave, { once: true });
  try {
    let written = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      signal.throwIfAborted();
      await writeAll(handle, chunk, startByte + written);
      written += chunk.length;
    }
    if (written !== bytes) throw new Error("The part has not as many bytes as was said.");
    await handle.datasync();
  } catch (error) {
    signal.throwIfAborted();
    throw nameWriteFailure(error);
  } finally {
    signal.removeEventListener("abort", leave);
    await handle.close();
  }
}

/** A disk that is nearly full takes a part of what it is given, and says why with the next. */
async function writeAll(handle: FileHandle, chunk: Buffer, position: number): Promise<void> {
  for (let at = 0; at < chunk.length; ) {
    const { bytesWritten } = await handle.write(chunk, at, chunk.length - at, position + at);
    at += bytesWritten;
  }
}

/** The link is the one step in which it either gets its name or does not. */
async function finishFile(
  top: string,
  session: Session,
  { name, isRepeated }: Finish,
): Promise<StoredFile> {
  if (!isName(name)) throw notFound();
  const { path } = await openFolder(top, session);
  const ref = session.folder === "" ? name : `${session.folder}/${name}`;
  try {
    await giveName(join(path, session.hiddenName), join(path, name), session);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw nameWriteFailure(error);
    return isRepeated ? findFinished(top, ref, session) : lost(error);
  }
  await syncFolder(path);
  return describeFile(top, ref);
}

async function giveName(hidden: string, final: string, session: Session): Promise<void> {
  await requireWhole(hidden, session);
  try {
    await link(hidden, final);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    // Whoever was here before was killed between this step and the next.
    if (!(await isSameFile(hidden, final))) throw nameTaken();
  }
  await unlink(hidden);
}

const lost = (cause: unknown): never => {
  throw nameLost(cause);
};

/** Who was killed between giving it its name and saying so. */
async function findFinished(top: string, ref: string, session: Session): Promise<StoredFile> {
  const file = await describeFile(top, ref).catch(lost);
  return file.sizeBytes === session.sizeBytes ? file : lost(undefined);
}

/** Somebody may have shortened it, or put another in its place. */
async function requireWhole(hidden: string, { sizeBytes }: Session): Promise<void> {
  const stats = await lstat(hidden);
  if (!stats.isFile() || stats.size !== sizeBytes) throw nameLost();
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all(
    [one, other].map((path) => lstat(path, { bigint: true }).catch(() => null)),
  );
  return a !== null && b !== null && a?.ino === b?.ino && a?.dev === b?.dev;
}

/** So that a name outlives a power cut as well. Some file systems cannot. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY).catch(() => null);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

async function discard(top: string, session: Session): Promise<void> {
  const place = await openFolder(top, session).catch((error) => {
    if (error instanceof AppError && error.code === "gone") return null;
    throw error;
  });
  if (place === null) return;
  await unlink(join(place.path, session.hiddenName)).catch(ignoreMissing);
  for (const ref of session.made.toReversed()) {
    const made = await openPlace(top, ref).catch(() => null);
    // What is not empty is somebody's by now.
    if (made) await rmdir(made.path).catch(() => {});
  }
}

const ignoreMissing = (error: unknown): void => {
  if (codeOf(error) !== "ENOENT") throw nameWriteFailure(error);
};

/** Only who begins makes it: a part of what was given up meanwhile must not bring it back. */
async function openHidden(top: string, session: Session, flags = FLAGS): Promise<FileHandle> {
  const isBegun = flags === FLAGS;
  const { path } = await openFolder(top, session, isBegun ? nameLost : notFound);
  const handle = await open(join(path, session.hiddenName), flags, 0o644).catch((error) => {
    if (codeOf(error) === "ENOENT") throw nameLost(error);
    throw nameWriteFailure(error);
  });
  // Between looking and opening somebody may have swapped a folder of the path for a link.
  if ((await realpath(path).catch(() => null)) === path) return handle;
  await handle.close();
  throw notFound();
}

async function openFolder(
  top: string,
  { folder }: Session,
  nameMissing = nameLost,
): Promise<{ path: string }> {
  const place = await openPlace(top, folder).catch((error) => {
    throw isGone(error) ? nameMissing(error) : error;
  });
  const stats = await stat(place.path).catch((error) => {
    throw nameFileFailure(error);
  });
  if (!stats.isDirectory()) throw notFound();
  return place;
}

const isGone = (error: unknown): boolean => error instanceof AppError && error.code === "not_found";
