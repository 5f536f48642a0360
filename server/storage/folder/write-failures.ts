import { AppError } from "#server/base/errors.ts";
import { nameFull } from "#server/storage/writing.ts";
import { codeOf, nameFileFailure } from "./failures.ts";

const readOnly: ReadonlySet<string> = new Set(["EACCES", "EPERM", "EROFS"]);
const full: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** What the disk says to who writes. @returns what to throw: an `AppError` for all that is known. */
export function nameWriteFailure(error: unknown): unknown {
  const code = codeOf(error) ?? "";
  if (full.has(code)) return nameFull("the disk of this server", error);
  if (!readOnly.has(code)) return nameFileFailure(error);
  return new AppError(
    "storage_refused",
    "This server may only read the folder of this storage, so nothing can be uploaded to it. Your library is kept; ask the administrator to give the account that the server runs under write access to the folder and everything in it.",
    { cause: error },
  );
}
