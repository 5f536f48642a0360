import { Readable } from "node:stream";
import { AppError } from "#server/base/errors.ts";
import type { Call } from "./call.ts";
import { type Headers, toBodilessHeaders, toHarmlessHeaders } from "./headers.ts";
import { parseTarget, type Target } from "./url.ts";

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Where an answer sends us on to; `undefined` when it is an answer like others. */
export function findRedirect(status: number, headers: Headers): string | undefined {
  return redirects.has(status) ? headers.location : undefined;
}

/**
 * The request that a redirect asks for.
 *
 * 303 becomes a GET; so does POST at 301 and 302, as browsers do. Every other method, DAV's
 * included, is repeated as it was. Whatever could be a credential stays with the origin it was
 * meant for and does not come back, should a later hop return there. A body does travel with 307
 * and 308, so who sends secrets in one does not follow redirects.
 *
 * @throws AppError `storage_refused` for a forbidden address, a step from https to http, and a body
 *   that can be sent only once.
 * @see https://fetch.spec.whatwg.org/#http-redirect-fetch
 */
export function createNextCall(call: Call, status: number, location: string): Call {
  const target = parseTarget(location, call.target.url);
  if (call.target.isSecure && !target.isSecure) throw refuseDowngrade(call.target, target);
  const isPlain = becomesGet(call.method, status);
  if (!isPlain && call.body instanceof Readable) throw refuseRepeat(call.target);
  const kept = isPlain ? toBodilessHeaders(call.headers) : call.headers;
  return {
    ...call,
    target,
    method: isPlain ? "GET" : call.method,
    body: isPlain ? undefined : call.body,
    headers: target.url.origin === call.target.url.origin ? kept : toHarmlessHeaders(kept),
  };
}

export function refuseMoreRedirects(target: Target): AppError {
  return new AppError(
    "storage_refused",
    `${target.host} sends every request on to another address, again and again. Check the address, or enter the one it finally leads to.`,
  );
}

function becomesGet(method: string, status: number): boolean {
  if (method === "GET" || method === "HEAD") return false;
  return status === 303 || (method === "POST" && (status === 301 || status === 302));
}

function refuseDowngrade(from: Target, to: Target): AppError {
  return new AppError(
    "storage_refused",
    `${from.host} sends requests on to ${to.host} without encryption, which would show your password on the way. Ask the people who run it to redirect to https.`,
  );
}

function refuseRepeat(target: Target): AppError {
  return new AppError(
    "storage_refused",
    `${target.host} sent an upload on to another address. Enter the address it finally leads to and try again.`,
  );
}
