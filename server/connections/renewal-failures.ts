import { AppError } from "#server/base/errors.ts";
import { TokenRefusal } from "#server/storage/oauth.ts";

export const nameRefused = (): AppError =>
  new AppError(
    "storage_reconnect",
    "The provider has ended the access to this storage: it was taken back there, or it was not used for long. Your library is kept; reconnect the storage to go on.",
    { cause: new TokenRefusal("invalid_grant") },
  );

export const nameBackOff = (seconds: number): AppError =>
  new AppError(
    "storage_unavailable",
    "The provider of this storage could not renew our access just now. Nothing is lost; it is tried again by itself.",
    { retryAfterSeconds: Math.ceil(seconds) },
  );

/** Access that is refused although it is new is no reason to throw away what renews it. */
export const nameNeverGood = (cause: AppError): AppError =>
  new AppError(
    "storage_unavailable",
    "The provider of this storage does not accept the access that it has just given. Nothing is lost; try again in a while.",
    { cause },
  );
