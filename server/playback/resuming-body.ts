import type { Readable } from "node:stream";
import { type Flow, type Sink, takeFlow, toReadable } from "#server/base/egress/flow.ts";
import { AppError } from "#server/base/errors.ts";
import type { ByteRange, OpenedRange } from "#server/storage/stored.ts";

interface Resuming {
  /** Opens what is still missing; fails when the storage has another version by now. */
  readonly reopen: (rest: ByteRange) => Promise<OpenedRange>;
  /** Whether a broken transfer may go on at all: only a strong validator makes that safe. */
  readonly canResume: boolean;
}

export interface ResumingBodyOptions extends Resuming {
  readonly first: OpenedRange;
}

export interface ResumingFlowOptions extends Resuming {
  readonly range: ByteRange;
  /** Of its bytes, as far as they come. */
  readonly first: Flow;
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
 *
 * @returns a stream; `takeFlow` has the bytes without it.
 */
export function createResumingBody({ first, ...how }: ResumingBodyOptions): Readable {
  const { range, body } = first;
  const flow = createResumingFlow({ ...how, range, first: takeFlow(body) });
  return toReadable(flow, { highWaterMark: BUFFER_BYTES });
}

/** The same without a stream. */
export function createResumingFlow({ range, first, reopen, canResume }: ResumingFlowOptions): Flow {
  const { start, end } = range;
  const total = end - start + 1;
  let sink: Sink | undefined;
  let source = first;
  let delivered = 0;
  let triesWithoutBytes = 0;
  let isWaiting = false;
  let isBroken = false;
  let isReopening = false;
  let isOver = false;

  const fail = (error: Error): void => {
    if (isOver) return;
    isOver = true;
    source.stop();
    sink?.fail(error);
  };

  const attach = (to: Sink, next: Flow): void => {
    source = next;
    isBroken = false;
    next.open({
      take(piece, isLent) {
        delivered += piece.length;
        triesWithoutBytes = 0;
        if (delivered > total) {
          fail(brokenTransfer());
          return "wait";
        }
        const taken = to.take(piece, isLent);
        isWaiting = taken !== "more";
        return taken;
      },
      end() {
        if (delivered < total) {
          breakOff(brokenTransfer());
          return;
        }
        isOver = true;
        to.end();
      },
      fail: breakOff,
    });
  };

  const breakOff = (error: Error): void => {
    if (isOver) return;
    triesWithoutBytes += 1;
    if (!canResume || triesWithoutBytes > PATIENCE) {
      fail(error);
      return;
    }
    isBroken = true;
    if (!isWaiting) void resume();
  };

  const openRest = async (): Promise<void> => {
    await new Promise((wake) => setTimeout(wake, RETRY_DELAY_MS * triesWithoutBytes));
    if (isOver) return;
    const opened = await reopen({ start: start + delivered, end });
    if (isOver || !sink) opened.body.destroy();
    else attach(sink, takeFlow(opened.body));
  };

  const resume = async (): Promise<void> => {
    if (isReopening) return;
    isReopening = true;
    const failure = await openRest().catch((error: unknown) => error);
    isReopening = false;
    if (failure) breakOff(failure instanceof Error ? failure : brokenTransfer());
    // It has said so while it was opened, when nobody could begin the next one yet.
    else if (isBroken && !isWaiting && !isOver) void resume();
  };

  return {
    open(to) {
      sink = to;
      attach(to, source);
    },
    resume() {
      isWaiting = false;
      if (isBroken) void resume();
      else source.resume();
    },
    stop(error) {
      isOver = true;
      source.stop(error);
    },
  };
}

const brokenTransfer = (): AppError =>
  new AppError(
    "storage_unavailable",
    "The storage stopped sending in the middle of the recording.",
  );
