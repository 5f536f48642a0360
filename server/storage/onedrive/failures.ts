import { z } from "zod";
import { AppError } from "#server/base/errors.ts";
import {
  type FailedAnswer,
  nameThrottle,
  notFound,
  parseRetryAfter,
} from "#server/storage/http.ts";

/** @see https://learn.microsoft.com/graph/errors#json-representation */
const Explanation = z.object({ error: z.object({ code: z.string() }) });

/** What Graph says, mostly with 429, when it only wants us to slow down. */
const SLOW_DOWN = new Set(["activityLimitReached", "throttledRequest", "TooManyRequests"]);
const BANDWIDTH_LIMIT = 509;

/** @see https://learn.microsoft.com/graph/errors */
export function nameGraphFailure(failed: FailedAnswer, now: Date): AppError | undefined {
  const { status, host, headers } = failed;
  const code = codeOf(failed.explanation);
  if (status === 401) return endedToken();
  if (SLOW_DOWN.has(code) || status === BANDWIDTH_LIMIT) {
    return nameThrottle(host, parseRetryAfter(headers["retry-after"], now));
  }
  // Our requests are all of one form but for the ids in them.
  if (status === 400) return notFound();
  return status === 403 ? new AppError("storage_refused", sentenceFor(code)) : undefined;
}

/** The same for what follows of a list: there the place in it may be what has gone. */
export function nameOldPage(failed: FailedAnswer, now: Date): AppError | undefined {
  const { status, host } = failed;
  if (status !== 400 && status !== 410) return nameGraphFailure(failed, now);
  return new AppError(
    "storage_unavailable",
    `${host} has forgotten where in the list this server was. Nothing is lost; the listing is tried again from the beginning.`,
  );
}

/** The same for a log: what is forgotten there is asked for by listing. */
export function nameOldLog(failed: FailedAnswer, now: Date): AppError | undefined {
  const { status, host } = failed;
  if (status !== 400 && status !== 410) return nameGraphFailure(failed, now);
  return new AppError("gone", `${host} has forgotten where in its log this server was.`);
}

export const nameEndlessLog = (host: string): AppError =>
  new AppError(
    "storage_unavailable",
    `${host} does not say where its log of changes ends. Nothing is lost; it is tried again in a while.`,
  );

function codeOf(explanation: string): string {
  try {
    return Explanation.safeParse(JSON.parse(explanation)).data?.error.code ?? "";
  } catch {
    return "";
  }
}

/** Of Microsoft's own words only the code is read: its messages are not for people, it says. */
function sentenceFor(code: string): string {
  switch (code) {
    case "malwareDetected":
    case "virusSuspicious":
      return "Microsoft has marked this file as harmful and does not give it out. Nothing else is concerned; ask the owner to look at it at OneDrive.";
    case "accessRestricted":
      return "This file or folder is for its owner alone. Your library is kept; ask the owner to share it with this account.";
    case "notAllowed":
      return "The administrators of this Microsoft account do not allow other programs to read this. Your library is kept; ask the administrators to allow the client that it is connected through.";
    default:
      return "OneDrive does not let this account read this. Your library is kept; ask the owner for the permission to read it.";
  }
}

/** The one failure that new access may help against; whoever holds the refresh token tries that. */
const endedToken = (): AppError =>
  new AppError(
    "storage_reconnect",
    "OneDrive no longer accepts the access to this storage. Your library is kept; reconnect the storage to go on.",
  );
