import { type Flow, type Taken, takeFlow } from "#server/base/egress/flow.ts";
import { AppError } from "#server/base/errors.ts";
import type { ByteRange, OpenedRange } from "#server/storage/stored.ts";
import { BLOCK_BYTES, type NamedFile } from "./block-name.ts";
import type { Room } from "./rooms.ts";

/** Where a file's bytes come from when they are not here. The signal ends it, and nothing else does. */
export type Source = (range: ByteRange, signal: AbortSignal) => Promise<OpenedRange>;

export interface FillOptions {
  readonly file: NamedFile;
  /** The first and the last block that are wanted. */
  readonly first: number;
  readonly last: number;
  readonly source: Source;
  /** For the first block. */
  readonly room: Room;
  takeRoom(): Room | undefined;
  /** The block need not be fetched. */
  isThere(index: number): boolean;
  /** Takes a whole block. */
  keep(index: number, room: Room): void;
  /** Nobody joins it any more. */
  over(): void;
}

/** One transfer from the storage for everybody who waits for its blocks. */
export interface Fill {
  /** False when the storage has another version, or does not say which. Rejects when it has an error. */
  readonly fits: Promise<boolean>;
  /** Why it ended, when that was too early. */
  readonly error: Error | undefined;
  readonly isOver: boolean;
  /** The block on its way, as far as it has come. */
  readonly index: number;
  readonly room: Room | undefined;
  /** It is at the block, or soon will be. */
  covers(index: number): boolean;
  /** @param news - called when more has come, and when it is over. */
  join(index: number, news: () => void): Member;
}

/** When the last one leaves, the storage is freed. */
export interface Member {
  /** Which block is needed: nothing is fetched far ahead of the one who needs the latest. */
  at(index: number): void;
  leave(): void;
}

/** A megabyte. */
const BLOCKS_AHEAD = 4;

export function createFill(options: FillOptions): Fill {
  const { file, first, last, source, takeRoom, isThere, keep, over } = options;
  const range = {
    start: first * BLOCK_BYTES,
    end: Math.min(file.sizeBytes, (last + 1) * BLOCK_BYTES) - 1,
  };
  const hangUp = new AbortController();
  const members = new Set<{ index: number; readonly news: () => void }>();
  let flow: Flow | undefined;
  let index = first;
  let room: Room | undefined = options.room;
  let error: Error | undefined;
  let isOver = false;
  let isWaiting = false;

  const tell = (): void => {
    for (const { news } of [...members]) news();
  };
  const finish = (why?: Error): void => {
    if (isOver) return;
    isOver = true;
    error = why;
    room?.release();
    room = undefined;
    over();
  };
  const close = (): void => {
    flow?.stop();
    hangUp.abort();
  };
  /** Whoever waits for the end of a transfer, to stop it, need not any more. */
  const letGo = (): void => hangUp.abort();
  const fail = (why: Error): void => {
    if (isOver) return;
    finish(why);
    close();
    tell();
  };

  /** The block is whole: on to the next, unless somebody else has that or there is no room for it. */
  const goOn = (whole: Room): void => {
    keep(index, whole);
    whole.release();
    const goesOn = index < last && !isThere(index + 1);
    index += 1;
    room = goesOn ? takeRoom() : undefined;
    if (!room) finish();
  };

  const place = (piece: Buffer): void => {
    for (let from = 0; from < piece.length && room; ) {
      const length = file.block(index).lengthBytes;
      const count = Math.min(piece.length - from, length - room.filled);
      piece.copy(room.bytes, room.filled, from, from + count);
      room.filled += count;
      from += count;
      if (room.filled === length) goOn(room);
    }
  };

  const mayGoOn = (): boolean => {
    let latest = first;
    for (const member of members) latest = Math.max(latest, member.index);
    return index <= latest + BLOCKS_AHEAD;
  };

  /** When all that was asked for has come, only its end may follow. */
  const answer = (isLast: boolean): Taken => {
    if (isOver) {
      if (isLast) return "more";
      queueMicrotask(close);
      return "wait";
    }
    isWaiting = !mayGoOn();
    return isWaiting ? "wait" : "more";
  };

  const receive = (from: Flow): void => {
    flow = from;
    from.open({
      take(piece) {
        const wasOver = isOver;
        place(piece);
        if (!wasOver) tell();
        return answer(!wasOver && index > last);
      },
      end() {
        fail(brokenTransfer());
        letGo();
      },
      fail(why) {
        fail(why);
        letGo();
      },
    });
  };

  const start = async (): Promise<boolean> => {
    const opened = await source(range, hangUp.signal);
    const isFit = opened.etag === file.etag && opened.sizeBytes === file.sizeBytes;
    if (isOver || !isFit) opened.body.destroy();
    else receive(takeFlow(opened.body));
    if (!isFit) fail(otherVersion());
    return isFit;
  };

  const fits = start();
  fits.catch((why: unknown) => fail(why instanceof Error ? why : brokenTransfer()));

  return {
    fits,
    get error() {
      return error;
    },
    get isOver() {
      return isOver;
    },
    get index() {
      return index;
    },
    get room() {
      return room;
    },
    covers: (wanted) =>
      !isOver && wanted >= index && wanted <= Math.min(last, index + BLOCKS_AHEAD),
    join(wanted, news) {
      const member = { index: wanted, news };
      members.add(member);
      const wake = (): void => {
        if (!isWaiting || isOver || !mayGoOn()) return;
        isWaiting = false;
        flow?.resume();
      };
      wake();
      return {
        at(next) {
          member.index = next;
          wake();
        },
        leave() {
          if (!members.delete(member) || members.size > 0 || isOver) return;
          finish();
          close();
        },
      };
    },
  };
}

const brokenTransfer = (): AppError =>
  new AppError(
    "storage_unavailable",
    "The storage stopped sending in the middle of the recording. What has come is kept; try again.",
  );

const otherVersion = (): AppError =>
  new AppError(
    "storage_unavailable",
    "The recording was changed in the storage. Nothing is lost; play it again.",
  );
