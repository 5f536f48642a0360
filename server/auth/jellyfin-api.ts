import { z } from "zod";
import type { JellyfinCredentials, JellyfinProduct } from "#contract/jellyfin.ts";
import { discardBody } from "#server/base/egress/body.ts";
import type { EgressResponse } from "#server/base/egress/client.ts";
import { AppError } from "#server/base/errors.ts";
import { version } from "#server/base/version.ts";
import type { Deps } from "#server/deps.ts";
import { withDeadline } from "#server/storage/deadline.ts";
import { readAnswer } from "#server/storage/http.ts";

/** What a Jellyfin or Emby server says, and how it wants to be asked. Nothing here is ours. */

export interface Site {
  /** Without a slash at its end. */
  readonly url: string;
  readonly product: JellyfinProduct;
}

export interface Probed extends Site {
  readonly serverId: string;
  readonly name: string;
  readonly version: string;
}

/** Whom a server has recognised, and the token that it gave for that. */
export interface Recognised {
  readonly serverId: string;
  readonly externalId: string;
  readonly name: string;
  readonly isDisabled: boolean;
  readonly hasPassword: boolean;
  readonly token: string;
}

type ApiDeps = Pick<Deps, "config" | "egress">;

const TIMEOUT_MS = 15_000;
const MAX_ANSWER_BYTES = 512 * 1024;
const MAX_NAME = 100;

/** A GUID, with or without dashes: servers of different age write the same one differently. */
const Guid = z
  .string()
  .regex(/^[\w-]{1,64}$/)
  .transform((id) => id.toLowerCase().replaceAll("-", ""));

const PublicInfo = z.object({
  Id: Guid,
  ServerName: z.string().nullish(),
  Version: z.string().max(40),
  /** Emby names none. */
  ProductName: z.string().nullish(),
  StartupWizardCompleted: z.boolean().nullish(),
});

const AuthenticationResult = z.object({
  AccessToken: z.string().regex(/^[\x21-\x7e]{1,512}$/),
  ServerId: Guid,
  User: z.object({
    Id: Guid,
    Name: z.string().nullish(),
    HasPassword: z.boolean().nullish(),
    Policy: z.object({ IsDisabled: z.boolean().nullish() }).nullish(),
  }),
});

/**
 * Asks who answers at an address, without credentials.
 *
 * @param address - as a person typed or pasted it, also with the path of its web client.
 * @throws AppError `invalid_input`, `storage_refused` or `storage_unavailable`, each with what to do.
 * @see https://api.jellyfin.org/#tag/System/operation/GetPublicSystemInfo
 */
export async function probe(deps: ApiDeps, address: string): Promise<Probed> {
  const url = toBase(address);
  const { host } = new URL(url);
  return withDeadline(host, NEVER, TIMEOUT_MS, async (signal) => {
    const answer = await deps.egress.request({
      url: `${url}/System/Info/Public`,
      headers: { accept: "application/json" },
      signal,
    });
    if (answer.status !== 200) throw nameProbeFailure(host, answer);
    const info = await readAnswer(answer, PublicInfo, MAX_ANSWER_BYTES).catch((cause: unknown) => {
      throw isNone(host, cause);
    });
    const product = productOf(info.ProductName ?? "");
    if (!product) throw isNone(host);
    if (info.StartupWizardCompleted === false) throw isUnfinished(host);
    const name = toLine(info.ServerName) || (product === "emby" ? "Emby" : "Jellyfin");
    return { url, product, serverId: info.Id, name, version: info.Version };
  });
}

/**
 * Shows a password to the server.
 *
 * Jellyfin looks whether an account is disabled, or may come in at this hour, before it looks at the
 * password: its 403 tells nothing of whoever asks, and is no other answer than a wrong password here.
 *
 * @param deviceId - of older tokens for the same account and device none works afterwards.
 * @returns `undefined` when it does not let them in.
 * @throws AppError `storage_refused` or `storage_unavailable`.
 * @see https://api.jellyfin.org/#tag/User/operation/AuthenticateUserByName
 * @see https://dev.emby.media/doc/restapi/User-Authentication.html
 */
export async function authenticate(
  deps: ApiDeps,
  site: Site,
  deviceId: string,
  { username, password }: JellyfinCredentials,
): Promise<Recognised | undefined> {
  return withDeadline(new URL(site.url).host, NEVER, TIMEOUT_MS, async (signal) => {
    const answer = await deps.egress.request({
      url: `${site.url}/Users/AuthenticateByName`,
      method: "POST",
      headers: {
        ...introduce(deps, site, deviceId),
        accept: "application/json",
        "content-type": "application/json",
      },
      body: JSON.stringify({ Username: username, Pw: password }),
      signal,
    });
    if (answer.status === 401 || answer.status === 403) {
      discardBody(answer.body);
      return undefined;
    }
    if (answer.status !== 200) throw nameFailedCall(answer);
    const { AccessToken, ServerId, User } = await readAnswer(
      answer,
      AuthenticationResult,
      MAX_ANSWER_BYTES,
    );
    return {
      serverId: ServerId,
      externalId: User.Id,
      name: toLine(User.Name) || username,
      isDisabled: User.Policy?.IsDisabled === true,
      hasPassword: User.HasPassword !== false,
      token: AccessToken,
    };
  });
}

/**
 * Makes a token worth nothing; one that is that already is no failure.
 *
 * @throws AppError `storage_refused` or `storage_unavailable` when the token may still be good.
 * @see https://api.jellyfin.org/#tag/Session/operation/ReportSessionEnded
 */
export async function logOut(
  deps: ApiDeps,
  site: Site,
  deviceId: string,
  token: string,
  signal: AbortSignal = NEVER,
): Promise<void> {
  await withDeadline(new URL(site.url).host, signal, TIMEOUT_MS, async (ending) => {
    const answer = await deps.egress.request({
      url: `${site.url}/Sessions/Logout`,
      method: "POST",
      headers: introduce(deps, site, deviceId, token),
      signal: ending,
    });
    const isOver = (answer.status >= 200 && answer.status < 300) || answer.status === 401;
    if (!isOver) throw nameFailedCall(answer);
    discardBody(answer.body);
  });
}

/** Nobody hangs up on these: a token that was given and not noted could not be taken back. */
const NEVER = new AbortController().signal;

/**
 * Jellyfin reads `Authorization` alone (from 12 on nothing else), with values that are URL-encoded;
 * Emby wants a scheme of its own name, in a header of its own besides.
 */
function introduce(
  deps: ApiDeps,
  { product }: Site,
  deviceId: string,
  token?: string,
): Record<string, string> {
  const said = {
    Client: "Backline",
    Device: deps.config.http.publicUrl.hostname,
    DeviceId: deviceId,
    Version: version,
    ...(token === undefined ? {} : { Token: token }),
  };
  const parameters = Object.entries(said).map(
    ([name, value]) => `${name}="${encodeURIComponent(value)}"`,
  );
  if (product === "jellyfin") return { authorization: `MediaBrowser ${parameters.join(", ")}` };
  const line = `Emby ${parameters.join(", ")}`;
  return {
    authorization: line,
    "x-emby-authorization": line,
    ...(token === undefined ? {} : { "x-emby-token": token }),
  };
}

/** The top of the server, where people paste the address of a page in it. */
function toBase(address: string): string {
  const url = URL.parse(address);
  if (!url) {
    throw new AppError(
      "invalid_input",
      "This is not a complete web address. It should look like https://media.example.",
    );
  }
  url.search = "";
  url.hash = "";
  url.pathname = url.pathname.replace(/\/web(\/.*)?$/, "").replace(/\/+$/, "");
  return url.href.replace(/\/$/, "");
}

function productOf(productName: string): JellyfinProduct | undefined {
  if (/jellyfin/i.test(productName)) return "jellyfin";
  return productName === "" || /emby/i.test(productName) ? "emby" : undefined;
}

/** Names of theirs are shown in lines of ours. */
const toLine = (text: string | null | undefined): string =>
  (text ?? "")
    .replaceAll(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, MAX_NAME)
    .toWellFormed();

function nameProbeFailure(host: string, answer: EgressResponse): AppError {
  const { status, headers } = answer;
  if (status < 300 || status >= 400) return status >= 500 ? nameFailedCall(answer) : none(answer);
  discardBody(answer.body);
  const target = URL.parse(headers.location ?? "", answer.url.href);
  return new AppError(
    "storage_refused",
    `${host} sends this server on to ${target?.origin ?? "another address"}, and passwords are not sent after that. Use the address where it ends. Nothing was changed.`,
  );
}

function none(answer: EgressResponse): AppError {
  discardBody(answer.body);
  return isNone(answer.url.host);
}

const isNone = (host: string, cause?: unknown): AppError =>
  new AppError(
    "storage_refused",
    `What answers at ${host} is not a Jellyfin or Emby server. Use the address at which you open it in a browser, with its path if it has one. Nothing was changed.`,
    { cause },
  );

const isUnfinished = (host: string): AppError =>
  new AppError(
    "storage_refused",
    `The server at ${host} has not been set up yet, so whoever comes first decides who it belongs to. Finish its own set-up, then try again. Nothing was changed.`,
  );

function nameFailedCall(answer: EgressResponse): AppError {
  discardBody(answer.body);
  return new AppError(
    "storage_unavailable",
    `${answer.url.host} has a problem of its own at the moment (status ${answer.status}). Nothing was changed; try again in a while.`,
  );
}
