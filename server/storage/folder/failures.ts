import { AppError } from "#server/base/errors.ts";
import { notFound } from "#server/storage/http.ts";

/** By the `code` of what the file system throws, for something below the top of the storage. */
const missing: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG"]);
const forbidden: ReadonlySet<string> = new Set(["EACCES", "EPERM"]);
const full: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "ENOMEM"]);

/**
 * Names what went wrong below the top of a storage. Paths of this machine stay out of the sentence:
 * listeners of the band read it too.
 */
export function nameFileFailure(error: unknown): unknown {
  const code = codeOf(error);
  if (code === null) return error;
  if (missing.has(code)) return notFound();
  return nameDeviceFailure(error, code);
}

/** The same for the top itself: when it is missing, a disk is probably not mounted. */
export function nameTopFailure(error: unknown): unknown {
  const code = codeOf(error);
  if (code === null) return error;
  if (!missing.has(code)) return nameDeviceFailure(error, code);
  return new AppError(
    "storage_unavailable",
    "The folder of this storage is not there at the moment. Your library is kept; if it lies on another disk, mount it again, and if it was renamed, rename it back or reconnect the storage.",
    { cause: error },
  );
}

/** @returns `null` for anything that does not come from the file system. */
export function codeOf(error: unknown): string | null {
  if (!(error instanceof Error) || !("syscall" in error) || !("code" in error)) return null;
  return typeof error.code === "string" ? error.code : null;
}

export const isMissing = (error: unknown): boolean => missing.has(codeOf(error) ?? "");

export const nameChanged = (): AppError =>
  new AppError(
    "storage_unavailable",
    "The file was changed while it was read, so reading was stopped. Nothing is lost; try again when it is saved.",
    { retryAfterSeconds: 2 },
  );

function nameDeviceFailure(error: unknown, code: string): AppError {
  if (forbidden.has(code)) {
    return new AppError(
      "storage_refused",
      "This server may not read this. Your library is kept; ask the administrator to give the account that the server runs under read access to the folder and everything in it.",
      { cause: error },
    );
  }
  if (full.has(code)) {
    return new AppError(
      "busy",
      "This server has too many files open at the moment. Try again in a few seconds.",
      { cause: error, retryAfterSeconds: 5 },
    );
  }
  return new AppError(
    "storage_unavailable",
    "The disk with this folder does not answer at the moment. Nothing is lost; it is tried again later. If it stays like this, ask the administrator to check the disk or the network drive.",
    { cause: error },
  );
}
