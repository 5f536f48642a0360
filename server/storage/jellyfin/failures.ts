import { AppError } from "#server/base/errors.ts";
import { type FailedAnswer, isHtml, nameThrottle, parseRetryAfter } from "#server/storage/http.ts";
import type { Credential } from "./credential.ts";

/** Of a server that starts, which says 503 without a delay. */
const START_SECONDS = 15;

/** What a media server says beyond a status, in sentences. */
export const createNaming =
  ({ account }: Pick<Credential, "account">) =>
  (failed: FailedAnswer, now: Date): AppError | undefined => {
    const { status, host, headers } = failed;
    const retryAfterSeconds = parseRetryAfter(headers["retry-after"], now);
    switch (status) {
      case 401:
        return isAboutLibrary(failed) ? nameHidden(host) : nameRefusedToken(host, account !== null);
      case 403:
        return nameBarred(host);
      case 429:
        return nameThrottle(host, retryAfterSeconds);
      case 503:
        return new AppError(
          "storage_unavailable",
          `${host} is starting or being looked after at the moment. Nothing is lost; it is tried again by itself.`,
          { retryAfterSeconds: retryAfterSeconds ?? START_SECONDS },
        );
      default:
        return isElsewhere(failed) ? namePage(host) : undefined;
    }
  };

/** A page to sign in, the web client, or another server altogether. */
export const namePage = (host: string): AppError =>
  new AppError(
    "storage_refused",
    `${host} shows a web page or sends this server on to one where a media server should answer, so it has moved, or something in between asks people to sign in. Check the address; your library is kept.`,
  );

/** For an answer that is not the one that was asked for. */
export const nameBrokenListing = (host: string): AppError =>
  new AppError(
    "storage_unavailable",
    `${host} sent a listing of this folder that is broken or not complete. Nothing is lost; the folder is read again later. If it stays like this, tell the people who run it.`,
  );

/** Jellyfin says 401 for a folder that an account may not see, and names account and folder. */
const isAboutLibrary = ({ explanation }: FailedAnswer): boolean =>
  explanation.includes("is not permitted to access Library");

const nameHidden = (host: string): AppError =>
  new AppError(
    "storage_refused",
    `${host} does not show this folder to this account any more. Your library is kept; ask the people who run it for access, or choose another folder.`,
  );

const nameRefusedToken = (host: string, isAccount: boolean): AppError =>
  new AppError(
    "storage_reconnect",
    isAccount
      ? `${host} no longer accepts the access that this server was given: it was taken back there, or the account was switched off. Your library is kept; reconnect the storage with user name and password.`
      : `${host} does not accept this API key: it was deleted, or belongs to another server. Your library is kept; reconnect the storage with a key that exists.`,
  );

const nameBarred = (host: string): AppError =>
  new AppError(
    "storage_refused",
    `${host} does not let this account or API key read this, or not at this hour or from here. Your library is kept; ask the people who run it for access, then try again.`,
  );

function isElsewhere({ status, headers }: FailedAnswer): boolean {
  if (status >= 500) return false;
  return isHtml(headers["content-type"]) || (status >= 300 && status < 400);
}
