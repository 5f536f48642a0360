import { createHash } from "node:crypto";
import { AppError } from "#server/base/errors.ts";
import type { Storage } from "#server/storage/provider.ts";
import type { Pace } from "./pace.ts";

/** What a listing said of a file. */
export interface FileFacts {
  readonly sizeBytes: number;
  readonly etag: string | null;
  readonly modifiedAt: Date | null;
}

/** A file in a storage whose bytes are read in pieces, all of one version. */
export interface RemoteFile {
  readonly sizeBytes: number;
  readonly head: Buffer;
  /** Up to the last byte; empty when the head is the whole file. */
  readonly tail: Buffer;
  /** Fewer than asked for only at the end of the file. */
  fetch(start: number, end: number): Promise<Buffer>;
}

export interface Reach {
  readonly storage: Storage;
  readonly pace: Pace;
  readonly signal: AbortSignal;
  /** Called with every number of bytes that has come. */
  readonly noteBytes: (count: number) => void;
}

/** Of the beginning and of the end of a file: enough for most tags, and to know it again. */
export const EDGE_BYTES = 16 * 1024;
const READ_TIMEOUT_MS = 20_000;

/** The file is another one than it was a moment ago. */
export const hasChanged = new AppError(
  "conflict",
  "The file was being changed while it was read, perhaps because it is still being uploaded. It is read again by the next scan.",
);

/**
 * Reads the edges of a file.
 *
 * @throws `hasChanged` when the file is not of the size that was listed, or changes meanwhile; any
 *   other AppError of the storage.
 */
export async function openRemoteFile(
  reach: Reach,
  ref: string,
  facts: FileFacts,
): Promise<RemoteFile> {
  const { sizeBytes } = facts;
  let version: string | null | undefined;
  const fetch = async (start: number, end: number): Promise<Buffer> => {
    const part = await reach.pace.ask(() =>
      readRange(reach, ref, start, Math.min(end, sizeBytes - 1)),
    );
    version ??= part.etag;
    if (part.sizeBytes !== sizeBytes || part.etag !== version) throw hasChanged;
    return part.bytes;
  };
  const isSmall = sizeBytes <= 2 * EDGE_BYTES;
  const head = await fetch(0, isSmall ? sizeBytes - 1 : EDGE_BYTES - 1);
  const tail = isSmall ? Buffer.alloc(0) : await fetch(sizeBytes - EDGE_BYTES, sizeBytes - 1);
  return { sizeBytes, head, tail, fetch };
}

/** SHA-256 over `size in decimal | 0 | first 16 kB | last 16 kB`; over all bytes of a small file. */
export const toFingerprint = ({ sizeBytes, head, tail }: RemoteFile): string =>
  createHash("sha256").update(`${sizeBytes}\0`).update(head).update(tail).digest("hex");

/** For a storage whose listings have no sizes. */
export async function findSize(reach: Reach, ref: string): Promise<number> {
  const part = await reach.pace.ask(() => readRange(reach, ref, 0, 0));
  return part.sizeBytes;
}

/** A whole file, such as a picture. @returns `undefined` when it is larger than that. */
export async function readWhole(
  reach: Reach,
  ref: string,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const part = await reach.pace.ask(() => readRange(reach, ref, 0, maxBytes - 1));
  return part.bytes.length === part.sizeBytes ? part.bytes : undefined;
}

interface Part {
  readonly bytes: Buffer;
  readonly sizeBytes: number;
  readonly etag: string | null;
}

async function readRange(
  { storage, signal, noteBytes }: Reach,
  ref: string,
  start: number,
  end: number,
): Promise<Part> {
  const tooSlow = new AbortController();
  const timer = setTimeout(() => tooSlow.abort(nameSlowness()), READ_TIMEOUT_MS);
  try {
    const either = AbortSignal.any([signal, tooSlow.signal]);
    const opened = await storage.openRange(ref, { start, end }, either);
    const pieces: Buffer[] = [];
    for await (const piece of opened.body as AsyncIterable<Buffer>) {
      pieces.push(piece);
      noteBytes(piece.length);
    }
    const { sizeBytes, etag } = opened;
    return { bytes: Buffer.concat(pieces), sizeBytes, etag };
  } catch (error) {
    if (tooSlow.signal.aborted) throw tooSlow.signal.reason;
    // It ends before its first byte that we want: it is shorter now.
    if (error instanceof AppError && error.code === "range_not_satisfiable") throw hasChanged;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

const nameSlowness = (): AppError =>
  new AppError("storage_unavailable", "The storage took too long to send a part of this file.");
