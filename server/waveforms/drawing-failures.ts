import { AppError } from "#server/base/errors.ts";
import { isStoragePaused } from "#server/connections/service.ts";
import { hasChanged } from "./sound-file.ts";

/** When a drawing that has failed is taken up again. */
export interface Again {
  readonly afterSeconds: number;
  readonly isTry: boolean;
  /** It is about all that lies there. */
  readonly isStorage: boolean;
}

const REST_SECONDS = 60;
/** For what only a person or the next scan changes. */
const LATER_SECONDS = 600;

/** @param isStopping - it is the server that ends, and nothing else is the matter. */
export function againAfter(reason: unknown, isStopping: boolean): Again {
  const again: Again = { afterSeconds: 0, isTry: false, isStorage: false };
  if (isStopping || isStoragePaused(reason)) return again;
  if (reason === hasChanged) return { ...again, afterSeconds: LATER_SECONDS };
  if (!(reason instanceof AppError)) return { ...again, afterSeconds: REST_SECONDS, isTry: true };
  switch (reason.code) {
    case "rate_limited":
    case "storage_unavailable":
    case "storage_reconnect":
    case "busy": {
      const afterSeconds = Math.max(REST_SECONDS, reason.retryAfterSeconds ?? 0);
      return { ...again, afterSeconds, isStorage: true };
    }
    case "maintenance":
      return { ...again, afterSeconds: REST_SECONDS };
    default:
      return { ...again, afterSeconds: LATER_SECONDS };
  }
}

/** The file, or the version of it that was scanned: nobody goes on with it. */
export const isGone = (reason: unknown): boolean =>
  reason instanceof AppError && (reason.code === "conflict" || reason.code === "not_found");
