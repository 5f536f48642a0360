import type { ConnectionId } from "#contract/ids.ts";
import { toReadable } from "#server/base/egress/flow.ts";
import type { Deps } from "#server/deps.ts";
import type { ByteRange, OpenedRange } from "#server/storage/stored.ts";
import { BLOCK_BYTES, createNames, type FileVersion, type NamedFile } from "./block-name.ts";
import { type Beginning, type Blocks, createCachedBody } from "./cached-body.ts";
import { createCachedLine } from "./cached-line.ts";
import { createFill, type Fill, type Source } from "./fill.ts";
import { createRooms, type Room } from "./rooms.ts";
import { createShelves } from "./shelves.ts";

export interface RangeCacheOptions {
  readonly folder: string;
  readonly sizeBytes: number;
  /** What the names of its files are made with. */
  readonly key: Buffer;
  readonly log: Deps["log"];
  readonly now: () => Date;
  /** Blocks in memory. */
  readonly rooms?: number;
}

/**
 * Blocks of recordings on the disk of this server, in memory while they are needed, and fetched once for
 * everybody who wants them at the same time. Whoever asks has been found to have access before.
 */
export interface RangeCache {
  /**
   * A range of a version of a file, as its storage would answer. Where the cache cannot help (no room,
   * a disk that fails, a storage with another version) it is the storage's own answer.
   *
   * @param source - opens ranges of the file at its storage.
   */
  open(
    version: FileVersion,
    range: ByteRange,
    source: Source,
    signal: AbortSignal,
  ): Promise<OpenedRange>;
  /** Throws away what is of any other connection. */
  keepOnly(connectionIds: readonly ConnectionId[]): Promise<void>;
  /** When all that is known has been written. */
  settled(): Promise<void>;
  usedBytes(): number;
}

/** 64 MB of memory. */
const ROOMS = 256;
/** How far is looked for a block that need not be fetched; a request of a storage is worth so many. */
const LOOK_AHEAD = 64;
/** What a storage gives without its version, or with another, is asked for directly for so long. */
const UNFIT_MS = 60_000;
const MOST_UNFIT = 1_000;

export function createRangeCache(options: RangeCacheOptions): RangeCache {
  const { folder, sizeBytes, key, log, now } = options;
  const names = createNames(key);
  const rooms = createRooms(options.rooms ?? ROOMS);
  const shelves = createShelves({ folder, sizeBytes, log, now });
  const fills = new Map<string, Set<Fill>>();
  const unfit = new Map<string, number>();
  const reading = new Map<string, Promise<Room | undefined>>();

  const noteUnfit = (file: NamedFile): void => {
    unfit.delete(file.id);
    unfit.set(file.id, now().getTime() + UNFIT_MS);
    const [oldest] = unfit.keys();
    if (unfit.size > MOST_UNFIT && oldest !== undefined) unfit.delete(oldest);
  };

  const isOnItsWay = (file: NamedFile, index: number): boolean =>
    [...(fills.get(file.id) ?? [])].some((fill) => !fill.isOver && fill.index === index);

  const isKept = (file: NamedFile, index: number): boolean => {
    const block = file.block(index);
    return rooms.has(block.name) || shelves.has(block);
  };
  const isThere = (file: NamedFile, index: number): boolean =>
    isKept(file, index) || isOnItsWay(file, index);

  const lastToFetch = (file: NamedFile, first: number, last: number): number => {
    const furthest = Math.min(last, first + LOOK_AHEAD);
    for (let index = first + 1; index <= furthest; index += 1) {
      if (isThere(file, index)) return index - 1;
    }
    return last;
  };

  const startFill = (
    file: NamedFile,
    source: Source,
    first: number,
    last: number,
  ): Fill | undefined => {
    const room = rooms.take();
    if (!room) return undefined;
    const known = fills.get(file.id) ?? new Set();
    fills.set(file.id, known);
    const fill = createFill({
      ...{ file, source, room, first },
      last: lastToFetch(file, first, last),
      takeRoom: rooms.take,
      isThere: (index) => isThere(file, index),
      keep(index, whole) {
        const block = file.block(index);
        rooms.name(block.name, whole);
        shelves.write(block, whole);
      },
      over() {
        known.delete(fill as Fill);
        if (known.size === 0 && fills.get(file.id) === known) fills.delete(file.id);
      },
    });
    if (!fill.isOver) known.add(fill);
    return fill;
  };

  const readOne = async (file: NamedFile, index: number): Promise<Room | undefined> => {
    const block = file.block(index);
    const room = rooms.take();
    if (!room) return undefined;
    if (await shelves.read(block, room)) {
      rooms.name(block.name, room);
      return room;
    }
    room.release();
    return undefined;
  };

  /** Several who want the same block at the same moment read it once. */
  const read = async (file: NamedFile, index: number): Promise<Room | undefined> => {
    const { name } = file.block(index);
    const others = reading.get(name);
    if (others) {
      await others;
      return rooms.find(name);
    }
    const own = readOne(file, index).finally(() => reading.delete(name));
    reading.set(name, own);
    return own;
  };

  const blocksOf = (file: NamedFile, source: Source): Blocks => ({
    find: (index) => rooms.find(file.block(index).name),
    read: (index) => read(file, index),
    bring(index, last) {
      for (const fill of fills.get(file.id) ?? []) if (fill.covers(index)) return fill;
      return startFill(file, source, index, last);
    },
  });

  // A clock that is set back makes neither longer.
  const isDirect = (file: NamedFile): boolean => {
    const leftMs = (unfit.get(file.id) ?? 0) - now().getTime();
    return shelves.isFailing() || (leftMs > 0 && leftMs <= UNFIT_MS);
  };

  return {
    async open(version, range, source, signal) {
      signal.throwIfAborted();
      const file = names.file(version);
      if (isDirect(file)) return source(range, signal);
      const blocks = blocksOf(file, source);
      const toOpened = (beginning: Beginning): OpenedRange => {
        const flow = createCachedBody(blocks, range, beginning, signal);
        const { etag, sizeBytes: size } = file;
        const line = () => createCachedLine(blocks, (at) => !isDirect(file) && isKept(file, at));
        return { range, sizeBytes: size, etag, modifiedAt: null, body: toReadable(flow), line };
      };
      const index = Math.floor(range.start / BLOCK_BYTES);
      const room = blocks.find(index) ?? (await blocks.read(index));
      if (room) return toOpened({ room });
      signal.throwIfAborted();
      const fill = blocks.bring(index, Math.floor(range.end / BLOCK_BYTES));
      if (!fill) return source(range, signal);
      const member = fill.join(index, () => {});
      try {
        if (await orAborted(fill.fits, signal)) return toOpened({ fill });
      } finally {
        member.leave();
      }
      noteUnfit(file);
      return source(range, signal);
    },
    keepOnly: (connectionIds) => shelves.keepOnly(new Set(connectionIds.map(names.shelf))),
    settled: shelves.settled,
    usedBytes: shelves.usedBytes,
  };
}

function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
