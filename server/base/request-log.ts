import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
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
    logWhenOver(request.log, request.raw, reply.raw, () => ({
      path: pathOf(request),
      route: request.routeOptions.url,
    }));
  });
}

interface Place {
  /** Where the log does not say it already. */
  readonly reqId?: string;
  readonly path: string;
  readonly route: string | undefined;
}

/**
 * @param placeOf - is asked when the answer is over.
 * @param startedMs - by `performance.now()`, when the request came.
 */
export function logWhenOver(
  log: Pick<FastifyRequest["log"], "info">,
  { method, socket }: IncomingMessage,
  answer: ServerResponse,
  placeOf: () => Place,
  startedMs = performance.now(),
): void {
  const sentBefore = socket.bytesWritten ?? 0;
  answer.once("close", () => {
    log.info(
      {
        method,
        ...placeOf(),
        status: answer.statusCode,
        durationMs: Math.round(performance.now() - startedMs),
        bytes: (socket.bytesWritten ?? 0) - sentBefore,
        ...(answer.writableFinished ? {} : { isCut: true }),
      },
      "request",
    );
  });
}

/** The secret of a public link is in the path. */
const pathOf = ({ url, routeOptions }: FastifyRequest): string =>
  routeOptions.url?.includes(":shareToken")
    ? routeOptions.url
    : (url.split("?")[0] ?? "").slice(0, MAX_PATH_LENGTH);
