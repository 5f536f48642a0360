import cookie from "@fastify/cookie";
import type { FastifyRequest } from "fastify";
import { decodeJwt } from "jose";
import { type AccessClaims, readAccessToken } from "./access-token.ts";
import { findCookie } from "./cookies.ts";
import { createCsrfCheck } from "./csrf.ts";
import { isPrivate } from "./private-paths.ts";
import { findActor } from "./service.ts";
import { forWholeApp } from "./whole-app.ts";

/** About half a megabyte. Beyond it the oldest is checked anew. */
const MAX_KNOWN_TOKENS = 1_000;

/**
 * Puts an actor on every request for somebody's data, from the access cookie or a bearer token. The
 * session's row is read each time, so a revoked one is refused on every replica at once. Who cannot
 * be recognised is nobody, and no error: what needs somebody says so itself.
 */
export const authPlugin = forWholeApp(async (app, { deps }) => {
  const { http } = deps.config;
  await app.register(cookie);
  app.decorateRequest("actor", null);
  app.decorateRequest("signedSessionId", null);
  app.decorate("hasCsrfToken", createCsrfCheck(deps));
  const readToken = createTokenReader(deps);

  app.addHook("onRequest", async (request) => {
    if (!isPrivate(request)) return;
    const token = findBearer(request) ?? findCookie(http, request, "access");
    const claims = token === undefined ? undefined : await readToken(token);
    if (!claims) return;
    request.signedSessionId = claims.sessionId;
    request.actor = (await findActor(deps, claims)) ?? null;
  });
});

const findBearer = (request: FastifyRequest): string | undefined =>
  /^bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1];

/**
 * Checks the signature of a token once and not with each of the many ranges of a song, because each
 * time costs a round through the thread pool. What a good token says does not change until its `exp`;
 * from then on it is checked again.
 */
function createTokenReader(deps: Parameters<typeof readAccessToken>[0]) {
  const known = new Map<string, { readonly claims: AccessClaims; readonly untilMs: number }>();
  return async (token: string): Promise<AccessClaims | undefined> => {
    const nowMs = deps.now().getTime();
    const found = known.get(token);
    if (found && nowMs < found.untilMs) return found.claims;

    const claims = await readAccessToken(deps, token);
    known.delete(token);
    if (claims && !claims.isExpired) {
      known.set(token, { claims, untilMs: (decodeJwt(token).exp ?? 0) * 1000 });
      const [oldest] = known.keys();
      if (oldest !== undefined && known.size > MAX_KNOWN_TOKENS) known.delete(oldest);
    }
    return claims;
  };
}
