import { AppError } from "#server/base/errors.ts";

/**
 * Ends work that takes too long as a whole, such as a body that arrives byte by byte.
 *
 * @throws AppError `storage_unavailable` when the time is over.
 */
export async function withDeadline<T>(
  host: string,
  signal: AbortSignal,
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const timer = setTimeout(
    () =>
      deadline.abort(
        new AppError(
          "storage_unavailable",
          `${host} took too long to answer, so the request was given up. Nothing is lost; try again in a while.`,
        ),
      ),
    timeoutMs,
  );
  try {
    return await work(AbortSignal.any([signal, deadline.signal]));
  } finally {
    clearTimeout(timer);
  }
}

/** Of each signal that was made to end with another one, that other one. */
const leaders = new WeakMap<AbortSignal, AbortSignal>();

/** Says that whoever made a signal aborts it as soon as the other one is, so that nobody else has to. */
export function noteLeader(signal: AbortSignal, leader: AbortSignal): void {
  leaders.set(signal, leader);
}

/** Mostly one and the same, and then nothing has to be joined and kept track of. */
export const eitherOf = (one: AbortSignal, other: AbortSignal): AbortSignal =>
  one === other || leaders.get(other) === one ? other : AbortSignal.any([one, other]);
