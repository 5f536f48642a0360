import type { ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { FastifyInstance } from "fastify";

/** How a server takes its leave. */
export interface Drain {
  readonly hasBegun: boolean;
  /**
   * Answers that it is not ready, then takes no new connections, ends subscriptions (they would go
   * on for ever; browsers open them elsewhere) and lets running answers go on until the deadline.
   * Resolves when the app is closed.
   */
  begin(options: DrainOptions): Promise<void>;
}

export interface DrainOptions {
  /** For load balancers to notice, before new connections are refused. */
  readonly noticeMs: number;
  /** What still runs then is cut off. */
  readonly deadlineMs: number;
}

declare module "fastify" {
  interface FastifyInstance {
    drain: Drain;
  }
}

const CLOSE_IDLE_EVERY_MS = 100;

/**
 * Puts `drain` on the app.
 *
 * Fastify's own `close` either waits for keep-alive connections that became idle after it was
 * called, 72 seconds long, or (`forceCloseConnections`) cuts running answers off; so idle ones are
 * closed here, again and again (seen with Fastify 5.12.8, fastify/fastify#7044).
 */
export function prepareDrain(app: FastifyInstance): void {
  const subscriptions = new Set<ServerResponse>();
  let hasBegun = false;

  app.addHook("onSend", async (_request, reply) => {
    if (!String(reply.getHeader("content-type")).startsWith("text/event-stream")) return;
    if (hasBegun) {
      reply.raw.destroy();
      return;
    }
    subscriptions.add(reply.raw);
    reply.raw.once("close", () => subscriptions.delete(reply.raw));
  });

  app.decorate("drain", {
    get hasBegun() {
      return hasBegun;
    },
    async begin({ noticeMs, deadlineMs }) {
      hasBegun = true;
      await pause(noticeMs);
      for (const response of subscriptions) response.destroy();
      const closeIdle = setInterval(() => app.server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS);
      const cutOff = setTimeout(() => app.server.closeAllConnections(), deadlineMs);
      try {
        await app.close();
      } finally {
        clearInterval(closeIdle);
        clearTimeout(cutOff);
      }
    },
  } satisfies Drain);
}
