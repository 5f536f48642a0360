import { utimes } from "node:fs";
import { rm, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Deps } from "#server/deps.ts";
import { HEAD_BYTES, readBlock, writeBlock } from "./block-file.ts";
import type { Block } from "./block-name.ts";
import type { Room } from "./rooms.ts";
import { findBlocks, listShelves } from "./shelf-scan.ts";

export interface ShelvesOptions {
  readonly folder: string;
  /** All blocks together never take more on the disk. */
  readonly sizeBytes: number;
  readonly log: Deps["log"];
  readonly now: () => Date;
}

/** The blocks on the disk. What goes wrong here is logged and concerns nobody: a block is not there then. */
export interface Shelves {
  has(block: Block): boolean;
  /** @returns whether the room holds the block now. What is broken is thrown away. */
  read(block: Block, room: Room): Promise<boolean>;
  /** In its own time, if at all; those that were not read for longest make room. Uses the room meanwhile. */
  write(block: Block, room: Room): void;
  /** Nothing can be written at the moment. */
  isFailing(): boolean;
  /** Throws the blocks of all other shelves away. */
  keepOnly(shelves: ReadonlySet<string>): Promise<void>;
  /** When it is known what lies there from before. Nothing is written until then. */
  readonly ready: Promise<void>;
  /** When what is being written is. */
  settled(): Promise<void>;
  usedBytes(): number;
}

interface Kept {
  readonly bytes: number;
  /** When the disk was told last that it is in use. */
  touchedAtMs: number;
}

/** More than a disk that keeps up has waiting. */
const MOST_WRITES = 24;
const REST_MS = 30_000;
const TOUCH_AFTER_MS = 3_600_000;
const DISK_PAGE_BYTES = 4096;

export function createShelves({ folder, sizeBytes, log, now }: ShelvesOptions): Shelves {
  /** The one that was read last comes last. */
  let kept = new Map<string, Kept>();
  let usedBytes = 0;
  const writing = new Map<string, Promise<void>>();
  let isReady = false;
  let restsUntilMs = 0;

  // A clock that is set back makes no rest longer.
  const isFailing = (): boolean => {
    const leftMs = restsUntilMs - now().getTime();
    return leftMs > 0 && leftMs <= REST_MS;
  };

  const drop = (key: string): void => {
    const gone = kept.get(key);
    if (!gone) return;
    kept.delete(key);
    usedBytes -= gone.bytes;
    // One that is gone already is gone.
    unlink(join(folder, key)).catch(() => {});
  };

  const makeSpace = (bytes: number): void => {
    for (const key of kept.keys()) {
      if (usedBytes + bytes <= sizeBytes) return;
      drop(key);
    }
  };

  const save = async (key: string, block: Block, room: Room): Promise<void> => {
    const bytes = toDiskBytes(HEAD_BYTES + block.lengthBytes);
    makeSpace(bytes);
    if (usedBytes + bytes > sizeBytes) return;
    usedBytes += bytes;
    try {
      await writeBlock(join(folder, block.shelf), block, room);
      kept.set(key, { bytes, touchedAtMs: now().getTime() });
    } catch (error) {
      usedBytes -= bytes;
      if (!isFailing()) log.warn({ err: error }, "the range cache cannot write; streams go on");
      restsUntilMs = now().getTime() + REST_MS;
    }
  };

  const touch = (key: string, known: Kept): void => {
    kept.delete(key);
    kept.set(key, known);
    const at = now();
    if (at.getTime() - known.touchedAtMs < TOUCH_AFTER_MS) return;
    known.touchedAtMs = at.getTime();
    // Only for the order after the next start.
    utimes(join(folder, key), at, at, () => {});
  };

  const scan = async (): Promise<void> => {
    const found = await findBlocks(folder);
    kept = new Map(
      found.map(({ key, bytes, usedAtMs }) => [
        key,
        { bytes: toDiskBytes(bytes), touchedAtMs: usedAtMs },
      ]),
    );
    for (const { bytes } of kept.values()) usedBytes += bytes;
    makeSpace(0);
  };

  const ready = scan()
    .catch((error: unknown) => log.warn({ err: error }, "the range cache cannot be looked through"))
    .then(() => {
      isReady = true;
    });

  return {
    ready,
    isFailing,
    has: (block) => kept.has(keyOf(block)),
    usedBytes: () => usedBytes,
    async read(block, room) {
      const key = keyOf(block);
      if (isReady && !kept.has(key)) return false;
      if (await readBlock(join(folder, key), block, room)) {
        const known = kept.get(key);
        if (known) touch(key, known);
        return true;
      }
      drop(key);
      return false;
    },
    write(block, room) {
      const key = keyOf(block);
      const isWanted = isReady && !kept.has(key) && !writing.has(key) && !isFailing();
      if (!isWanted || writing.size >= MOST_WRITES) return;
      room.retain();
      const done = save(key, block, room).finally(() => {
        writing.delete(key);
        room.release();
      });
      writing.set(key, done);
    },
    async keepOnly(shelves) {
      await ready;
      for (const key of [...kept.keys()]) {
        if (!shelves.has(key.split("/")[0] ?? "")) drop(key);
      }
      for (const shelf of await listShelves(folder)) {
        if (!shelves.has(shelf)) await rm(join(folder, shelf), { recursive: true, force: true });
      }
    },
    async settled() {
      await ready;
      await Promise.all(writing.values());
    },
  };
}

const keyOf = ({ shelf, name }: Block): string => `${shelf}/${name}`;

const toDiskBytes = (bytes: number): number => Math.ceil(bytes / DISK_PAGE_BYTES) * DISK_PAGE_BYTES;
