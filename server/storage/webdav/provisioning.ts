import { z } from "zod";
import { AppError } from "#server/base/errors.ts";
import { withDeadline } from "#server/storage/deadline.ts";
import { type FailedAnswer, readAnswer } from "#server/storage/http.ts";
import type { Quota, StorageIo } from "#server/storage/provider.ts";
import { toAuthorization } from "./credential.ts";
import { findNextcloud, nameNextcloudFailure, nameNoNextcloud } from "./nextcloud.ts";
import { toQuota } from "./quota.ts";
import { sendGently } from "./restraint.ts";
import { parseAddress } from "./verify.ts";

const MAX_ANSWER_BYTES = 256 * 1024;
const TIMEOUT_MS = 45_000;

/** An administrator of a Nextcloud. */
export interface CloudAdmin {
  /** Where it is installed; ends in `/`. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

export interface NewAccount {
  readonly username: string;
  readonly name: string;
  /** The Nextcloud sends a link there, with which a password is chosen. */
  readonly email: string;
  /** `null`: as it gives everybody. */
  readonly quotaBytes: number | null;
}

/** An account as its administrator sees it. */
export interface FoundAccount {
  readonly email: string | null;
  /** `null` when it does not say: of somebody who never signed in, for example. */
  readonly quota: Quota | null;
}

/** Failures are told by a code in the body: of version 1 of the API the status says 200 of most. */
const Envelope = z.object({
  ocs: z.object({ meta: z.object({ statuscode: z.number().int() }), data: z.unknown() }),
});

const DONE = [100, 200];
const EXISTS = 102;
const UNKNOWN = [404, 998];
const MAYBE_DONE = 996;

const Bytes = z.coerce.number().refine(Number.isSafeInteger);
const User = z.object({
  email: z.string().nullable().catch(null),
  quota: z.object({ used: Bytes, total: Bytes }).nullable().catch(null),
});

/**
 * Finds the Nextcloud behind an address, and whether somebody is an administrator of it.
 *
 * @returns where it is installed, and what it is.
 * @throws AppError with a sentence for the person beside the form.
 */
export async function findAccountCloud(
  { url, username, password }: CloudAdmin,
  io: StorageIo,
): Promise<{ readonly url: string; readonly product: string }> {
  const address = parseAddress(url);
  const nextcloud = await findNextcloud(address, io);
  if (!nextcloud) throw nameNoNextcloud(address.host);
  const admin = { url: nextcloud.base.href, username, password };
  const { statuscode } = await ask(admin, io, "GET", "users", { limit: "1" });
  if (!DONE.includes(statuscode)) throw nameCode(statuscode, nextcloud.base.host);
  return { url: nextcloud.base.href, product: nextcloud.product };
}

/**
 * Makes an account, without a password: the Nextcloud sends its owner a link to choose one.
 *
 * One with that name and address that is there already is the one that is wanted: it was made by a try
 * of before whose answer was lost.
 *
 * @throws AppError `conflict` when the name is somebody else's, `invalid_input` for one that the
 *   Nextcloud does not take, and as every request to a storage.
 */
export async function createAccount(
  admin: CloudAdmin,
  account: NewAccount,
  io: StorageIo,
): Promise<void> {
  const { username, name, email, quotaBytes } = account;
  const { statuscode } = await ask(admin, io, "POST", "users", {
    userid: username,
    displayName: name,
    email,
    ...(quotaBytes === null ? {} : { quota: String(quotaBytes) }),
  });
  if (DONE.includes(statuscode)) return;
  const { host } = new URL(admin.url);
  if (statuscode !== EXISTS && statuscode !== MAYBE_DONE) throw nameCode(statuscode, host);
  const known = await findAccount(admin, username, io);
  if (known?.email?.toLowerCase() === email.toLowerCase()) return;
  throw nameCode(statuscode, host);
}

/** @returns `null` when there is none with that name. */
export async function findAccount(
  admin: CloudAdmin,
  username: string,
  io: StorageIo,
): Promise<FoundAccount | null> {
  const answer = await ask(admin, io, "GET", `users/${encodeURIComponent(username)}`);
  if (UNKNOWN.includes(answer.statuscode)) return null;
  const { host } = new URL(admin.url);
  if (!DONE.includes(answer.statuscode)) throw nameCode(answer.statuscode, host);
  const { email, quota } = User.catch({ email: null, quota: null }).parse(answer.data);
  return { email, quota: quota && toQuota(quota.used, quota.total) };
}

/** @param quotaBytes - `null`: as it gives everybody. */
export async function saveQuota(
  admin: CloudAdmin,
  { username, quotaBytes }: Pick<NewAccount, "username" | "quotaBytes">,
  io: StorageIo,
): Promise<void> {
  const value = quotaBytes === null ? "default" : String(quotaBytes);
  const path = `users/${encodeURIComponent(username)}`;
  const { statuscode } = await ask(admin, io, "PUT", path, { key: "quota", value });
  if (!DONE.includes(statuscode)) throw nameCode(statuscode, new URL(admin.url).host);
}

/** @see https://docs.nextcloud.com/server/latest/admin_manual/configuration_user/user_provisioning_api.html */
function ask(
  admin: CloudAdmin,
  io: StorageIo,
  method: "GET" | "POST" | "PUT",
  path: string,
  given: Readonly<Record<string, string>> = {},
): Promise<{ readonly statuscode: number; readonly data?: unknown }> {
  const url = new URL(`ocs/v1.php/cloud/${path}`, admin.url);
  const fields = new URLSearchParams(given);
  url.search = new URLSearchParams(
    method === "GET" ? { ...given, format: "json" } : { format: "json" },
  ).toString();
  return withDeadline(url.host, io.signal, TIMEOUT_MS, async (signal) => {
    const headers = { authorization: toAuthorization(admin), "ocs-apirequest": "true" };
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const request =
      method === "GET"
        ? { url, headers, signal }
        : { url, method, headers: { ...headers, ...form }, body: fields.toString(), signal };
    const expected = [200, 400, 403];
    const options = { headersTimeoutMs: TIMEOUT_MS, ...request };
    const answer = await sendGently(io, options, { expected, name: nameFailure });
    const { ocs } = await readAnswer(answer, Envelope, MAX_ANSWER_BYTES);
    return { statuscode: ocs.meta.statuscode, data: ocs.data };
  });
}

function nameFailure(failed: FailedAnswer, now: Date): AppError | undefined {
  if (failed.status === 401) return nameCode(997, failed.host);
  if (failed.status === 404) return nameSwitchedOff(failed.host);
  return nameNextcloudFailure(failed, now);
}

const nameSwitchedOff = (host: string): AppError =>
  new AppError(
    "storage_refused",
    `${host} does not let accounts be made by other programs: its provisioning API is switched off. Nothing was changed; switch the app 'Provisioning API' on there and try again.`,
  );

function nameCode(statuscode: number, host: string): AppError {
  switch (statuscode) {
    case 101:
      return new AppError(
        "invalid_input",
        `${host} does not take this user name. Nothing was changed; choose another one.`,
      );
    case EXISTS:
      return new AppError(
        "conflict",
        `${host} has an account of this name already, with another e-mail address. Nothing was changed; choose another name.`,
      );
    case 403:
      return new AppError(
        "storage_refused",
        `This account is no administrator of ${host}, so that it cannot make accounts there. Nothing was changed; use the account of an administrator.`,
      );
    case 997:
      return new AppError(
        "storage_reconnect",
        `${host} does not accept this user name and password. Nothing was changed; check them, or enter a new app password.`,
      );
    default:
      return UNKNOWN.includes(statuscode)
        ? new AppError(
            "not_found",
            `${host} has no such account any more. Nothing was changed here; ask the people who run it, or make a new one.`,
          )
        : new AppError(
            "storage_unavailable",
            `${host} could not do it, and says why only in its own log (code ${statuscode}). Nothing is lost; try again, and look there when it stays like this.`,
          );
  }
}
