import { fastifyTRPCPlugin } from "@trpc/server/adapters/fastify";
import type { FastifyReply, FastifyRequest } from "fastify";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { buildApp } from "#server/app.ts";
import { countCall } from "#server/auth/call-limits.ts";
import { requireCsrf } from "#server/auth/csrf.ts";
import { deviceOf } from "#server/base/actor.ts";
import { type Context, procedure, router } from "#server/base/trpc.ts";
import type { Deps } from "#server/deps.ts";
import { PATIENT_MS } from "#tests/support/server.ts";

export interface Replica {
  readonly baseUrl: string;
  readonly port: number;
  /** How often `NOTE` was made. */
  readonly notes: () => number;
  /** Closes it before the test is over; what runs is cut off. */
  stop(): Promise<void>;
}

/** A change without input that is there to be aimed at. */
export const NOTE = "test/note";

/**
 * The whole server over deps of its own, and one change more.
 *
 * @param more - procedures that the test needs besides, at `test/…`.
 */
export async function startReplica(
  deps: Deps,
  more: Parameters<typeof router>[0] = {},
): Promise<Replica> {
  let notes = 0;
  const note = procedure.output(z.number()).mutation(() => {
    notes += 1;
    return notes;
  });
  const createContext = ({ req, res }: { req: FastifyRequest; res: FastifyReply }): Context => ({
    deps,
    actor: req.actor,
    device: deviceOf(req),
    request: req,
    reply: res,
    batchSize: 1,
    countCall: (type) => countCall(req, res, type),
    requireCsrf: () => requireCsrf(req),
  });
  const app = await buildApp(deps, {
    maxEventLoopDelayMs: PATIENT_MS,
    async privateRoutes(routes) {
      const trpcOptions = { router: router({ ...more, note }), createContext };
      await routes.register(fastifyTRPCPlugin, { prefix: "/trpc/test", trpcOptions });
    },
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= app.drain.begin({ noticeMs: 0, deadlineMs: 0 });
    return stopped;
  };
  onTestFinished(stop);

  const address = app.server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return { baseUrl: `http://127.0.0.1:${port}`, port, notes: () => notes, stop };
}
