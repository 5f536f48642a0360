import { AppError } from "#server/base/errors.ts";
import type { FailedAnswer } from "#server/storage/http.ts";
import { nameFull, nameLost } from "#server/storage/writing.ts";
import type { Credential } from "./credential.ts";
import { createNaming, readError } from "./failures.ts";

/** What services say that have a limit; Amazon has none. */
const full: ReadonlySet<string> = new Set([
  "InsufficientStorage",
  "QuotaExceeded",
  "StorageFull",
  "XMinioAdminBucketQuotaExceeded",
  "XMinioStorageFull",
]);

/** Of an upload that was given up, or whose parts are not those that were sent. */
const lost: ReadonlySet<string> = new Set(["InvalidPart", "InvalidPartOrder", "NoSuchUpload"]);

/** What S3 says to who has sent something. */
export const createWriteNaming = (credential: Pick<Credential, "bucket" | "region">) => {
  const nameOther = createNaming(credential, "key");
  return (failed: FailedAnswer, now: Date): AppError | undefined => {
    const code = readError(failed.explanation).get("Code") ?? "";
    if (failed.status === 507 || full.has(code)) return nameFull(failed.host);
    if (lost.has(code)) return nameLost();
    const isDenied = code === "AccessDenied" || (code === "" && failed.status === 403);
    return isDenied ? nameReadOnly(failed.host, credential.bucket) : nameOther(failed, now);
  };
};

const nameReadOnly = (host: string, bucket: string): AppError =>
  new AppError(
    "storage_refused",
    `${host} does not let this access key put anything into the bucket "${bucket}". Your library is kept; allow the key s3:PutObject and s3:AbortMultipartUpload on what is in it, then try again.`,
  );
