import { AppError } from "#server/base/errors.ts";
import type { Expectation } from "#server/storage/http.ts";
import { nameFull } from "#server/storage/writing.ts";

type Name = NonNullable<Expectation["name"]>;

const LOCKED_SECONDS = 5;

/**
 * What a status means to who has sent something.
 *
 * @param name - what this kind of server says in its own way.
 */
export const nameWriteFailure =
  (name: Name | undefined): Name =>
  (failed, now) => {
    const { status, host, explanation } = failed;
    if (status === 507) return nameFull(host);
    if (status === 413) return nameTooLarge(host);
    if (status === 403 || status === 405 || status === 501) return nameReadOnly(host);
    // A Nextcloud that is at the same file elsewhere says so in two ways.
    if (status === 500 && /LockedException/.test(explanation)) return nameLocked(host);
    return name?.(failed, now);
  };

const nameTooLarge = (host: string): AppError =>
  new AppError(
    "storage_refused",
    `${host} takes no requests as large as this recording needs. Nothing was changed there; ask the people who run it to raise the limit of its web server.`,
  );

const nameReadOnly = (host: string): AppError =>
  new AppError(
    "storage_refused",
    `${host} does not let this account put anything here. Your library is kept; ask the people who run it for write access, or choose another folder.`,
  );

const nameLocked = (host: string): AppError =>
  new AppError(
    "storage_unavailable",
    `This is being changed at ${host} at the moment. Nothing is lost; try again in a few seconds.`,
    { retryAfterSeconds: LOCKED_SECONDS },
  );
