import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "#server/base/errors.ts";

/** How a storage is asked: several questions at once, as many as it takes well. */
export interface Pace {
  /**
   * Asks when there is room, and again while the storage says 'not now'. A question that only this
   * storage's other files get answers to is given up after some tries.
   *
   * @throws what the last try threw; at once for everything that waiting does not change.
   */
  ask<T>(question: () => Promise<T>): Promise<T>;
  /** How many may be under way at the moment. */
  width(): number;
  /** Nothing has been answered for as long as we are patient: the storage itself is away. */
  isSilent(): boolean;
}

export interface PaceOptions {
  readonly start: number;
  readonly most: number;
  readonly tries: number;
  /** How long a storage may answer nothing at all before questions are given up. */
  readonly patienceMs: number;
  /** Before the second try when the storage names no time; twice as long before the next. */
  readonly firstWaitMs: number;
  readonly signal: AbortSignal;
}

/** Answers within this are quick: more may be asked at once. */
const QUICK_MS = 400;
const LONGEST_WAIT_MS = 30_000;
/** Who wants us to wait longer is not waited for: the scan ends and says so. */
const LONGEST_TOLD_SECONDS = 600;

/** Whether the storage may answer the same question later. */
export const isForNow = (error: unknown): error is AppError =>
  error instanceof AppError &&
  (error.code === "rate_limited" || error.code === "storage_unavailable");

const isTooLong = ({ retryAfterSeconds }: AppError): boolean =>
  (retryAfterSeconds ?? 0) > LONGEST_TOLD_SECONDS;

/**
 * Starts politely, becomes wider with each quick answer, and halves when the storage says 'not
 * now'; then nobody asks before the time that it named.
 */
export function createPace(options: PaceOptions): Pace {
  const { start, most, tries, patienceMs, firstWaitMs, signal } = options;
  const waiting: (() => void)[] = [];
  let [limit, busy, setbacks] = [start, 0, 0];
  let [setbackAtMs, quietUntilMs] = [Number.NEGATIVE_INFINITY, 0];
  let answeredAtMs = performance.now();

  const enter = async (): Promise<void> => {
    if (busy >= Math.floor(limit)) await new Promise<void>((resolve) => waiting.push(resolve));
    else busy += 1;
  };
  /** A place is handed on, unless there are fewer of them now. */
  const leave = (): void => {
    busy -= 1;
    while (waiting.length > 0 && busy < Math.floor(limit)) {
      busy += 1;
      waiting.shift()?.();
    }
  };
  const keepQuiet = async (): Promise<void> => {
    for (let rest = quietUntilMs - performance.now(); rest > 0; ) {
      await sleep(rest, undefined, { signal });
      rest = quietUntilMs - performance.now();
    }
  };
  const noteAnswer = (tookMs: number): void => {
    [setbacks, answeredAtMs] = [0, performance.now()];
    const step = Number.isFinite(setbackAtMs) ? 1 / limit : 0.5;
    if (tookMs < QUICK_MS) limit = Math.min(most, limit + step);
  };
  /** Answers to questions that were under way together are one setback. */
  const noteSetback = (error: AppError, askedAtMs: number): void => {
    const toldMs = (error.retryAfterSeconds ?? 0) * 1000;
    const nowMs = performance.now();
    if (askedAtMs > setbackAtMs) {
      const doubledMs = Math.min(firstWaitMs * 2 ** setbacks, LONGEST_WAIT_MS);
      quietUntilMs = nowMs + Math.max(toldMs, doubledMs * (0.75 + Math.random() / 2));
      [setbackAtMs, setbacks, limit] = [nowMs, setbacks + 1, Math.max(1, limit / 2)];
    }
    quietUntilMs = Math.max(quietUntilMs, nowMs + toldMs);
  };
  const askOnce = async <T>(question: () => Promise<T>): Promise<T> => {
    await enter();
    try {
      await keepQuiet();
      signal.throwIfAborted();
      const askedAtMs = performance.now();
      try {
        const answer = await question();
        noteAnswer(performance.now() - askedAtMs);
        return answer;
      } catch (error) {
        if (isForNow(error)) noteSetback(error, askedAtMs);
        throw error;
      }
    } finally {
      leave();
    }
  };

  const isSilent = (): boolean => setbacks > 0 && performance.now() - answeredAtMs >= patienceMs;
  /** Others got answers since, or nobody has for too long: asking once more will not help. */
  const isHopeless = (error: unknown, failures: number, beganAtMs: number): boolean => {
    if (!isForNow(error) || isTooLong(error)) return true;
    return failures >= tries && (answeredAtMs > beganAtMs || isSilent());
  };

  return {
    width: () => Math.floor(limit),
    isSilent,
    async ask(question) {
      const beganAtMs = performance.now();
      for (let failures = 1; ; failures += 1) {
        try {
          return await askOnce(question);
        } catch (error) {
          signal.throwIfAborted();
          if (isHopeless(error, failures, beganAtMs)) throw error;
        }
      }
    },
  };
}
