import { randomBytes } from "node:crypto";
import { close, open, read } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { Block } from "./block-name.ts";
import type { Room } from "./rooms.ts";

/** A block's file is `"BLK1" | length (4) | CRC-32 (4) | 0 (4) | bytes`, numbers with the low byte first. */
export const HEAD_BYTES = 16;
const MAGIC = Buffer.from("BLK1");
const LENGTH_AT = 4;
const CHECKSUM_AT = 8;

/** What a file that is still being written ends in. */
export const UNFINISHED = ".part";

/** @returns whether the room holds the block now: this one, every byte of it. */
export function readBlock(path: string, block: Block, room: Room): Promise<boolean> {
  return new Promise((resolve) => {
    open(path, "r", (error, file) => {
      if (error) {
        resolve(false);
        return;
      }
      read(file, room.memory, 0, HEAD_BYTES + block.lengthBytes, 0, (failure, count) => {
        close(file);
        const isWhole = !failure && isBlock(room.memory.subarray(0, count), block);
        if (isWhole) room.filled = block.lengthBytes;
        resolve(isWhole);
      });
    });
  });
}

/**
 * Under another name until it is whole: whoever looks meanwhile, and after a crash, finds nothing.
 *
 * @param folder - made when it is missing.
 */
export async function writeBlock(folder: string, block: Block, room: Room): Promise<void> {
  writeHead(room.memory, block);
  const draft = join(folder, `${block.name}.${randomBytes(6).toString("hex")}${UNFINISHED}`);
  const content = room.memory.subarray(0, HEAD_BYTES + block.lengthBytes);
  const write = (): Promise<void> => writeFile(draft, content, { flag: "wx", mode: 0o600 });
  try {
    await write().catch(async (error: unknown) => {
      if (!isMissing(error)) throw error;
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await write();
    });
    await rename(draft, join(folder, block.name));
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw error;
  }
}

function writeHead(memory: Buffer, { lengthBytes, seed }: Block): void {
  MAGIC.copy(memory);
  memory.writeUInt32LE(lengthBytes, LENGTH_AT);
  memory.writeUInt32LE(
    crc32(memory.subarray(HEAD_BYTES, HEAD_BYTES + lengthBytes), seed),
    CHECKSUM_AT,
  );
  memory.writeUInt32LE(0, HEAD_BYTES - 4);
}

const isBlock = (read: Buffer, { lengthBytes, seed }: Block): boolean =>
  read.length === HEAD_BYTES + lengthBytes &&
  read.indexOf(MAGIC) === 0 &&
  read.readUInt32LE(LENGTH_AT) === lengthBytes &&
  read.readUInt32LE(CHECKSUM_AT) === crc32(read.subarray(HEAD_BYTES), seed);

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT";
