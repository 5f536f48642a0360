import underPressure from "@fastify/under-pressure";
import type { TRPCError } from "@trpc/server";
import { fastifyTRPCPlugin } from "@trpc/server/adapters/fastify";
import Fastify, {
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from "fastify";
import { countCall } from "#server/auth/call-limits.ts";
import { requireCsrf } from "#server/auth/csrf.ts";
import { originPlugin } from "#server/auth/origin.ts";
import { authPlugin } from "#server/auth/plugin.ts";
import { rateLimitPlugin } from "#server/auth/rate-limits.ts";
import { deviceOf } from "#server/base/actor.ts";
import { CLIENT_DIR, type PageOptions, serveClient } from "#server/base/client-files.ts";
import { answerOtherOrigins } from "#server/base/cors.ts";
import { cspReports } from "#server/base/csp-reports.ts";
import { prepareDrain } from "#server/base/drain.ts";
import { handleErrors } from "#server/base/error-handler.ts";
import { AppError } from "#server/base/errors.ts";
import { logFailure, nameFailure } from "#server/base/failures.ts";
import { takeFetchAnswers } from "#server/base/fetch-answers.ts";
import { sendBaselineHeaders } from "#server/base/headers.ts";
import { healthRoutes } from "#server/base/health.ts";
import { logRequests, toRequestId } from "#server/base/request-log.ts";
import type { Context } from "#server/base/trpc.ts";
import { guardWire, wireOptions } from "#server/base/wire.ts";
import { accountRoutes } from "./account/routes.ts";
import { connectionRoutes } from "./connections/routes.ts";
import type { Deps } from "./deps.ts";
import { exportRoutes } from "./leaving/routes.ts";
import { playbackRoutes } from "./playback/routes.ts";
import { appRouter } from "./router.ts";
import { guestPlugin } from "./shares/plugin.ts";
import { shareRoutes } from "./shares/routes.ts";
import { uploadRoutes } from "./uploads/routes.ts";

export interface AppOptions {
  /** Where the built client lies, when not in `client/dist`. */
  readonly clientDir?: string;
  /** Routes beside our own that know who is asking. */
  readonly privateRoutes?: (app: FastifyInstance) => Promise<void>;
  /** Of the event loop over a second; `MAX_EVENT_LOOP_DELAY_MS` when left out. */
  readonly maxEventLoopDelayMs?: number;
  /** Within which a body has to come to its end, but for a recording; a minute when left out. */
  readonly bodyTimeoutMs?: number;
}

/** Mean delay of the event loop over a second from which new requests are told to come back. */
export const MAX_EVENT_LOOP_DELAY_MS = 500;

/** Ten logins in one request would be ten tries. */
const MAX_BATCH_SIZE = 10;

/** The way of a request, from top to bottom. */
export async function buildApp(deps: Deps, options: AppOptions = {}): Promise<FastifyInstance> {
  const { http } = deps.config;
  const app: FastifyInstance = Fastify({
    ...wireOptions(http),
    loggerInstance: deps.log,
    genReqId: toRequestId,
    // `logRequests` writes the one line of a request.
    logController: new LogController({ disableRequestLogging: true }),
  });

  logRequests(app);
  takeFetchAnswers(app);
  sendBaselineHeaders(app, http);
  answerOtherOrigins(app, http);
  guardWire(app, options.bodyTimeoutMs);
  handleErrors(app);
  prepareDrain(app);
  const maxEventLoopDelay = options.maxEventLoopDelayMs ?? MAX_EVENT_LOOP_DELAY_MS;
  await app.register(underPressure, { maxEventLoopDelay });

  await app.register(healthRoutes, { deps });
  await app.register(cspReports, { log: deps.log });
  const page = { http, clientDir: options.clientDir ?? CLIENT_DIR };
  await serveClient(app, page);
  await app.register(withSignIn, { deps, page, privateRoutes: options.privateRoutes });
  return app;
}

/** What may ask who is asking. Everything outside of it is open to anyone and knows no session. */
const withSignIn: FastifyPluginAsync<SignInOptions> = async (
  app,
  { deps, page, privateRoutes },
) => {
  await app.register(originPlugin, { deps });
  await app.register(rateLimitPlugin, { deps });
  await app.register(authPlugin, { deps });
  await app.register(guestPlugin, { deps });

  await app.register(accountRoutes, { deps });
  await app.register(connectionRoutes, { deps });
  await app.register(playbackRoutes, { deps });
  await app.register(shareRoutes, { deps, page });
  await app.register(exportRoutes, { deps });
  await app.register(uploadRoutes, { deps, requireCsrf });
  await app.register(fastifyTRPCPlugin, { prefix: "/trpc", trpcOptions: trpcOptions(deps) });
  await privateRoutes?.(app);
};

interface SignInOptions {
  readonly deps: Deps;
  readonly page: PageOptions;
  readonly privateRoutes: AppOptions["privateRoutes"];
}

const trpcOptions = (deps: Deps) => ({
  router: appRouter,
  maxBatchSize: MAX_BATCH_SIZE,
  createContext: ({ req, res, info }: Asked): Context => ({
    deps,
    actor: req.actor,
    device: deviceOf(req),
    request: req,
    reply: res,
    batchSize: info.calls.length,
    countCall: (type) => countCall(req, res, type),
    requireCsrf: () => requireCsrf(req),
  }),
  onError({ error, type, req }: Failed) {
    // All others are logged where they are named, see `trpc.ts`; a subscription may fail later.
    if (type !== "subscription" || error.cause instanceof AppError) return;
    logFailure(req.log, nameFailure(error), error);
  },
});

interface Failed {
  readonly req: FastifyRequest;
  readonly type: string;
  readonly error: TRPCError;
}

interface Asked {
  readonly req: FastifyRequest;
  readonly res: FastifyReply;
  readonly info: { readonly calls: readonly unknown[] };
}
