import type { FastifyInstance } from "fastify";
import type { Config } from "#server/config.ts";

/** What a page of another website may send along, beside what browsers allow anyway. */
const ALLOWED_HEADERS = [
  ...["authorization", "content-type", "last-event-id", "trpc-accept"],
  ...["tus-resumable", "upload-length", "upload-metadata", "upload-offset"],
  ...["range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"],
].join(", ");

/** What it may read, beside the body. */
const EXPOSED_HEADERS = [
  ...["x-request-id", "retry-after"],
  ...["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"],
  ...["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"],
  ...["location", "tus-resumable", "upload-expires", "upload-length", "upload-offset"],
  ...["accept-ranges", "content-disposition", "content-range", "etag"],
].join(", ");

/** As long as Chromium remembers one at most. */
const PREFLIGHT_SECONDS = 7_200;

/**
 * Lets the pages of the websites in `CORS_ORIGINS` read our answers. Never with cookies
 * (`Access-Control-Allow-Credentials` is not sent): they bring a token of their own, and
 * `auth/origin.ts` refuses what comes from there with anything else.
 *
 * For every other origin it does nothing, and so browsers show its pages nothing.
 *
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export function answerOtherOrigins(app: FastifyInstance, http: Config["http"]): void {
  if (http.corsOrigins.length === 0) return;

  // Whoever keeps answers must not give one origin's to another.
  app.addHook("onRequest", async (request, reply) => {
    reply.header("vary", "Origin");
    const { origin } = request.headers;
    if (origin === undefined || !http.corsOrigins.includes(origin)) return;
    reply.header("access-control-allow-origin", origin);
    if (!isPreflight(request)) {
      reply.header("access-control-expose-headers", EXPOSED_HEADERS);
      return;
    }
    return reply
      .code(204)
      .headers({
        "access-control-allow-headers": ALLOWED_HEADERS,
        "access-control-allow-methods": "GET, HEAD, POST, PATCH, DELETE",
        "access-control-max-age": String(PREFLIGHT_SECONDS),
      })
      .send();
  });

  // Late, because routes name more of what theirs depend on.
  app.addHook("onSend", async (_request, reply) => {
    const vary = String(reply.getHeader("vary") ?? "");
    if (!/\borigin\b/i.test(vary)) reply.header("vary", vary === "" ? "Origin" : `${vary}, Origin`);
  });
}

const isPreflight = (request: {
  readonly method: string;
  readonly headers: Readonly<Record<string, unknown>>;
}): boolean =>
  request.method === "OPTIONS" && request.headers["access-control-request-method"] !== undefined;
