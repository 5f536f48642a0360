import { finished, Readable } from "node:stream";
import { AppError } from "#server/base/errors.ts";
import type { ByteRange, OpenedRange } from "#server/storage/stored.ts";

export interface ResumingBodyOptions {
  readonly first: OpenedRange;
  /** Opens what is still missing; fails when the storage has another version by now. */
  readonly reopen: (rest: ByteRange) => Promise<OpenedRange>;
  /** Whether a broken transfer may go on at all: only a strong validator makes that safe. */
  readonly canResume: boolean;
}

const BUFFER_BYTES = 256 * 1024;

/** Tries without a single new byte before the listener's connection is cut. */
const PATIENCE = 3;

const RETRY_DELAY_MS = 250;

/**
 * The bytes of a range, over as many transfers as it takes: when the storage cuts one, the next
 * begins at the first byte that is missing. A listener who pauses stops the transfer (nothing is
 * read ahead of what is taken), and a transfer that dies meanwhile is begun anew only when the
 * listener goes on.
 *
 * It delivers exactly the range or fails; it never joins two versions of a file.
 */
export function createResumingBody({ first, reopen, canResume }: ResumingBodyOptions): Readable {
  const { start, end } = first.range;
  const total = end - start + 1;
  let delivered = 0;
  let triesWithoutBytes = 0;
  let source: Readable | undefined;
  let isBroken = false;
  let isReopening = false;

  const body = new Readable({
    highWaterMark: BUFFER_BYTES,
    read() {
      if (isBroken) void resume();
      else source?.resume();
    },
    destroy(error, done) {
      source?.destroy();
      done(error);
    },
  });

  const attach = (next: Readable): void => {
    source = next;
    isBroken = false;
    next.on("data", (chunk: Buffer) => {
      delivered += chunk.length;
      triesWithoutBytes = 0;
      if (delivered > total) body.destroy(brokenTransfer());
      else if (!body.push(chunk)) next.pause();
    });
    finished(next, { writable: false }, (error) => {
      if (body.destroyed) return;
      if (delivered === total) body.push(null);
      else breakOff(error ?? brokenTransfer());
    });
  };

  const breakOff = (error: Error): void => {
    triesWithoutBytes += 1;
    if (!canResume || triesWithoutBytes > PATIENCE) {
      body.destroy(error);
      return;
    }
    isBroken = true;
    if (body.readableLength < BUFFER_BYTES) void resume();
  };

  const openRest = async (): Promise<void> => {
    await new Promise((wake) => setTimeout(wake, RETRY_DELAY_MS * triesWithoutBytes));
    if (body.destroyed) return;
    const opened = await reopen({ start: start + delivered, end });
    if (body.destroyed) opened.body.destroy();
    else attach(opened.body);
  };

  const resume = async (): Promise<void> => {
    if (isReopening) return;
    isReopening = true;
    const failure = await openRest().catch((error: unknown) => error);
    isReopening = false;
    if (failure && !body.destroyed) {
      breakOff(failure instanceof Error ? failure : brokenTransfer());
    }
  };

  attach(first.body);
  return body;
}

const brokenTransfer = (): AppError =>
  new AppError(
    "storage_unavailable",
    "The storage stopped sending in the middle of the recording.",
  );
