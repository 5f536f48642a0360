import type { FastifyReply } from "fastify";

export const OVER = new Error("The answer is over.");

/** Whoever asked has left, which is nobody's fault. */
export const isOver = (error: unknown): boolean => error === OVER;

/** Aborted once the answer is over or its connection closed, or by whoever has a reason to end it. */
export function whenClosed({ raw }: FastifyReply): AbortController {
  const ending = new AbortController();
  // With a reason of its own each one would trace the stack.
  const end = (): void => ending.abort(OVER);
  // The closing is told once, and may have been before.
  if (raw.destroyed || raw.closed) end();
  else raw.once("close", end);
  return ending;
}
