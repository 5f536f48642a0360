import cookie from "@fastify/cookie";
import type { FastifyRequest } from "fastify";
import { readAccessToken } from "./access-token.ts";
import { findCookie } from "./cookies.ts";
import { createCsrfCheck } from "./csrf.ts";
import { isPrivate } from "./private-paths.ts";
import { findActor } from "./service.ts";
import { forWholeApp } from "./whole-app.ts";

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

  app.addHook("onRequest", async (request) => {
    if (!isPrivate(request)) return;
    const token = findBearer(request) ?? findCookie(http, request, "access");
    const claims = token === undefined ? undefined : await readAccessToken(deps, token);
    if (!claims) return;
    request.signedSessionId = claims.sessionId;
    request.actor = (await findActor(deps, claims)) ?? null;
  });
});

const findBearer = (request: FastifyRequest): string | undefined =>
  /^bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
