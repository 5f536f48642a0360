import { type FileHandle, open } from "node:fs/promises";
import { crc32 } from "node:zlib";

/** Bytes of one version of a recording that its storage has sent already. */
export interface KeptFile {
  /** There are some of before. */
  readonly hasBytes: boolean;
  /**
   * Bytes from `start` on, as far as one piece of before goes, and not beyond `end`.
   *
   * @returns `undefined` when they are not there, or damaged: then they are not there any more.
   */
  read(start: number, end: number): Promise<Buffer | undefined>;
  /** Where after `start` the next piece of before begins; `Infinity`: nowhere. */
  nextAfter(start: number): number;
  /** Keeps a piece, if the disk will; at once, unless much waits for the disk. Never rejects. */
  write(start: number, bytes: Buffer): Promise<void>;
  /** Keeps nothing more. What is there can be read. */
  end(): void;
  /** When all that it was given has been written. */
  close(): Promise<void>;
}

export interface KeptFileOptions {
  readonly path: string;
  /** What the checksums begin with: a file of another version has none that is right. */
  readonly version: string;
  /** Asked now and then while it grows. */
  readonly hasRoom: () => Promise<boolean>;
  /** Called once, with why nothing more is kept. */
  readonly noteTrouble: (error: unknown) => void;
}

interface Piece {
  /** In the recording; both included. */
  readonly start: number;
  readonly end: number;
  /** In our file. */
  readonly at: number;
  readonly checksum: number;
}

const HEAD_BYTES = 18;
const START_BYTES = 6;
const LENGTH_AT = 6;
const CHECKSUM_AT = 10;
const HEAD_CHECKSUM_AT = 14;

/** What waits for the disk in memory; beyond it the storage waits too. */
const MOST_WAITING_BYTES = 1024 * 1024;
const MOST_AT_ONCE = 32;
const LOOK_AFTER_BYTES = 64 * 1024 * 1024;

/**
 * Opens what is kept of a version of a recording, or begins to. The file is a row of pieces in the order
 * in which they came, each `start in the recording (6) | length (4) | CRC-32 of the bytes (4) | CRC-32 of
 * the 14 bytes before (4) | bytes`, numbers with the low byte first.
 *
 * A piece is appended with one call, so that a process that is killed leaves whole ones and perhaps a part
 * of a last one, which is cut off here; two processes that append at once leave whole ones of both. Nothing
 * forces the disk to write: after a power failure pieces may be missing or torn, which their checksums tell.
 *
 * @throws what the file system says, when it cannot be used.
 */
export async function openKeptFile(options: KeptFileOptions): Promise<KeptFile> {
  const { path, version, hasRoom, noteTrouble } = options;
  const seed = crc32(version);
  const file = await open(path, "a+", 0o600);
  const pieces = await readPieces(file, seed).catch(async (error: unknown) => {
    await file.close();
    throw error;
  });
  const waiting: Buffer[] = [];
  let waitingBytes = 0;
  let unseenBytes = 0;
  let isOver = false;
  let writing: Promise<void> | undefined;

  const end = (): void => {
    isOver = true;
    waiting.length = 0;
  };
  const writeSome = async (): Promise<void> => {
    const taken = waiting.splice(0, 2 * MOST_AT_ONCE);
    const bytes = taken.reduce((sum, { length }) => sum + length, 0);
    unseenBytes += bytes;
    if (unseenBytes >= LOOK_AFTER_BYTES) {
      unseenBytes = 0;
      if (!(await hasRoom())) throw new Error("There is little room left on the disk.");
    }
    const { bytesWritten } = await file.writev(taken);
    if (bytesWritten < bytes) throw new Error("The disk took a part of what it was given.");
    waitingBytes -= bytes;
  };
  const writeAll = async (): Promise<void> => {
    try {
      while (waiting.length > 0) await writeSome();
    } catch (error) {
      if (!isOver) noteTrouble(error);
      end();
    }
    writing = undefined;
  };
  return {
    hasBytes: pieces.length > 0,
    async read(start, last) {
      const index = countUpTo(pieces, start) - 1;
      const piece = pieces[index];
      if (!piece || piece.end < start) return undefined;
      const bytes = await readPiece(file, piece, seed);
      if (bytes) return bytes.subarray(start - piece.start, last - piece.start + 1);
      pieces.splice(index, 1);
      return undefined;
    },
    nextAfter: (start) => pieces[countUpTo(pieces, start)]?.start ?? Number.POSITIVE_INFINITY,
    async write(start, bytes) {
      if (isOver || bytes.length === 0) return;
      const head = toHead(start, bytes, seed);
      waiting.push(head, bytes);
      waitingBytes += head.length + bytes.length;
      writing ??= writeAll();
      if (waitingBytes > MOST_WAITING_BYTES) await writing;
    },
    end,
    async close() {
      await writing;
      end();
      // It waits for what is being read.
      await file.close();
    },
  };
}

/** How many begin at `start` or before. */
function countUpTo(pieces: readonly Piece[], start: number): number {
  let [low, high] = [0, pieces.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((pieces[middle] as Piece).start <= start) low = middle + 1;
    else high = middle;
  }
  return low;
}

function toHead(start: number, bytes: Buffer, seed: number): Buffer {
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  head.writeUIntLE(start, 0, START_BYTES);
  head.writeUInt32LE(bytes.length, LENGTH_AT);
  head.writeUInt32LE(crc32(bytes, seed), CHECKSUM_AT);
  head.writeUInt32LE(crc32(head.subarray(0, HEAD_CHECKSUM_AT), seed), HEAD_CHECKSUM_AT);
  return head;
}

/** @returns by where they lie in the recording, and none that lies within another. */
async function readPieces(file: FileHandle, seed: number): Promise<Piece[]> {
  const { size } = await file.stat();
  const head = Buffer.alloc(HEAD_BYTES);
  const found: Piece[] = [];
  let at = 0;
  while (at + HEAD_BYTES <= size) {
    const { bytesRead } = await file.read(head, 0, HEAD_BYTES, at);
    const isHead =
      bytesRead === HEAD_BYTES &&
      head.readUInt32LE(HEAD_CHECKSUM_AT) === crc32(head.subarray(0, HEAD_CHECKSUM_AT), seed);
    const lengthBytes = head.readUInt32LE(LENGTH_AT);
    if (!isHead || at + HEAD_BYTES + lengthBytes > size) break;
    const start = head.readUIntLE(0, START_BYTES);
    const checksum = head.readUInt32LE(CHECKSUM_AT);
    found.push({ start, end: start + lengthBytes - 1, at: at + HEAD_BYTES, checksum });
    at += HEAD_BYTES + lengthBytes;
  }
  if (at < size) await file.truncate(at);
  let furthest = -1;
  return found
    .toSorted((left, right) => left.start - right.start)
    .filter((piece) => {
      const isFurther = piece.end > furthest;
      furthest = Math.max(furthest, piece.end);
      return isFurther;
    });
}

async function readPiece(
  file: FileHandle,
  { start, end, at, checksum }: Piece,
  seed: number,
): Promise<Buffer | undefined> {
  const bytes = Buffer.allocUnsafe(end - start + 1);
  try {
    const { bytesRead } = await file.read(bytes, 0, bytes.length, at);
    const isWhole = bytesRead === bytes.length && crc32(bytes, seed) === checksum;
    return isWhole ? bytes : undefined;
  } catch {
    // A disk that fails has nothing: the storage is asked.
    return undefined;
  }
}
