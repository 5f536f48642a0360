import type { UserId } from "#contract/ids.ts";
import { AppError } from "#server/base/errors.ts";

/** Counts the streams that each user has open on this server. */
export interface StreamLimit {
  /**
   * @returns to be called when the stream is over.
   * @throws AppError `rate_limited` when the user has as many as allowed.
   */
  enter(userId: UserId): () => void;
}

/** @param most - open streams a user; a player needs two or three. */
export function createStreamLimit(most: number): StreamLimit {
  const open = new Map<UserId, number>();
  return {
    enter(userId) {
      const count = open.get(userId) ?? 0;
      if (count >= most) {
        throw new AppError(
          "rate_limited",
          `You have ${most} recordings open already. Close one of them and try again.`,
          { retryAfterSeconds: 5 },
        );
      }
      open.set(userId, count + 1);
      return () => {
        const left = (open.get(userId) ?? 1) - 1;
        if (left > 0) open.set(userId, left);
        else open.delete(userId);
      };
    },
  };
}
