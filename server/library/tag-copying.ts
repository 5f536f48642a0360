import { createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { AppError } from "#server/base/errors.ts";
import { isWeakMatch } from "#server/base/preconditions.ts";
import type { Storage } from "#server/storage/provider.ts";
import { nameChanged } from "#server/storage/replacing.ts";
import type { HeldWriting } from "./held-writing-store.ts";

/** So long a storage may send nothing. */
const SILENCE_MS = 60_000;

/** A part of a file, as it is now. */
export async function readRange(
  storage: Storage,
  ref: string,
  range: { readonly start: number; readonly end: number },
  signal: AbortSignal,
): Promise<Buffer> {
  const { body } = await storage.openRange(ref, range, signal);
  const pieces: Buffer[] = [];
  for await (const piece of body as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}

/**
 * Puts all of a file under a path of this machine.
 *
 * @throws AppError `conflict` when it is not the version that the library knows.
 */
export async function download(
  storage: Storage,
  { ref, sizeBytes, etag }: HeldWriting,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const opened = await storage.openRange(ref, { start: 0, end: sizeBytes - 1 }, signal);
  const isOther = etag !== null && opened.etag !== null && !isWeakMatch(etag, opened.etag);
  if (opened.sizeBytes !== sizeBytes || isOther) {
    opened.body.destroy();
    throw nameChanged();
  }
  const silent = new AbortController();
  const timer = setTimeout(() => silent.abort(nameSilent()), SILENCE_MS);
  async function* noted(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of body) {
      timer.refresh();
      yield piece;
    }
  }
  try {
    await pipeline(opened.body, noted, createWriteStream(path, { mode: 0o600 }), {
      signal: AbortSignal.any([signal, silent.signal]),
    });
  } catch (error) {
    throw silent.signal.aborted ? silent.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
  if ((await stat(path)).size !== sizeBytes) throw nameSilent();
}

const nameSilent = (): AppError =>
  new AppError("storage_unavailable", "The storage stopped sending this file before its end.");
