import type { FastifyReply, FastifyRequest } from "fastify";
import { createToken, isToken } from "#server/auth/crypto.ts";
import type { Config } from "#server/config.ts";
import { STATE_SECONDS } from "./oauth.ts";

type Http = Pick<Config["http"], "isSecure">;

/** Over https `__Host-` keeps other subdomains from planting it; see `auth/cookies.ts`. */
const nameOf = ({ isSecure }: Http): string => `${isSecure ? "__Host-" : ""}backline-oauth`;

/** Random, and nobody's: it tells the browser that began from all others. */
export const findOAuthCookie = (http: Http, request: FastifyRequest): string | undefined =>
  request.cookies[nameOf(http)];

/**
 * `Lax`, because people come back from another website. Whoever connects in two tabs has one for both.
 *
 * @returns what it is.
 */
export function renewOAuthCookie(http: Http, request: FastifyRequest, reply: FastifyReply): string {
  const known = findOAuthCookie(http, request);
  const value = known !== undefined && isToken(known) ? known : createToken();
  reply.setCookie(nameOf(http), value, {
    path: "/",
    httpOnly: true,
    secure: http.isSecure,
    sameSite: "lax",
    maxAge: STATE_SECONDS,
  });
  return value;
}
