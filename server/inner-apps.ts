import Fastify, { type FastifyInstance, LogController } from "fastify";
import { prepareDrain } from "#server/base/drain.ts";
import { handleErrors } from "#server/base/error-handler.ts";
import { sendBaselineHeaders } from "#server/base/headers.ts";
import { healthRoutes } from "#server/base/health.ts";
import { logRequests, toRequestId } from "#server/base/request-log.ts";
import { guardWire, wireOptions } from "#server/base/wire.ts";
import type { Deps } from "./deps.ts";
import { internalRoutes } from "./internal/routes.ts";

/** For workers alone, on a listener of its own: storages that they scan, and nothing else. */
export async function buildInternalApp(deps: Deps): Promise<FastifyInstance> {
  const app = createInnerApp(deps);
  await app.register(internalRoutes, { deps });
  return app;
}

/** All that a worker answers: whether it is well. */
export async function buildWorkerApp(deps: Deps): Promise<FastifyInstance> {
  const app = createInnerApp(deps);
  await app.register(healthRoutes, { deps });
  return app;
}

function createInnerApp({ config: { http }, log }: Deps): FastifyInstance {
  const app: FastifyInstance = Fastify({
    ...wireOptions(http),
    loggerInstance: log,
    genReqId: toRequestId,
    logController: new LogController({ disableRequestLogging: true }),
  });
  logRequests(app);
  sendBaselineHeaders(app, http);
  guardWire(app);
  handleErrors(app);
  prepareDrain(app);
  return app;
}
