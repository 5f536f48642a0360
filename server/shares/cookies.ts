import type { FastifyReply, FastifyRequest } from "fastify";
import type { Config } from "#server/config.ts";
import { GUEST_SECONDS } from "./guests.ts";

type Http = Pick<Config["http"], "isSecure">;

/** Over https `__Host-` keeps other subdomains from planting it; see `auth/cookies.ts`. */
const nameOf = ({ isSecure }: Http): string => `${isSecure ? "__Host-" : ""}backline-guest`;

/** Random, and nobody's: it tells a browser that has opened a link from all others. */
export const findGuestCookie = (http: Http, request: FastifyRequest): string | undefined =>
  request.cookies[nameOf(http)];

/** `Lax`, because a page that was opened by a link from elsewhere asks for its cover at once. */
export function setGuestCookie(http: Http, reply: FastifyReply, value: string): void {
  reply.setCookie(nameOf(http), value, {
    path: "/",
    httpOnly: true,
    secure: http.isSecure,
    sameSite: "lax",
    maxAge: GUEST_SECONDS,
  });
}
