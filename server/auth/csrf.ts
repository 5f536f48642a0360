import type { FastifyReply, FastifyRequest } from "fastify";
import type { SessionId } from "#contract/ids.ts";
import { AppError } from "#server/base/errors.ts";
import type { SessionKeys } from "#server/base/keys.ts";
import type { Deps } from "#server/deps.ts";
import { findCookie, setPreSessionCookie } from "./cookies.ts";
import { createToken, isToken } from "./crypto.ts";

const HEADER = "x-csrf-token";

/** Decides for one request; `authPlugin` puts it on the app, so that a request is enough to ask. */
export type CsrfCheck = (request: FastifyRequest) => boolean;

declare module "fastify" {
  interface FastifyInstance {
    hasCsrfToken: CsrfCheck;
  }
  interface FastifyRequest {
    /** The session named by a token that we signed. It may have ended: only `actor` says who it is. */
    signedSessionId: SessionId | null;
  }
}

/**
 * Asks for the token that `auth.csrf` gave out, in `x-csrf-token`. Needed for every change but those
 * that a bearer token authorises without any cookie: no browser adds that header by itself.
 *
 * @throws AppError `csrf_failed`
 */
export function requireCsrf(request: FastifyRequest): void {
  const isBearer = /^bearer /i.test(request.headers.authorization ?? "");
  if (isBearer && request.headers.cookie === undefined) return;
  if (request.server.hasCsrfToken(request)) return;
  throw isOutOfDate();
}

const isOutOfDate = (): AppError =>
  new AppError(
    "csrf_failed",
    "This page is out of date, perhaps because you signed in or out in another window. Nothing was changed; reload the page and try again.",
  );

export const createCsrfCheck =
  (deps: Pick<Deps, "config" | "sessionKeys">): CsrfCheck =>
  (request) => {
    const binding = bindingOf(deps, request);
    const token = request.headers[HEADER];
    return (
      binding !== undefined &&
      typeof token === "string" &&
      isSignedFor(deps.sessionKeys, binding, token)
    );
  };

/** Makes a token for this browser, which gets a pre-session cookie when it has nothing to bind to. */
export function giveCsrfToken(
  deps: Pick<Deps, "config" | "sessionKeys">,
  request: FastifyRequest,
  reply: FastifyReply,
): string {
  const known = bindingOf(deps, request);
  if (known !== undefined) return signFor(deps.sessionKeys, known);
  const value = createToken();
  setPreSessionCookie(deps.config.http, reply, value);
  return signFor(deps.sessionKeys, preSession(value));
}

/**
 * What a browser is known by, signed in or not: what was given to one is worth nothing in another.
 *
 * @throws AppError `csrf_failed` for a client that is known by nothing.
 */
export function requireBrowser(deps: Pick<Deps, "config">, request: FastifyRequest): string {
  const binding = bindingOf(deps, request);
  if (binding === undefined) throw isOutOfDate();
  return binding;
}

/**
 * The session that the browser's cookie names, expired or not, so that a token lasts as long as the
 * session; else its pre-session cookie. Signing in or out changes it, and with it dies the token.
 */
function bindingOf(deps: Pick<Deps, "config">, request: FastifyRequest): string | undefined {
  if (request.signedSessionId) return `session ${request.signedSessionId}`;
  const value = findCookie(deps.config.http, request, "pre");
  return value !== undefined && isToken(value) ? preSession(value) : undefined;
}

const preSession = (value: string): string => `pre ${value}`;

/** A token is `random.kid.mac`; the mac is over binding and random. */
function signFor(keys: SessionKeys, binding: string): string {
  const random = createToken();
  return `${random}.${keys.sign("csrf", `${binding} ${random}`)}`;
}

function isSignedFor(keys: SessionKeys, binding: string, token: string): boolean {
  const dot = token.indexOf(".");
  const [random, signature] = [token.slice(0, dot), token.slice(dot + 1)];
  return isToken(random) && keys.isSigned("csrf", `${binding} ${random}`, signature);
}
