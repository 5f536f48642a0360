import type { FastifyInstance } from "fastify";
import { isOver } from "./closing.ts";
import { statusOf, toWireError } from "./errors.ts";
import { logFailure, nameFailure } from "./failures.ts";

/** Gives every failed response outside tRPC the one error shape, and logs what is our fault. */
export function handleErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    const failure = nameFailure(error);
    const answer = toWireError(failure);
    if (!isOver(error)) logFailure(request.log, failure, error);
    if (answer.retryAfterSeconds !== undefined) {
      reply.header("retry-after", String(answer.retryAfterSeconds));
    }
    return reply
      .code(statusOf(failure.code))
      .header("cache-control", "no-store")
      .type("application/json; charset=utf-8")
      .send(answer);
  });
}
