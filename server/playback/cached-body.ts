import type { Flow, Sink } from "#server/base/egress/flow.ts";
import { AppError } from "#server/base/errors.ts";
import type { ByteRange } from "#server/storage/stored.ts";
import { BLOCK_BYTES } from "./block-name.ts";
import type { Fill, Member } from "./fill.ts";
import type { Room } from "./rooms.ts";

/** The blocks of one version of a file, from wherever they are. */
export interface Blocks {
  /** One that is in memory, to be released. */
  find(index: number): Room | undefined;
  /** One that is on the disk, to be released. */
  read(index: number): Promise<Room | undefined>;
  /** Who has it on its way, or will fetch it and what follows; `undefined` while there is no room for it. */
  bring(index: number, last: number): Fill | undefined;
}

/** What the first block comes from: it is here, or on its way. */
export type Beginning = { readonly room: Room } | { readonly fill: Fill };

/**
 * A range out of the cache, block after block, each lent to the sink from where it lies. A block that is
 * still on its way is passed on as it comes. Fails when a block cannot be had; it may be begun again there.
 *
 * @param signal - abort it and the body fails; left out by whoever stops the flow instead.
 */
export function createCachedBody(
  blocks: Blocks,
  range: ByteRange,
  beginning: Beginning,
  signal?: AbortSignal,
): Flow {
  const last = Math.floor(range.end / BLOCK_BYTES);
  let position = range.start;
  let sink: Sink | undefined;
  let room = "room" in beginning ? beginning.room : undefined;
  let fill: Fill | undefined;
  let member: Member | undefined;
  /** The sink still needs the memory of the room. */
  let isHeld = false;
  let isWaiting = false;
  let isLooking = false;
  let isPumping = false;
  let isOver = false;

  const indexNow = (): number => Math.floor(position / BLOCK_BYTES);

  const leaveFill = (): void => {
    member?.leave();
    member = undefined;
    fill = undefined;
  };
  const joinFill = (joined: Fill): void => {
    leaveFill();
    fill = joined;
    member = joined.join(indexNow(), () => pump());
  };
  const leaveRoom = (): void => {
    room?.release();
    room = undefined;
  };
  const settle = (): void => {
    isOver = true;
    signal?.removeEventListener("abort", onAbort);
    leaveFill();
    // Nobody will say when the sink is done with it.
    if (isHeld) room?.abandon();
    else room?.release();
    room = undefined;
  };
  const fail = (error: Error): void => {
    if (isOver) return;
    settle();
    sink?.fail(error);
  };
  const onAbort = (): void => fail(toError(signal?.reason));

  /** What is in memory of the block that is next. */
  const enter = (index: number): Room | undefined => {
    member?.at(index);
    const whole = blocks.find(index);
    if (whole) return whole;
    const begun = fill?.index === index ? fill.room : undefined;
    begun?.retain();
    return begun;
  };

  const look = async (index: number): Promise<void> => {
    isLooking = true;
    const found = await blocks.read(index);
    isLooking = false;
    if (isOver) {
      found?.release();
      return;
    }
    room = found;
    const next = found ? fill : blocks.bring(index, last);
    if (!next && !found) fail(noRoom());
    else if (next && next !== fill) joinFill(next);
    pump();
  };

  /** Nothing more of the block is here. @returns whether there is reason to look again. */
  const orWait = (index: number): boolean => {
    if (fill?.error) {
      fail(fill.error);
      return false;
    }
    if (fill && !fill.isOver && fill.index <= index) return false;
    // It ended here, or is further on: the block is whole, or has to be had elsewhere.
    leaveRoom();
    room = enter(index);
    if (room) return true;
    void look(index);
    return false;
  };

  const pass = (to: Sink, from: Room, index: number): boolean => {
    const piece = from.bytes.subarray(
      position - index * BLOCK_BYTES,
      Math.min(from.filled, range.end + 1 - index * BLOCK_BYTES),
    );
    position += piece.length;
    isHeld = true;
    const taken = to.take(piece, true);
    if (isOver) return false;
    isHeld = taken === "hold";
    isWaiting = taken !== "more";
    if (!isHeld && indexNow() !== index) leaveRoom();
    return !isWaiting;
  };

  /** @returns whether there is more to do. */
  const step = (to: Sink): boolean => {
    if (position > range.end) {
      settle();
      to.end();
      return false;
    }
    const index = indexNow();
    room ??= enter(index);
    if (room && room.filled > position - index * BLOCK_BYTES) return pass(to, room, index);
    return orWait(index);
  };

  const pump = (): void => {
    if (!sink || isPumping) return;
    isPumping = true;
    while (!isOver && !isWaiting && !isLooking && step(sink));
    isPumping = false;
  };

  if ("fill" in beginning) joinFill(beginning.fill);
  signal?.addEventListener("abort", onAbort, { once: true });
  return {
    open(to) {
      sink = to;
      if (signal?.aborted) onAbort();
      pump();
    },
    resume() {
      if (!isWaiting || isOver) return;
      isWaiting = false;
      isHeld = false;
      if (position % BLOCK_BYTES === 0 || position > range.end) leaveRoom();
      pump();
    },
    stop() {
      sink = undefined;
      if (!isOver) settle();
    },
  };
}

const toError = (reason: unknown): Error =>
  reason instanceof Error ? reason : new Error("aborted", { cause: reason });

const noRoom = (): AppError =>
  new AppError(
    "storage_unavailable",
    "Too many recordings are being played at once. Nothing is lost; try again in a moment.",
  );
