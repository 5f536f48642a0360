import { AppError } from "#server/base/errors.ts";
import { notFound } from "#server/storage/http.ts";
import { type KnownFile, nameOther, requireKnown } from "#server/storage/removal.ts";
import type { WritableDav } from "./depot.ts";
import { toUrl } from "./href.ts";

/**
 * Deletes a file, which a Nextcloud keeps in its bin as long as it is told to. What comes between looking
 * and deleting is seen by servers that heed `If-Match`; a folder is never deleted, as it is no file.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4918#section-9.6
 */
export async function removeFile(server: WritableDav, known: KnownFile): Promise<void> {
  const { dav, url, signal, stat } = server;
  const found = await stat(known.ref);
  requireKnown(found, known);
  const isStrong = found.etag?.startsWith('"') ?? false;
  const status = await dav.change({
    method: "DELETE",
    url: toUrl(url, known.ref),
    headers: isStrong ? { "if-match": found.etag ?? "" } : {},
    expected: [200, 204, 403, 404, 405, 412],
    signal,
  });
  if (status === 404) throw notFound();
  if (status === 412) throw nameOther();
  if (status === 403 || status === 405) throw nameKept(dav.host);
}

const nameKept = (host: string): AppError =>
  new AppError(
    "storage_refused",
    `${host} does not let this account delete this file. Nothing was changed; ask the people who run it for the right to delete, or delete it there yourself.`,
  );
