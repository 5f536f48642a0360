import type { FastifyPluginAsync } from "fastify";
import type { Deps } from "#server/deps.ts";
import { findOAuthCookie } from "./cookies.ts";
import { completeOAuth, type Landing, type OAuthAnswer } from "./oauth.ts";

/** A redirect, so not tRPC: people come here from a provider's sign-in page. */
export const connectionRoutes: FastifyPluginAsync<{ deps: Deps }> = async (app, { deps }) => {
  app.get<{ Params: { provider: string } }>(
    "/oauth/:provider/callback",
    { exposeHeadRoute: false },
    async (request, reply) => {
      const browser = findOAuthCookie(deps.config.http, request);
      const { provider } = request.params;
      const landing = await completeOAuth(deps, provider, toAnswer(request.query), browser);
      // The address that they came to holds what must not go anywhere else.
      reply.headers({ "cache-control": "no-store", "referrer-policy": "no-referrer" });
      return reply.redirect(toPath(landing), 303);
    },
  );
};

/** Whatever is there twice is not there. */
function toAnswer(query: unknown): OAuthAnswer {
  const given = query as Record<string, unknown>;
  const text = (name: string) => {
    const value = given[name];
    return typeof value === "string" && value.length <= 4096 ? value : undefined;
  };
  return { state: text("state"), code: text("code"), error: text("error"), iss: text("iss") };
}

function toPath({ trouble, provider, bandId, connectionId, isNew }: Landing): string {
  if (trouble === null && isNew) return `/b/${bandId}/storage/${connectionId}/folder`;
  if (trouble === null) return `/b/${bandId}/storage`;
  const query = new URLSearchParams({ why: trouble });
  if (provider) query.set("provider", provider);
  if (bandId) query.set("band", bandId);
  if (connectionId) query.set("connection", connectionId);
  return `/not-connected?${query}`;
}
