import type { CookieSerializeOptions } from "@fastify/cookie";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Config } from "#server/config.ts";
import type { Grant } from "./service.ts";

/**
 * The five cookies, none of them readable by a script.
 *
 * - `access`: the signed envelope. `Lax`, because people come back from a provider's sign-in page
 *   and from links in mails. It is kept as long as `refresh` although its content expires sooner:
 *   what it names binds the CSRF token, also while it waits to be renewed.
 * - `refresh`: only ever sent by our own pages, so `Strict`.
 * - `pre`: random, for whoever is not signed in; a CSRF token needs something to be bound to.
 * - `device`: whose this browser has been before. It lets nobody in, but people who guess at an
 *   account from elsewhere do not slow its owner down here.
 * - `browser`: random, for whoever signs in through a media server, which has to know one device from
 *   another. It is told a MAC that it goes into, never the cookie.
 */
type CookieName = "access" | "refresh" | "pre" | "device" | "browser";

const SAME_SITE: Readonly<Record<CookieName, "lax" | "strict">> = {
  access: "lax",
  refresh: "strict",
  pre: "strict",
  device: "strict",
  browser: "strict",
};

type Http = Pick<Config["http"], "isSecure">;

/**
 * Over https `__Host-` keeps other subdomains from planting cookies. Over plain http browsers refuse
 * that prefix (and Safari refuses `Secure` even on localhost), so there the names go without.
 */
const nameOf = (http: Http, name: CookieName): string =>
  `${http.isSecure ? "__Host-" : ""}backline-${name}`;

const attributesOf = (http: Http, name: CookieName): CookieSerializeOptions => ({
  path: "/",
  httpOnly: true,
  secure: http.isSecure,
  sameSite: SAME_SITE[name],
});

export const findCookie = (
  http: Http,
  request: FastifyRequest,
  name: CookieName,
): string | undefined => request.cookies[nameOf(http, name)];

export function setSessionCookies(http: Http, reply: FastifyReply, grant: Grant): void {
  const age = grant.rememberForSeconds === null ? {} : { maxAge: grant.rememberForSeconds };
  const { accessToken, refreshToken } = grant;
  reply.setCookie(nameOf(http, "access"), accessToken, { ...attributesOf(http, "access"), ...age });
  reply.setCookie(nameOf(http, "refresh"), refreshToken, {
    ...attributesOf(http, "refresh"),
    ...age,
  });
}

export function setPreSessionCookie(http: Http, reply: FastifyReply, value: string): void {
  reply.setCookie(nameOf(http, "pre"), value, attributesOf(http, "pre"));
}

const DEVICE_SECONDS = 400 * 86_400;

/** What stays when somebody signs out. */
export function setLastingCookie(
  http: Http,
  reply: FastifyReply,
  name: "device" | "browser",
  value: string,
): void {
  const attributes = { ...attributesOf(http, name), maxAge: DEVICE_SECONDS };
  reply.setCookie(nameOf(http, name), value, attributes);
}

export function clearSessionCookies(http: Http, reply: FastifyReply): void {
  for (const name of ["access", "refresh", "pre"] as const) clearCookie(http, reply, name);
}

export function clearCookie(http: Http, reply: FastifyReply, name: CookieName): void {
  reply.clearCookie(nameOf(http, name), attributesOf(http, name));
}
