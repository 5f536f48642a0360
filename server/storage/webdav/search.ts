import type { EgressResponse } from "#server/base/egress/client.ts";
import { escapeHtml } from "#server/base/html.ts";
import { toRef } from "./href.ts";
import { readResponses } from "./listing.ts";

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** A question to the index of a Nextcloud, RFC 5323: where it goes, and what is asked. */
export interface Search {
  readonly url: URL;
  readonly body: string;
}

/**
 * For files of an audio type below the root, at any depth.
 *
 * @param most - files that are wanted.
 * @returns `null` below an address where no Nextcloud has an index, such as `/remote.php/webdav/`.
 * @see https://docs.nextcloud.com/server/latest/developer_manual/client_apis/WebDAV/search.html
 */
export function toAudioSearch(root: URL, most: number): Search | null {
  const [, base, scope] = /^(.*\/remote\.php\/dav\/)(files\/.+)\/$/.exec(root.pathname) ?? [];
  if (base === undefined || scope === undefined) return null;
  return {
    url: new URL(base, root),
    body: `<?xml version="1.0" encoding="utf-8"?><d:searchrequest xmlns:d="DAV:"><d:basicsearch><d:select><d:prop><d:getcontenttype/></d:prop></d:select><d:from><d:scope><d:href>/${escapeHtml(scope)}</d:href><d:depth>infinity</d:depth></d:scope></d:from><d:where><d:like><d:prop><d:getcontenttype/></d:prop><d:literal>audio/%</d:literal></d:like></d:where><d:orderby/><d:limit><d:nresults>${most}</d:nresults></d:limit></d:basicsearch></d:searchrequest>`,
  };
}

/**
 * @returns the refs of what was found below the root, each once.
 * @throws AppError as for a listing that is broken.
 */
export async function readFound(
  answer: EgressResponse,
  root: URL,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const refs = new Set<string>();
  const options = { maxBytes: MAX_ANSWER_BYTES, signal };
  await readResponses(answer, options, ({ href, isCollection }) => {
    const ref = isCollection ? null : toRef(root, href);
    if (ref) refs.add(ref);
  });
  return [...refs];
}
