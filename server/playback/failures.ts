import type { ErrorCode } from "#contract/errors.ts";
import { AppError } from "#server/base/errors.ts";
import type { Playable } from "./store.ts";

export const isMissing = (name: string, { missingSince }: Playable["track"]): AppError =>
  new AppError(
    "not_found",
    `“${name}” has not been in the storage since ${missingSince?.toISOString().slice(0, 10) ?? "the last scan"}. Its place in the library is kept; put the file back and scan again.`,
  );

export const hasChanged = (): AppError =>
  new AppError("precondition_failed", "The recording has changed in the meantime.");

export const keepsChanging = (): AppError =>
  new AppError(
    "storage_unavailable",
    "The recording is being changed in the storage right now. Try again in a moment.",
    { retryAfterSeconds: 5 },
  );

/** What a storage's failures say is for the band: they name its address, its folders and its files. */
const UNSAID: ReadonlySet<ErrorCode> = new Set([
  "not_found",
  "conflict",
  "rate_limited",
  "storage_reconnect",
  "storage_refused",
  "storage_unavailable",
]);

/** A failure while a recording is opened, as the guest of a public link is told of it. */
export function withoutStorage(error: unknown): unknown {
  if (!(error instanceof AppError) || !UNSAID.has(error.code)) return error;
  const { code, retryAfterSeconds } = error;
  return new AppError(code, code === "not_found" ? IS_AWAY : DOES_NOT_COME, {
    cause: error,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

const IS_AWAY =
  "The recording is not in its storage at the moment. The link keeps working; come back later.";

const DOES_NOT_COME =
  "The recording can't be had from its storage at the moment. The link keeps working; try again later.";
