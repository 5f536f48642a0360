import { z } from "zod";
import { discardBody } from "#server/base/egress/body.ts";
import { withDeadline } from "#server/storage/deadline.ts";
import { nameStatus, readAnswer } from "#server/storage/http.ts";
import type { Quota, StorageIo } from "#server/storage/provider.ts";
import type { Dav } from "./api.ts";
import { nameNextcloudFailure } from "./nextcloud.ts";
import { toQuota } from "./quota.ts";

const MAX_ANSWER_BYTES = 1024 * 1024;
const TIMEOUT_MS = 60_000;

/** The HTTP status says 200 of some failures; what counts is the code in the body. */
const Envelope = z.object({
  ocs: z.object({ meta: z.object({ statuscode: z.number().int() }), data: z.unknown() }),
});

/** Of version 1 and 2 of the API. */
const FINE = [100, 200];

/** The codes that OCS has in place of a status. */
const statuses: Readonly<Record<number, number>> = { 996: 500, 997: 401, 998: 404 };

/** OCS can be switched off or hidden, and an ownCloud lacks half of it: that is no failure. */
const NO_SUCH_API = [404, 405, 410, 412, 501];

/** Numbers, some as text; negative ones are no sizes but words. */
const Bytes = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^-?\d{1,16}$/)
      .transform(Number),
  ])
  .refine(Number.isSafeInteger);

const User = z.object({
  id: z.string().min(1).max(255),
  "display-name": z.string().max(255).nullable().catch(null),
  quota: z.object({ used: Bytes, total: Bytes }).nullable().catch(null),
});

/** As whom a Nextcloud knows an account. */
export interface OcsUser {
  /**
   * May differ from the name that people sign in with (an e-mail address, or other case); it is part
   * of the DAV address.
   */
  readonly id: string;
  /** `null` when it is the id again. */
  readonly displayName: string | null;
  /** `null` when the server does not say. */
  readonly quota: Quota | null;
}
const Exchanged = z.object({ apppassword: z.string().min(1).max(1024) });

/** @returns `undefined` when the server does not tell. */
export async function findUser(dav: Dav, base: URL, io: StorageIo): Promise<OcsUser | undefined> {
  const found = await askOcs(dav, new URL("ocs/v2.php/cloud/user", base), User, [403], io);
  if (!found) return undefined;
  const { id, quota } = found;
  const displayName = found["display-name"]?.trim() || null;
  return {
    id,
    displayName: displayName === id ? null : displayName,
    quota: quota && toQuota(quota.used, quota.total),
  };
}

/**
 * @returns a password that was made for this server; `null` when the one in use was made for a
 *   program already, and where there is no such thing.
 */
export async function exchangePassword(dav: Dav, base: URL, io: StorageIo): Promise<string | null> {
  const url = new URL("ocs/v2.php/core/getapppassword", base);
  const exchanged = await askOcs(dav, url, Exchanged, [403], io);
  return exchanged?.apppassword ?? null;
}

/** @param refusals - statuses beside those of a missing API that are answered with `undefined`. */
function askOcs<S extends z.ZodType>(
  dav: Dav,
  url: URL,
  schema: S,
  refusals: readonly number[],
  io: StorageIo,
): Promise<z.output<S> | undefined> {
  const expected = [...NO_SUCH_API, ...refusals];
  url.searchParams.set("format", "json");
  return withDeadline(url.host, io.signal, TIMEOUT_MS, async (signal) => {
    const headers = { "ocs-apirequest": "true" };
    const answer = await dav.get(url, headers, expected, signal);
    if (answer.status !== 200) {
      discardBody(answer.body);
      return undefined;
    }
    const Answer = Envelope.transform(({ ocs }, context) => {
      if (!FINE.includes(ocs.meta.statuscode)) return { statuscode: ocs.meta.statuscode } as const;
      const data = schema.safeParse(ocs.data);
      if (data.success) return { data: data.data } as const;
      context.addIssue({ code: "custom", message: "The data is of another form." });
      return z.NEVER;
    });
    const said = await readAnswer(answer, Answer, MAX_ANSWER_BYTES);
    if (said.statuscode === undefined) return said.data;
    const status = statuses[said.statuscode] ?? said.statuscode;
    if (expected.includes(status)) return undefined;
    const failed = { status, headers: answer.headers, host: url.host, explanation: "" };
    throw nameNextcloudFailure(failed, io.now()) ?? nameStatus(failed, io.now());
  });
}
