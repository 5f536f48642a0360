import { z } from "zod";
import { discardBody } from "#server/base/egress/body.ts";
import { AppError } from "#server/base/errors.ts";
import { withDeadline } from "#server/storage/deadline.ts";
import { type FailedAnswer, readAnswer } from "#server/storage/http.ts";
import type { BegunLogin, StorageIo } from "#server/storage/provider.ts";
import type { Credential } from "./credential.ts";
import { findNextcloud, nameNextcloudFailure, nameNoNextcloud, toFilesUrl } from "./nextcloud.ts";
import { sendGently } from "./restraint.ts";
import { parseAddress } from "./verify.ts";

const TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** Tokens have 128 characters today. */
const Address = z.string().min(1).max(2048);

const Begun = z.object({
  poll: z.object({ token: z.string().min(16).max(1024), endpoint: Address }),
  login: Address,
});

const Granted = z.object({
  server: Address,
  loginName: z.string().min(1).max(255),
  appPassword: z.string().min(1).max(1024),
});

/** What the Nextcloud is asked with until somebody has signed in there. */
const Held = z.strictObject({
  base: z.url(),
  product: z.string(),
  endpoint: z.url(),
  token: z.string(),
});

/**
 * Begins Login Flow v2: the Nextcloud makes a page where people sign in as they always do, and tells
 * whoever has the token what came of it.
 *
 * @see https://docs.nextcloud.com/server/latest/developer_manual/client_apis/LoginFlow/index.html#login-flow-v2
 */
export async function beginLogin(typed: string, io: StorageIo): Promise<BegunLogin> {
  const address = parseAddress(typed);
  const nextcloud = await findNextcloud(address, io);
  if (!nextcloud) throw nameNoNextcloud(address.host);
  const { base, product } = nextcloud;
  const { poll, login } = await withDeadline(base.host, io.signal, TIMEOUT_MS, async (signal) => {
    const url = new URL("index.php/login/v2", base);
    const expectation = { expected: [200], name: nameBeginFailure };
    return readAnswer(
      await sendGently(io, { url, method: "POST", signal }, expectation),
      Begun,
      MAX_ANSWER_BYTES,
    );
  });
  const endpoint = requireOwn(base, poll.endpoint).href;
  const held: z.output<typeof Held> = { base: base.href, product, endpoint, token: poll.token };
  return { loginUrl: requireOwn(base, login), host: base.host, product, held };
}

/**
 * Asks once. A Nextcloud tells what was granted a single time, and answers 404 before it, after it,
 * and when it has forgotten the token.
 *
 * @returns `null` while there is nothing to tell.
 */
export async function pollLogin(held: unknown, io: StorageIo): Promise<Credential | null> {
  const { base, product, endpoint, token } = Held.parse(held);
  const { host } = new URL(base);
  const granted = await withDeadline(host, io.signal, TIMEOUT_MS, async (signal) => {
    const answer = await sendGently(
      io,
      {
        url: endpoint,
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ token }).toString(),
        signal,
      },
      { expected: [200, 404], name: nameNextcloudFailure },
    );
    if (answer.status === 200) return readAnswer(answer, Granted, MAX_ANSWER_BYTES);
    discardBody(answer.body);
    return null;
  });
  if (!granted) return null;
  const { loginName: username, appPassword: password } = granted;
  // The path may differ from what was asked, where a proxy hides it.
  const server = requireOwn(new URL(base), granted.server);
  if (!server.pathname.endsWith("/")) server.pathname += "/";
  const url = toFilesUrl(server, username);
  return { url, username, password, dialect: "nextcloud", product };
}

/**
 * What a Nextcloud says of its own addresses must be of the host that the person named: their
 * password is typed at one, and ours is sent to the other. One behind a proxy often believes that it
 * is reached over http; what was found over https stays there.
 */
export function requireOwn(base: URL, said: string): URL {
  const url = URL.parse(said);
  if (url?.protocol === "http:" && base.protocol === "https:") url.protocol = "https:";
  if (url?.origin === base.origin && url.username === "" && url.password === "") return url;
  const other = url && url.host !== "" && url.host !== base.host ? url.host : "another place";
  throw new AppError(
    "storage_refused",
    `${base.host} sends people to ${other} for signing in. If that is where your Nextcloud is, enter its address instead; or connect with an app password.`,
  );
}

function nameBeginFailure(failed: FailedAnswer, now: Date): AppError | undefined {
  if (![400, 403, 404, 405, 501].includes(failed.status)) return nameNextcloudFailure(failed, now);
  return new AppError(
    "storage_refused",
    `${failed.host} does not offer to sign in at its own pages. Connect it with your user name and an app password instead.`,
  );
}
