import { z } from "zod";
import { AppError } from "#server/base/errors.ts";
import { type FailedAnswer, nameThrottle, parseRetryAfter } from "#server/storage/http.ts";

/** @see https://developers.google.com/workspace/drive/api/guides/handle-errors */
const Explanation = z.object({
  error: z.object({ errors: z.array(z.object({ reason: z.string() })).default([]) }),
});

/** What Google says with 403, and sometimes 429, when it only wants us to slow down. */
const SLOW_DOWN = new Set(["rateLimitExceeded", "userRateLimitExceeded", "backendError"]);
/** These end with the day. */
const USED_UP = new Set(["dailyLimitExceeded", "quotaExceeded", "downloadQuotaExceeded"]);
const USED_UP_SECONDS = 3600;

/** Google tells most things by a reason and not by the status: 403 alone may mean four of them. */
export function nameDriveFailure(failed: FailedAnswer, now: Date): AppError | undefined {
  const { status, host, headers } = failed;
  if (status === 401) return endedToken();
  if (status !== 400 && status !== 403) return undefined;
  const reason = reasonOf(failed.explanation);
  if (status === 400) return reason === "invalid" ? nameOldPage(host) : undefined;
  if (SLOW_DOWN.has(reason)) {
    return nameThrottle(host, parseRetryAfter(headers["retry-after"], now));
  }
  if (USED_UP.has(reason)) return nameThrottle(host, USED_UP_SECONDS);
  return new AppError("storage_refused", sentenceFor(reason));
}

function reasonOf(explanation: string): string {
  try {
    const parsed = Explanation.safeParse(JSON.parse(explanation));
    return parsed.data?.error.errors[0]?.reason ?? "";
  } catch {
    return "";
  }
}

function sentenceFor(reason: string): string {
  switch (reason) {
    case "accessNotConfigured":
      return "The Google Drive API is not switched on for the client that this storage is connected through. Your library is kept; choose it in the Google Cloud console under APIs & Services, Library, and press Enable.";
    case "insufficientPermissions":
    case "appNotAuthorizedToFile":
      return "Google Drive was connected without the permission to see files. Your library is kept; reconnect it and leave that permission ticked.";
    case "cannotDownloadAbusiveFile":
      return "Google has marked this file as harmful and does not give it out. Nothing else is concerned; its owner can ask Google for a review.";
    case "domainPolicy":
      return "The administrators of this Google account do not allow other programs in Drive. Your library is kept; ask the administrators to allow the client that it is connected through.";
    default:
      return "Google Drive does not let this account read this. Your library is kept; ask the owner for the permission to download it.";
  }
}

/** The one failure that new access may help against; whoever holds the refresh token tries that. */
const endedToken = (): AppError =>
  new AppError(
    "storage_reconnect",
    "Google Drive no longer accepts the access to this storage. Your library is kept; reconnect the storage to go on.",
  );

const nameOldPage = (host: string): AppError =>
  new AppError(
    "storage_unavailable",
    `${host} has forgotten where in the list this server was. Nothing is lost; the listing is tried again from the beginning.`,
  );
