import { type BigIntStats, constants } from "node:fs";
import { type FileHandle, open, readlink, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { AppError } from "#server/base/errors.ts";
import { notFound } from "#server/storage/http.ts";
import type { ByteRange, OpenedRange } from "#server/storage/stored.ts";
import { nameChanged, nameFileFailure } from "./failures.ts";
import { toEtag } from "./listing.ts";
import { isInside, openPlace, toPath } from "./place.ts";

const READ_BYTES = 128 * 1024;

/** Never follows a link that has just taken the file's place, never waits for a pipe's writer. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** @throws AppError `not_found`, `range_not_satisfiable`, and what the disk has to say. */
export async function openFileRange(
  top: string,
  ref: string,
  range: ByteRange,
  signal: AbortSignal,
): Promise<OpenedRange> {
  signal.throwIfAborted();
  const { handle, stats } = await openFile(top, ref);
  try {
    signal.throwIfAborted();
    const sizeBytes = Number(stats.size);
    if (!(range.start >= 0 && range.end >= range.start && range.start < sizeBytes)) {
      throw new AppError(
        "range_not_satisfiable",
        "The file has no bytes there; it is shorter than expected. Scan the storage to see how it is now.",
      );
    }
    const taken = { start: range.start, end: Math.min(range.end, sizeBytes - 1) };
    const etag = toEtag(stats);
    signal.throwIfAborted();
    return {
      range: taken,
      sizeBytes,
      etag,
      modifiedAt: new Date(Number(stats.mtimeNs / 1_000_000n)),
      body: createBody(handle, taken, etag, signal),
    };
  } catch (error) {
    await handle.close();
    throw nameFileFailure(error);
  }
}

/**
 * Opens a regular file inside the top. Between looking and opening somebody may swap a folder of
 * the path for a link, so what was opened is looked at as well.
 */
async function openFile(
  top: string,
  ref: string,
): Promise<{ readonly handle: FileHandle; readonly stats: BigIntStats }> {
  const { path } = await openRegular(top, ref);
  const handle = await open(path, OPEN_FLAGS).catch((error) => {
    throw nameFileFailure(error);
  });
  try {
    const [isInTop, stats] = await Promise.all([
      isHeldInside(handle, top, ref),
      handle.stat({ bigint: true }),
    ]);
    if (!isInTop) throw nameChanged();
    return { handle, stats };
  } catch (error) {
    await handle.close();
    throw nameFileFailure(error);
  }
}

/** Linux tells where an open file lies. Elsewhere the ref must still lead to the very same file. */
async function isHeldInside(handle: FileHandle, top: string, ref: string): Promise<boolean> {
  const path = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => null);
  if (path !== null) return isInside(path, top);
  const [held, now] = [await handle.stat({ bigint: true }), await openRegular(top, ref)];
  return held.ino === now.ino && held.dev === now.dev;
}

/** Devices and pipes are recognised before they are opened, which alone can have effects. */
async function openRegular(
  top: string,
  ref: string,
): Promise<{ path: string; ino: bigint; dev: bigint }> {
  const looking = stat(toPath(top, ref), { bigint: true });
  // Where it lies is told first.
  looking.catch(() => {});
  const { path } = await openPlace(top, ref);
  const stats = await looking.catch((error) => {
    throw nameFileFailure(error);
  });
  if (!stats.isFile()) throw notFound();
  return { path, ino: stats.ino, dev: stats.dev };
}

/**
 * Exactly the range, or a failure. Before the last piece is given out the file is looked at again:
 * when it was changed meanwhile, what was read may be of two versions.
 */
function createBody(
  handle: FileHandle,
  range: ByteRange,
  etag: string,
  signal: AbortSignal,
): Readable {
  let position = range.start;
  const readNext = async (): Promise<Buffer> => {
    const piece = Buffer.allocUnsafe(Math.min(READ_BYTES, range.end - position + 1));
    const { bytesRead } = await handle.read(piece, 0, piece.length, position);
    position += bytesRead;
    const isLast = position > range.end;
    if (bytesRead === 0) throw nameChanged();
    if (isLast && toEtag(await handle.stat({ bigint: true })) !== etag) throw nameChanged();
    return piece.subarray(0, bytesRead);
  };
  const body = new Readable({
    highWaterMark: READ_BYTES,
    read: () => {
      readNext().then(
        (piece) => {
          body.push(piece);
          if (position > range.end) body.push(null);
        },
        (error) => body.destroy(nameFileFailure(error) as Error),
      );
    },
    destroy: (error, done) => {
      signal.removeEventListener("abort", leave);
      handle.close().then(
        () => done(error),
        () => done(error),
      );
    },
  });
  const leave = (): void => {
    const { reason } = signal;
    body.destroy(reason instanceof Error ? reason : new Error("aborted", { cause: reason }));
  };
  signal.addEventListener("abort", leave, { once: true });
  // Whoever has lost interest does not listen either; an error must not end the process then.
  body.on("error", () => {});
  return body;
}
