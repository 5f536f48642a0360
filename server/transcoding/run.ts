import { AppError } from "#server/base/errors.ts";
import { encode, type Ffmpeg } from "./ffmpeg.ts";
import { mediaSegment } from "./fmp4.ts";
import { type Codec, framesPerSegment } from "./kinds.ts";
import type { SegmentCache } from "./segment-cache.ts";
import type { Slots } from "./slots.ts";
import type { OpenSource, SourceServer } from "./source-server.ts";

/** What is made of which recording. */
export interface Task {
  /** The folder in the cache: other for each band, recording, version of its file, and kind. */
  readonly folder: string;
  readonly codec: Codec;
  readonly kbps: number;
  readonly count: number;
  readonly open: OpenSource;
  /** Whom it is for. */
  readonly listener: string;
}

export interface RunDeps {
  readonly ffmpeg: Ffmpeg;
  readonly sources: SourceServer;
  readonly slots: Slots;
  readonly cache: SegmentCache;
}

/** One ffmpeg at work on a recording, from some segment on, for all who wait for what it makes. */
export interface Run {
  readonly folder: string;
  /** It will come to this one soon. */
  reaches(index: number): boolean;
  /**
   * @param signal - abort it to wait no more; when nobody does, the work ends.
   * @throws AppError; the signal's reason.
   */
  wait(index: number, signal: AbortSignal): Promise<Buffer>;
  stop(): void;
  /** Settles when it is over, and never fails. */
  readonly over: Promise<void>;
}

/** So far it goes on beyond what was asked for last. */
const AHEAD = 4;
/** What comes after the end that the file tells of goes into the last segment, up to so many times its length. */
const LONGEST_LAST = 10;
/** So long it may make nothing: a storage may be slow. */
const PATIENCE_MS = 45_000;

interface Waiter {
  readonly index: number;
  readonly resolve: (segment: Buffer) => void;
  readonly reject: (reason: unknown) => void;
}

export function startRun(deps: RunDeps, task: Task, first: number): Run {
  const { cache } = deps;
  const ending = new AbortController();
  const waiters = new Set<Waiter>();
  let next = first;
  let asked = first;
  let isOver = false;

  const stop = (): void => ending.abort(new Error("Nobody waits for it."));
  const isIdle = (): boolean => waiters.size === 0;
  const hasEnough = (): boolean => {
    if (next >= task.count) return true;
    if (waiters.size > 0) return false;
    return next > asked + AHEAD || cache.has(segmentName(task.folder, next));
  };
  /** Nobody is told from then on that it will come to something. */
  const endIfDone = (): boolean => {
    isOver = hasEnough();
    return isOver;
  };
  const give = (frames: readonly Buffer[]): void => {
    const segment = mediaSegment(task.codec, next, frames);
    cache.put(segmentName(task.folder, next), segment);
    for (const waiter of waiters) {
      if (waiter.index !== next) continue;
      waiters.delete(waiter);
      waiter.resolve(segment);
    }
    next += 1;
  };
  const fail = (reason: unknown): void => {
    isOver = true;
    for (const waiter of waiters) waiter.reject(reason);
    waiters.clear();
  };

  const work = async (): Promise<void> => {
    const worker = { listener: task.listener, isIdle, stop };
    const leave = await deps.slots.take(worker, ending.signal);
    try {
      await make(deps, task, first, { give, endIfDone, signal: ending.signal });
    } finally {
      leave();
    }
    fail(endsBefore());
  };
  const over = work().catch((error: unknown) => fail(error));

  return {
    folder: task.folder,
    over,
    stop,
    reaches: (index) =>
      !isOver && !ending.signal.aborted && index >= next && index <= Math.max(next, asked) + AHEAD,
    wait(index, signal) {
      signal.throwIfAborted();
      asked = Math.max(asked, index);
      return new Promise((resolve, reject) => {
        const settle = <T>(act: (value: T) => void) => {
          return (value: T): void => {
            signal.removeEventListener("abort", leave);
            act(value);
          };
        };
        const waiter: Waiter = { index, resolve: settle(resolve), reject: settle(reject) };
        const leave = (): void => {
          waiters.delete(waiter);
          reject(signal.reason);
          if (waiters.size === 0) stop();
        };
        signal.addEventListener("abort", leave, { once: true });
        waiters.add(waiter);
      });
    },
  };
}

export const segmentName = (folder: string, index: number): string => `${folder}/${index}.m4s`;

interface Making {
  /** Takes the frames of the next segment. */
  readonly give: (frames: readonly Buffer[]) => void;
  /** @returns whether no more is wanted of it. */
  readonly endIfDone: () => boolean;
  readonly signal: AbortSignal;
}

async function make(
  deps: RunDeps,
  { codec, kbps, count, open }: Task,
  first: number,
  { give, endIfDone, signal }: Making,
): Promise<void> {
  const source = await deps.sources.serve(open);
  const stuck = new AbortController();
  const timer = setTimeout(() => stuck.abort(new Error("ffmpeg does not go on.")), PATIENCE_MS);
  const until = AbortSignal.any([signal, stuck.signal]);
  const whole = framesPerSegment(codec);
  let frames: Buffer[] = [];
  let index = first;
  try {
    for await (const frame of encode(deps.ffmpeg, { codec, kbps, url: source.url, first }, until)) {
      frames.push(frame);
      // The last one takes all that there is.
      if (frames.length > LONGEST_LAST * whole) throw goesOnBehind();
      if (frames.length < whole || index === count - 1) continue;
      give(frames);
      timer.refresh();
      frames = [];
      index += 1;
      if (endIfDone()) return;
    }
    const failure = source.failure();
    if (failure !== undefined) throw failure;
    if (frames.length > 0) give(frames);
  } catch (error) {
    throw nameFailure(error, source.failure(), signal);
  } finally {
    clearTimeout(timer);
    source.close();
  }
}

function nameFailure(error: unknown, failure: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return error;
  if (failure instanceof AppError) return failure;
  if (error instanceof AppError) return error;
  return new AppError(
    "not_found",
    "This recording cannot be made into another kind: its file may be damaged. Play it as it is, or try again when it has changed.",
    { cause: failure ?? error },
  );
}

const goesOnBehind = (): AppError =>
  new AppError(
    "not_found",
    "The recording is much longer than its file says, so that it plays only as it is. Scan its storage when its length looks wrong.",
  );

const endsBefore = (): AppError =>
  new AppError(
    "not_found",
    "The recording ends before this part of it. Open it again; scan its storage when its length looks wrong.",
  );
