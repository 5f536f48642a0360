import { z } from "zod";
import type { JellyfinProduct } from "#contract/jellyfin.ts";
import { discardBody } from "#server/base/egress/body.ts";
import type { EgressResponse } from "#server/base/egress/client.ts";
import { AppError } from "#server/base/errors.ts";
import { withDeadline } from "./deadline.ts";
import { readAnswer } from "./http.ts";
import {
  type ApiDeps,
  Guid,
  MAX_ANSWER_BYTES,
  NEVER,
  nameFailedCall,
  type Site,
  TIMEOUT_MS,
  toLine,
} from "./media-server.ts";

export interface Probed extends Site {
  readonly serverId: string;
  readonly name: string;
  readonly version: string;
}

const PublicInfo = z.object({
  Id: Guid,
  ServerName: z.string().nullish(),
  Version: z.string().max(40),
  /** Emby names none. */
  ProductName: z.string().nullish(),
  StartupWizardCompleted: z.boolean().nullish(),
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
