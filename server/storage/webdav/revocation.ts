import { discardBody } from "#server/base/egress/body.ts";
import { withDeadline } from "#server/storage/deadline.ts";
import type { StorageIo } from "#server/storage/provider.ts";
import { baseOf, type Credential, toAuthorization } from "./credential.ts";
import { nameNextcloudFailure } from "./nextcloud.ts";
import { sendGently } from "./restraint.ts";

/** Old Nextclouds make everybody wait up to 25 seconds after wrong passwords. */
const TIMEOUT_MS = 40_000;

/**
 * 401: the password does not work any more. 403: it is the account's own and no app password, so it
 * is not ours to end. The rest: an ownCloud, which has nothing of the kind.
 */
const NOTHING_TO_END = [401, 403, 404, 405, 410, 501];

/** Only a Nextcloud can be told; a plain WebDAV server knows no passwords that are made for one program. */
export const accessOf = ({ dialect, url, username, password }: Credential): string | null =>
  dialect === "nextcloud" ? JSON.stringify([new URL(url).host, username, password]) : null;

/** Deletes the very app password that it is asked with. */
export async function revoke(credential: Credential, io: StorageIo): Promise<void> {
  const { host } = new URL(credential.url);
  await withDeadline(host, io.signal, TIMEOUT_MS, async (signal) => {
    const answer = await sendGently(
      io,
      {
        url: new URL("ocs/v2.php/core/apppassword", baseOf(credential)),
        method: "DELETE",
        headers: { authorization: toAuthorization(credential), "ocs-apirequest": "true" },
        signal,
      },
      { expected: [200, ...NOTHING_TO_END], name: nameNextcloudFailure },
    );
    discardBody(answer.body);
  });
}
