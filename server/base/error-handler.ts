import type { FastifyInstance } from "fastify";
import { AppError, statusOf, toWireError } from "./errors.ts";
import { nameFailure } from "./failures.ts";

/** Gives every failed response outside tRPC the one error shape, and logs what is our fault. */
export function handleErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    const named = nameFailure(error);
    if (named.code === "internal") request.log.error({ err: error }, "request failed");
    if (named.retryAfterSeconds !== undefined) {
      reply.header("retry-after", String(Math.max(1, Math.ceil(named.retryAfterSeconds))));
    }
    return reply
      .code(statusOf(named.code))
      .header("cache-control", "no-store")
      .type("application/json; charset=utf-8")
      .send(toWireError(named));
  });

  app.setNotFoundHandler(() => {
    throw new AppError("not_found", "There is nothing at this address.");
  });
}
