import { AppError } from "./errors.ts";

/** Lets so many in at a time. Whoever waits too long, or comes when too many wait, is turned away. */
export interface Gate {
  /** @throws AppError `busy` when it was not its turn in time; the work is not begun then. */
  pass<T>(work: () => Promise<T>): Promise<T>;
}

export interface GateOptions {
  readonly places: number;
  readonly waitMs: number;
  readonly maxWaiting: number;
}

const RETRY_SECONDS = 2;

export function createGate({ places, waitMs, maxWaiting }: GateOptions): Gate {
  const waiting = new Set<() => void>();
  let free = places;

  const enter = (): Promise<void> => {
    if (free > 0) {
      free -= 1;
      return Promise.resolve();
    }
    if (waiting.size >= maxWaiting) return Promise.reject(tooBusy());
    return new Promise((resolve, reject) => {
      const admit = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        waiting.delete(admit);
        reject(tooBusy());
      }, waitMs);
      waiting.add(admit);
    });
  };

  /** The place goes to who has waited longest. */
  const leave = (): void => {
    const [next] = waiting;
    if (!next) {
      free += 1;
      return;
    }
    waiting.delete(next);
    next();
  };

  return {
    async pass(work) {
      await enter();
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}

const tooBusy = (): AppError =>
  new AppError(
    "busy",
    "The server has more to do than its database can take at the moment. Nothing was changed; try again in a few seconds.",
    { retryAfterSeconds: RETRY_SECONDS },
  );
