import cookie from "@fastify/cookie";
import type { FastifyRequest } from "fastify";
import type { UserId } from "#contract/ids.ts";
import { isForGuest } from "#server/base/actor.ts";
import { whenClosed } from "#server/base/closing.ts";
import { type AccessClaims, readAccessToken } from "./access-token.ts";
import { findCookie } from "./cookies.ts";
import { createCsrfCheck } from "./csrf.ts";
import { isPrivate } from "./private-paths.ts";
import { endWithSession, findActor } from "./service.ts";
import { findTicket, readTicket } from "./tickets.ts";
import { forWholeApp } from "./whole-app.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Its answers go on for long, and have to end with the session. */
    readonly endsWithSession?: boolean;
    /**
     * Begins to read what it will need, while the session is looked at that a good token names. What
     * comes of it is in `ahead`, and for nobody's eyes before there is an actor.
     */
    readonly readAhead?: (request: FastifyRequest, userId: UserId) => Promise<unknown>;
  }
  interface FastifyRequest {
    /**
     * Where `endsWithSession` and somebody is signed in: aborted when the answer is over, the
     * connection is closed, or the session has ended.
     */
    over: AbortSignal | null;
    /** Where `readAhead`. Nobody has to wait for it. */
    ahead: Promise<unknown> | null;
  }
}

/** About half a megabyte. Beyond it the oldest is checked anew. */
const MAX_KNOWN_TOKENS = 1_000;

/**
 * Puts an actor on every request for somebody's data, from the access cookie or a bearer token. The
 * session's row is read each time, so a revoked one is refused on every replica at once; only for
 * bytes, what was read holds for a second if no event comes (`playback/repeats.ts`). Who cannot be
 * recognised is nobody, and no error: what needs somebody says so itself.
 */
export const authPlugin = forWholeApp(async (app, { deps }) => {
  const { http } = deps.config;
  await app.register(cookie);
  app.decorateRequest("actor", null);
  app.decorateRequest("signedSessionId", null);
  app.decorateRequest("over", null);
  app.decorateRequest("ahead", null);
  app.decorate("hasCsrfToken", createCsrfCheck(deps));
  const readToken = createTokenReader(deps);

  /** What the request brings to show on whose behalf it is made. */
  const findProof = async (request: FastifyRequest): Promise<AccessClaims | undefined> => {
    const ticket = findTicket(request);
    // Nothing else that came along counts then.
    if (ticket) return readTicket(deps, ticket);
    const token = findBearer(request) ?? findCookie(http, request, "access");
    const claims = token === undefined ? undefined : await readToken(token);
    request.signedSessionId = claims?.sessionId ?? null;
    return claims;
  };

  app.addHook("onRequest", async (request, reply) => {
    if (!isPrivate(request) || isForGuest(request)) return;
    const { endsWithSession: isLong, readAhead } = request.routeOptions.config;
    const ending = isLong ? whenClosed(reply) : null;
    const claims = await findProof(request);
    if (!claims) return;
    // Before the session is read, so that no end of it falls in between.
    if (ending) request.over = endWithSession(deps, claims.sessionId, ending);
    request.ahead = readAhead?.(request, claims.userId) ?? null;
    // Who waits for it hears of its failure.
    request.ahead?.catch(() => {});
    request.actor = (await findActor(deps, claims)) ?? null;
  });
});

const findBearer = (request: FastifyRequest): string | undefined =>
  /^bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1];

/**
 * Checks the signature of a token once and not with each of the many ranges of a song, because each
 * time costs a round through the thread pool. What a good token says does not change, and whether it
 * is too old is asked with each request.
 */
function createTokenReader(deps: Parameters<typeof readAccessToken>[0]) {
  const known = new Map<string, AccessClaims>();
  return async (token: string): Promise<AccessClaims | undefined> => {
    const found = known.get(token);
    if (found) return found;

    const claims = await readAccessToken(deps, token);
    if (claims) {
      known.set(token, claims);
      const [oldest] = known.keys();
      if (oldest !== undefined && known.size > MAX_KNOWN_TOKENS) known.delete(oldest);
    }
    return claims;
  };
}
