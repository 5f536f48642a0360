import type { Readable as ReadableStream } from "node:stream";
import { Readable } from "node:stream";
import { discardBody } from "#server/base/egress/body.ts";
import type { AppError } from "#server/base/errors.ts";

const READ_AHEAD_BYTES = 64 * 1024;

/**
 * Exactly `length` bytes of a body, from `skip` on. What comes after them is cut off; when there are
 * fewer the slice fails, so that nobody takes a part for the whole. Destroying the slice destroys
 * the body.
 */
export function sliceBody(
  body: ReadableStream,
  skip: number,
  length: number,
  nameShort: () => AppError,
): ReadableStream {
  let toSkip = skip;
  let left = length;
  const slice = new Readable({
    highWaterMark: READ_AHEAD_BYTES,
    read: () => {
      body.resume();
    },
    destroy: (error, done) => {
      // A slice that is complete has let go of its body already.
      if (left > 0) body.destroy();
      done(error);
    },
  });
  const take = (chunk: Buffer): void => {
    const from = Math.min(toSkip, chunk.length);
    const piece = chunk.subarray(from, Math.min(chunk.length, from + left));
    toSkip -= from;
    left -= piece.length;
    const isFull = piece.length > 0 && !slice.push(piece);
    if (left === 0) {
      body.off("data", take);
      slice.push(null);
      discardBody(body);
    } else if (isFull) {
      body.pause();
    }
  };
  // It may fail before anybody listens; an error must not end the process then.
  slice.on("error", () => {});
  body.on("data", take);
  body.once("error", (error) => {
    if (left > 0) slice.destroy(error);
  });
  body.once("close", () => {
    if (left > 0 && !slice.destroyed) slice.destroy(nameShort());
  });
  return slice;
}
