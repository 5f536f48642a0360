import { z } from "zod";
import type { JellyfinCredentials, JellyfinProduct } from "#contract/jellyfin.ts";
import { discardBody } from "#server/base/egress/body.ts";
import type { EgressResponse } from "#server/base/egress/client.ts";
import { AppError } from "#server/base/errors.ts";
import { version } from "#server/base/version.ts";
import { withDeadline } from "./deadline.ts";
import { readAnswer } from "./http.ts";
import type { StorageIo } from "./provider.ts";

/**
 * What a Jellyfin or Emby server says, and how it wants to be asked: of its accounts, for signing in
 * here with one and for a storage. Nothing here is ours.
 */

export interface Site {
  /** Without a slash at its end. */
  readonly url: string;
  readonly product: JellyfinProduct;
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

/** What of us a server is to take for one device: it keeps one token an account and device. */
export interface OwnDevice {
  readonly id: string;
  /** For the list of devices that it shows to people. */
  readonly name: string;
}

export type ApiDeps = Pick<StorageIo, "egress">;

export const TIMEOUT_MS = 15_000;
export const MAX_ANSWER_BYTES = 512 * 1024;
const MAX_NAME = 100;

/** A GUID, with or without dashes: servers of different age write the same one differently. */
export const Guid = z
  .string()
  .regex(/^[\w-]{1,64}$/)
  .transform((id) => id.toLowerCase().replaceAll("-", ""));

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
 * Shows a password to the server.
 *
 * Jellyfin looks whether an account is disabled, or may come in at this hour, before it looks at the
 * password: that it is `barred` tells nothing of whoever asks.
 *
 * @param device - of older tokens for the same account and device none works afterwards.
 * @returns why it does not let them in, when it does not.
 * @throws AppError `storage_refused` or `storage_unavailable`.
 * @see https://api.jellyfin.org/#tag/User/operation/AuthenticateUserByName
 * @see https://dev.emby.media/doc/restapi/User-Authentication.html
 */
export async function authenticate(
  deps: ApiDeps,
  site: Site,
  device: OwnDevice,
  { username, password }: JellyfinCredentials,
): Promise<Recognised | "wrong" | "barred"> {
  return withDeadline(new URL(site.url).host, NEVER, TIMEOUT_MS, async (signal) => {
    const answer = await deps.egress.request({
      url: toApiUrl(site, "Users/AuthenticateByName"),
      method: "POST",
      headers: {
        ...introduce(site, device),
        accept: "application/json",
        "content-type": "application/json",
      },
      body: JSON.stringify({ Username: username, Pw: password }),
      signal,
    });
    if (answer.status === 401 || answer.status === 403) {
      discardBody(answer.body);
      return answer.status === 401 ? "wrong" : "barred";
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
  device: OwnDevice,
  token: string,
  signal: AbortSignal = NEVER,
): Promise<void> {
  await withDeadline(new URL(site.url).host, signal, TIMEOUT_MS, async (ending) => {
    const answer = await deps.egress.request({
      url: toApiUrl(site, "Sessions/Logout"),
      method: "POST",
      headers: introduce(site, device, token),
      signal: ending,
    });
    const isOver = (answer.status >= 200 && answer.status < 300) || answer.status === 401;
    if (!isOver) throw nameFailedCall(answer);
    discardBody(answer.body);
  });
}

/** Nobody hangs up on these: a token that was given and not noted could not be taken back. */
export const NEVER = new AbortController().signal;

/**
 * Jellyfin reads `Authorization` alone (from 12 on nothing else), with values that are URL-encoded;
 * Emby wants a scheme of its own name, in a header of its own besides.
 */
export function introduce(
  { product }: Pick<Site, "product">,
  device: OwnDevice,
  token?: string,
): Record<string, string> {
  const said = {
    Client: "Backline",
    Device: device.name,
    DeviceId: device.id,
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

/**
 * Where a server answers programs: an Emby below `/emby`, wherever else it answers too.
 *
 * @see https://dev.emby.media/doc/restapi/API-Key-Authentication.html for its addresses.
 */
export function toApiUrl({ url, product }: Site, path: string): string {
  const hasPrefix = product !== "emby" || /\/emby$/i.test(url);
  return `${url}${hasPrefix ? "" : "/emby"}/${path}`;
}

/** Names of theirs are shown in lines of ours. */
export const toLine = (text: string | null | undefined): string =>
  (text ?? "")
    .replaceAll(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, MAX_NAME)
    .toWellFormed();

export function nameFailedCall(answer: EgressResponse): AppError {
  discardBody(answer.body);
  return new AppError(
    "storage_unavailable",
    `${answer.url.host} has a problem of its own at the moment (status ${answer.status}). Nothing was changed; try again in a while.`,
  );
}
