import type { Changes } from "#server/storage/changes.ts";
import type { DavEntry } from "./listing.ts";

/**
 * One question, whatever lies below: a change anywhere gives every folder above it a new etag, in a
 * Nextcloud. Its id tells whose folder it is.
 */
export function compareEtags({ fileId, etag }: DavEntry, cursor: string | null): Changes {
  const now = `${fileId} ${etag}`;
  // Without an etag nothing is known, so that it is listed each time.
  const isSame = etag !== null && now === cursor;
  return { kind: isSame ? "none" : "any", cursor: now, requests: 1 };
}
