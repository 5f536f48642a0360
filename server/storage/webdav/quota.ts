import { readBounded } from "#server/base/egress/body.ts";
import type { EgressResponse } from "#server/base/egress/client.ts";
import type { Quota } from "#server/storage/provider.ts";
import { createMultistatusReader } from "./multistatus.ts";

const MAX_ANSWER_BYTES = 256 * 1024;
/** What a Nextcloud and an ownCloud write in place of a size, like -1 (not computed yet), -2 (unknown). */
const UNLIMITED = -3;

/** @see https://www.rfc-editor.org/rfc/rfc4331 */
export const QUOTA_BODY =
  '<?xml version="1.0" encoding="utf-8"?><d:propfind xmlns:d="DAV:"><d:prop><d:quota-available-bytes/><d:quota-used-bytes/></d:prop></d:propfind>';

/** @returns `null` for figures that are none: a negative number is never a size. */
export function toQuota(used: number, total: number): Quota | null {
  if (used < 0 || (total < 0 && total !== UNLIMITED)) return null;
  return { usedBytes: used, totalBytes: total === UNLIMITED ? null : total };
}

/** @returns `null` when the server does not say, or not in a way that can be read. */
export async function readQuota(answer: EgressResponse): Promise<Quota | null> {
  const bytes = await readBounded(answer.body, MAX_ANSWER_BYTES);
  let quota: Quota | null = null;
  const reader = createMultistatusReader(({ props }) => {
    const used = toBytes(props.get("DAV: quota-used-bytes"));
    const available = toBytes(props.get("DAV: quota-available-bytes"));
    if (used === null || available === null) return;
    quota ??= toQuota(used, available < 0 ? available : used + available);
  });
  try {
    reader.write(bytes.toString("utf8"));
    reader.close();
  } catch {
    // Whoever answers a page or half a document has not said.
    return null;
  }
  return quota;
}

const toBytes = (text = ""): number | null => {
  const bytes = /^-?\d{1,16}$/.test(text) ? Number(text) : null;
  return Number.isSafeInteger(bytes) ? bytes : null;
};
