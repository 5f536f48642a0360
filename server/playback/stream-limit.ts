import { AppError } from "#server/base/errors.ts";

/** Counts the streams that each listener has open on this server. */
export interface StreamLimit {
  /**
   * @returns to be called when the stream is over.
   * @throws AppError `rate_limited` when the listener has as many as allowed.
   */
  enter(key: string): () => void;
  hasRoom(key: string): boolean;
}

/** @param most - open streams a listener; a player needs two or three. */
export function createStreamLimit(most: number): StreamLimit {
  const open = new Map<string, number>();
  return {
    hasRoom: (key) => (open.get(key) ?? 0) < most,
    enter(key) {
      const count = open.get(key) ?? 0;
      if (count >= most) {
        throw new AppError(
          "rate_limited",
          `You have ${most} recordings open already. Close one of them and try again.`,
          { retryAfterSeconds: 5 },
        );
      }
      open.set(key, count + 1);
      return () => {
        const left = (open.get(key) ?? 1) - 1;
        if (left > 0) open.set(key, left);
        else open.delete(key);
      };
    },
  };
}
