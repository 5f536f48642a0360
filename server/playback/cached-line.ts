import type { RangeLine } from "#server/base/egress/range-line.ts";
import { BLOCK_BYTES } from "./block-name.ts";
import { type Blocks, createCachedBody } from "./cached-body.ts";
import type { Room } from "./rooms.ts";

/**
 * The short way to what is kept of a file: whoever knows its version by a part of it is given others
 * without anybody being asked. Where the first block is not here, somebody has to be.
 *
 * @param isThere - whether a block may be taken from here.
 */
export const createCachedLine = (
  blocks: Blocks,
  isThere: (index: number) => boolean,
): RangeLine => ({
  ask(range, waiter) {
    const index = Math.floor(range.start / BLOCK_BYTES);
    if (!isThere(index)) return undefined;
    const inMemory = blocks.find(index);
    let isOver = false;
    const begin = (room: Room | undefined): void => {
      if (isOver) {
        room?.release();
        return;
      }
      isOver = true;
      if (room) waiter.begin(createCachedBody(blocks, range, { room }));
      else waiter.giveUp();
    };
    // Whoever asks hears nothing before they know how to stop it.
    if (inMemory) queueMicrotask(() => begin(inMemory));
    else blocks.read(index).then(begin, () => begin(undefined));
    return () => {
      isOver = true;
    };
  },
});
