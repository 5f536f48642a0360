import { Readable } from "node:stream";
import { AppError } from "#server/base/errors.ts";

/** A body, to be read piece after piece as fast as somebody takes it. */
export interface Pieces {
  /** Yields exactly so many bytes, or fails; see `end`. Take the next one when it is used up. */
  take(bytes: number): Readable;
  /** Waits until there is a byte, and does not take it; false when there will be none. */
  hasMore(): Promise<boolean>;
  /** Why there are no more bytes; `null` while there may be, or nobody has asked for more. */
  readonly end: BodyEnd | null;
  /** Leaves the rest of the body to others. */
  stop(): void;
}

export interface BodyEnd {
  /** `null`: it was sent to its end. */
  readonly failure: Error | null;
}

/** What lies ready for a reader who is slower than the network. */
const READ_AHEAD_BYTES = 64 * 1024;
/** Of what nobody wants any more, so that whoever sends it gets to read the answer. */
const MAX_DROPPED_BYTES = 16 * 1024 * 1024;
const MAX_DROPPING_MS = 10_000;

export interface Patience {
  /** Who sends nothing for so long has gone. */
  readonly idleMs: number;
  /**
   * Who takes nothing for so long is given up. Meanwhile nobody can tell whether the sender is still
   * there, because nothing is read from it.
   */
  readonly stallMs: number;
}

/** Cuts a body that arrives into pieces. No more of it is kept than one chunk of the network's. */
export function createPieces(body: Readable, { idleMs, stallMs }: Patience): Pieces {
  let rest: Buffer = Buffer.alloc(0);
  let end: BodyEnd | null = body.readableEnded ? { failure: null } : null;
  let hasRunOut = false;
  let wake = (): void => {};

  const onData = (chunk: Buffer): void => {
    body.pause();
    rest = chunk;
    wake();
  };
  const finish = (failure: Error | null): void => {
    end ??= { failure };
    wake();
  };
  const onEnd = (): void => finish(null);
  const onClose = (): void => finish(new Error("The connection was closed."));
  body.pause();
  body.on("data", onData).on("end", onEnd).on("error", finish).on("close", onClose);
  if (body.destroyed) onClose();

  const arrival = async (): Promise<void> => {
    const timer = setTimeout(() => body.destroy(new Error("Nothing was sent any more.")), idleMs);
    await new Promise<void>((resolve) => {
      wake = resolve;
      body.resume();
    });
    clearTimeout(timer);
  };
  const next = async (): Promise<Buffer | null> => {
    while (rest.length === 0 && !end) await arrival();
    if (rest.length > 0) return rest;
    hasRunOut = true;
    return null;
  };
  async function* read(bytes: number, onStall: () => void): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0; ) {
      const chunk = await next();
      if (chunk === null) throw end?.failure ?? new Error("The body has ended before the part.");
      const piece = chunk.subarray(0, left);
      rest = chunk.subarray(piece.length);
      left -= piece.length;
      const timer = setTimeout(onStall, stallMs);
      try {
        yield piece;
      } finally {
        clearTimeout(timer);
      }
    }
  }
  return {
    take: (bytes) => {
      const piece: Readable = Readable.from(
        read(bytes, () => piece.destroy(stalled())),
        { objectMode: false, highWaterMark: READ_AHEAD_BYTES },
      );
      return piece;
    },
    hasMore: async () => (await next()) !== null,
    get end() {
      // A body's end is told with its last bytes, which may not have been taken yet.
      return hasRunOut || end?.failure ? end : null;
    },
    stop() {
      body.off("data", onData).off("end", onEnd).off("close", onClose);
    },
  };
}

const stalled = (): AppError =>
  new AppError(
    "storage_unavailable",
    "The storage has stopped taking what is uploaded. What came before is kept; try again in a while.",
  );

/** Reads a short rest so that the connection stays; a long one ends with its connection. */
export function dropRest(body: Readable): void {
  if (body.readableEnded || body.destroyed) return;
  let left = MAX_DROPPED_BYTES;
  const timer = setTimeout(() => body.destroy(), MAX_DROPPING_MS).unref();
  body.on("data", (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) body.destroy();
  });
  body.on("error", () => {});
  body.once("close", () => clearTimeout(timer));
  body.resume();
}
