import type { Readable } from "node:stream";
import { AppError } from "#server/base/errors.ts";
import { isWeakMatch } from "#server/base/preconditions.ts";
import { hasChanged } from "#server/library/remote-file.ts";
import type { Storage } from "#server/storage/provider.ts";
import type { KeptFile } from "./kept-file.ts";
import type { ReadBytes } from "./mp4-order.ts";

export { hasChanged };

/** A file as the last scan saw it. */
interface ScannedFile {
  readonly ref: string;
  readonly sizeBytes: number;
  readonly etag: string | null;
}

/** So long a storage may send nothing. */
const SILENCE_MS = 30_000;

/**
 * Reads a storage's file in pieces, as they are wanted.
 *
 * @param kept - what it has sent already is taken from there and not asked for, and the rest kept too.
 * @returns what throws `hasChanged` when it is not the version that was scanned, and
 *   `storage_unavailable` when it ends before it should.
 */
export function readSound(
  storage: Storage,
  file: ScannedFile,
  signal: AbortSignal,
  kept: KeptFile | null = null,
): ReadBytes {
  const read = readStored(storage, file, signal, kept);
  return kept ? readThrough(kept, read) : read;
}

const readThrough = (kept: KeptFile, read: ReadBytes): ReadBytes =>
  async function* readKept(start, end) {
    for (let at = start; at <= end; ) {
      const known = await kept.read(at, end);
      if (known) {
        yield known;
        at += known.length;
        continue;
      }
      for await (const piece of read(at, Math.min(end, kept.nextAfter(at) - 1))) {
        await kept.write(at, piece);
        yield piece;
        at += piece.length;
      }
    }
  };

const readStored = (
  storage: Storage,
  file: ScannedFile,
  signal: AbortSignal,
  kept: KeptFile | null,
): ReadBytes =>
  async function* read(start, end) {
    const silent = new AbortController();
    const timer = setTimeout(() => silent.abort(tooSilent()), SILENCE_MS);
    const until = AbortSignal.any([signal, silent.signal]);
    try {
      const { body, etag } = await open(storage, file, { start, end }, until);
      if (kept && etag !== file.etag) beWithout(kept, body);
      yield* readBody(body, end - start + 1, until, () => timer.refresh());
    } catch (error) {
      throw silent.signal.aborted && !signal.aborted ? silent.signal.reason : error;
    } finally {
      clearTimeout(timer);
    }
  };

async function* readBody(
  body: Readable,
  sizeBytes: number,
  signal: AbortSignal,
  noteProgress: () => void,
): AsyncGenerator<Buffer> {
  const pieces = (body as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  let left = sizeBytes;
  try {
    for (;;) {
      noteProgress();
      const { done, value } = await eitherAborted(pieces.next(), signal);
      if (done) break;
      left -= value.length;
      yield value;
    }
  } finally {
    body.destroy();
  }
  if (left > 0) throw endedEarly();
}

async function open(
  storage: Storage,
  { ref, sizeBytes, etag }: ScannedFile,
  range: { start: number; end: number },
  signal: AbortSignal,
) {
  const opened = await storage.openRange(ref, range, signal).catch((error: unknown) => {
    const isShorter = error instanceof AppError && error.code === "range_not_satisfiable";
    throw isShorter ? hasChanged : error;
  });
  const isOther = etag !== null && opened.etag !== null && !isWeakMatch(etag, opened.etag);
  if (opened.sizeBytes === sizeBytes && !isOther) return opened;
  opened.body.destroy();
  throw hasChanged;
}

/** Only such a validator says of two answers that their bytes belong together (RFC 9110 §15.3.7.3). */
export const isStrong = (etag: string | null): etag is string =>
  etag !== null && !etag.startsWith("W/");

/** Nobody can tell whether the bytes that come are of the version that is kept. */
function beWithout(kept: KeptFile, body: Readable): void {
  kept.end();
  if (!kept.hasBytes) return;
  body.destroy();
  throw hasChanged;
}

/** A body that is destroyed may never answer. */
function eitherAborted<T>(asked: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
    if (signal.aborted) leave();
    asked.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}

const tooSilent = (): AppError =>
  new AppError("storage_unavailable", "The storage stopped sending this file.");

const endedEarly = (): AppError =>
  new AppError("storage_unavailable", "The storage sent less of this file than it should have.");
