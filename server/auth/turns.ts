import { AppError } from "#server/base/errors.ts";

/** Lets a few do something costly at a time; some may wait, and the rest are told to come back. */
export interface Turns {
  /** @throws AppError `busy` at once when too many wait already. */
  take<T>(work: () => Promise<T>): Promise<T>;
}

const RETRY_AFTER_SECONDS = 2;

export function createTurns(limits: { readonly atOnce: number; readonly waiting: number }): Turns {
  const waiting: (() => void)[] = [];
  let running = 0;

  const finish = () => {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  };

  return {
    async take(work) {
      if (running < limits.atOnce) running += 1;
      else if (waiting.length < limits.waiting) {
        // Whoever finishes hands its place over, so `running` stays as it is.
        await new Promise<void>((resolve) => waiting.push(resolve));
      } else throw tooMany();
      try {
        return await work();
      } finally {
        finish();
      }
    },
  };
}

const tooMany = (): AppError =>
  new AppError(
    "busy",
    "Many people are signing in at this moment. Nothing is wrong with your password; try again in a few seconds.",
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
