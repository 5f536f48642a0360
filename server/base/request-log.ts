import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";

const MAX_PATH_LENGTH = 300;

/** A proxy's id is kept when it is one; anything else gets one of ours. */
export function toRequestId(message: IncomingMessage): string {
  const given = message.headers["x-request-id"];
  return typeof given === "string" && /^[\w-]{8,64}$/.test(given) ? given : randomUUID();
}

/**
 * Writes one line a request, when its answer is over or was cut off, and gives the id back so that
 * a person can name it. No query string: tRPC's input is in there, and tokens of links may be.
 */
export function logRequests(app: FastifyInstance): void {
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
    const startedMs = performance.now();
    const { socket } = request.raw;
    const sentBefore = socket.bytesWritten ?? 0;
    reply.raw.once("close", () => {
      const isComplete = reply.raw.writableFinished;
      request.log.info(
        {
          method: request.method,
          path: pathOf(request),
          route: request.routeOptions.url,
          status: reply.raw.statusCode,
          durationMs: Math.round(performance.now() - startedMs),
          bytes: (socket.bytesWritten ?? 0) - sentBefore,
          ...(isComplete ? {} : { isCut: true }),
        },
        "request",
      );
    });
  });
}

/** The secret of a public link is in the path. */
const pathOf = ({ url, routeOptions }: FastifyRequest): string =>
  routeOptions.url?.includes(":shareToken")
    ? routeOptions.url
    : (url.split("?")[0] ?? "").slice(0, MAX_PATH_LENGTH);
