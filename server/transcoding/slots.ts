import { AppError } from "#server/base/errors.ts";

/** Somebody who works, or wants to. */
export interface Worker {
  /** Whom it is for. */
  readonly listener: string;
  /** Nobody waits for what it does now. */
  isIdle(): boolean;
  stop(): void;
}

/** How many may work at a time: in all, and for one listener. */
export interface Slots {
  /**
   * Waits for a turn; who does something that nobody waits for gives theirs up.
   *
   * @returns to be called when the work is over.
   * @throws AppError `busy` when none was free in time; the signal's reason.
   */
  take(worker: Worker, signal: AbortSignal): Promise<() => void>;
}

interface Waiting {
  readonly worker: Worker;
  begin(): void;
}

const AGAIN_SECONDS = 5;

export function createSlots(most: number, mostOfListener: number, patienceMs: number): Slots {
  const working = new Set<Worker>();
  const waiting = new Set<Waiting>();

  const isRoomFor = ({ listener }: Worker): boolean => {
    const own = [...working].filter((each) => each.listener === listener);
    return working.size < most && own.length < mostOfListener;
  };
  const leave = (worker: Worker): void => {
    working.delete(worker);
    for (const each of waiting) {
      if (!isRoomFor(each.worker)) continue;
      waiting.delete(each);
      each.begin();
    }
  };
  /** The oldest of whoever stands in the way: of the same listener, where that is the limit. */
  const makeRoomFor = (worker: Worker): void => {
    const own = [...working].filter(({ listener }) => listener === worker.listener);
    const inTheWay = own.length >= mostOfListener ? own : [...working];
    inTheWay.find((each) => each.isIdle())?.stop();
  };

  return {
    async take(worker, signal) {
      signal.throwIfAborted();
      if (!isRoomFor(worker)) {
        makeRoomFor(worker);
        await turn(worker, signal);
      }
      working.add(worker);
      return () => leave(worker);
    },
  };

  /** A turn that comes is taken at once, so that nobody else sees it free. */
  function turn(worker: Worker, signal: AbortSignal): Promise<void> {
    if (isRoomFor(worker)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", give);
        waiting.delete(each);
        act();
      };
      const give = (): void => settle(() => reject(signal.reason));
      const each: Waiting = {
        worker,
        begin: () =>
          settle(() => {
            working.add(worker);
            resolve();
          }),
      };
      const timer = setTimeout(() => settle(() => reject(tooBusy())), patienceMs);
      signal.addEventListener("abort", give, { once: true });
      waiting.add(each);
    });
  }
}

const tooBusy = (): AppError =>
  new AppError(
    "busy",
    "This server makes as many recordings smaller as it can at the moment. The recording itself plays all the same; try again in a moment.",
    { retryAfterSeconds: AGAIN_SECONDS },
  );
