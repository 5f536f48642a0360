import { Buffer } from "node:buffer";
import type { Hash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";

const WINDOW_BYTES = 1024 * 1024;

/** A file of this machine, read in pieces. */
export interface SoundBytes {
  readonly sizeBytes: number;
  /** Fewer only at the end of the file. Valid until the next call. */
  read(start: number, length: number): Promise<Buffer>;
  /** Adds the bytes from `start` up to `end`, which is not one of them. */
  hash(into: Hash, start: number, end: number): Promise<void>;
}

/** Opens a file for as long as the work takes. */
export async function withBytes<T>(
  path: string,
  work: (bytes: SoundBytes) => Promise<T>,
): Promise<T> {
  const handle = await open(path);
  try {
    return await work(createBytes(handle, (await handle.stat()).size));
  } finally {
    await handle.close();
  }
}

function createBytes(handle: FileHandle, sizeBytes: number): SoundBytes {
  const window = Buffer.allocUnsafe(WINDOW_BYTES);
  let [windowStart, windowLength] = [0, 0];
  const isIn = (start: number, length: number): boolean =>
    start >= windowStart && start + length <= windowStart + windowLength;

  const read = async (start: number, length: number): Promise<Buffer> => {
    const wanted = Math.max(0, Math.min(length, sizeBytes - start));
    if (wanted > WINDOW_BYTES) {
      const large = Buffer.alloc(wanted);
      const { bytesRead } = await handle.read(large, 0, wanted, start);
      return large.subarray(0, bytesRead);
    }
    if (!isIn(start, wanted)) {
      windowLength = (await handle.read(window, 0, WINDOW_BYTES, start)).bytesRead;
      windowStart = start;
    }
    const at = start - windowStart;
    return window.subarray(at, Math.min(at + wanted, windowLength));
  };
  return {
    sizeBytes,
    read,
    async hash(into, start, end) {
      for (let at = start; at < end; ) {
        const piece = await read(at, Math.min(WINDOW_BYTES, end - at));
        if (piece.length === 0) throw new Error("The file ends before it should.");
        into.update(piece);
        at += piece.length;
      }
    },
  };
}
