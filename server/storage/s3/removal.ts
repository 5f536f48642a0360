import { discardBody } from "#server/base/egress/body.ts";
import { AppError } from "#server/base/errors.ts";
import { notFound } from "#server/storage/http.ts";
import { type KnownFile, requireKnown } from "#server/storage/removal.ts";
import type { StoredFile } from "#server/storage/stored.ts";
import type { Bucket } from "./api.ts";

/**
 * Deletes an object; a bucket that keeps versions has it still. What takes its place between looking and
 * deleting goes with it: conditions on deleting are too new for most services.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
 */
export async function removeObject(
  bucket: Bucket,
  stat: (key: string) => Promise<StoredFile>,
  known: KnownFile,
  signal: AbortSignal,
): Promise<void> {
  requireKnown(await stat(known.ref), known);
  const answer = await bucket.change({
    method: "DELETE",
    key: known.ref,
    query: {},
    expected: [200, 204, 403, 404],
    signal,
  });
  discardBody(answer.body);
  if (answer.status === 404) throw notFound();
  if (answer.status === 403) throw nameKept(bucket.host);
}

const nameKept = (host: string): AppError =>
  new AppError(
    "storage_refused",
    `${host} does not let this access key delete this object. Nothing was changed; allow the key s3:DeleteObject, see whether the object is locked, or delete it there yourself.`,
  );
