import { initTRPC, TRPCError } from "@trpc/server";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Deps } from "#server/deps.ts";
import { type Actor, type Device, signInFirst } from "./actor.ts";
import { AppError, toWireError, trpcCodeOf } from "./errors.ts";
import { logFailure, nameFailure } from "./failures.ts";
import { requireNoMaintenance } from "./maintenance.ts";

export interface Context {
  readonly deps: Deps;
  readonly actor: Actor | null;
  readonly device: Device;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** How many procedures this request asks for. */
  readonly batchSize: number;
  /**
   * Counts one procedure against the limit of whoever asks.
   *
   * @throws AppError `rate_limited`
   */
  countCall(type: ProcedureType): Promise<void>;
  /** @throws AppError `csrf_failed` when a change authorised by a cookie has no valid token. */
  requireCsrf(): void;
}

interface Meta {
  /** It counts its tries by itself, so the limit for all others does not apply. */
  readonly hasOwnLimit?: boolean;
  /** A change that everybody makes during maintenance too, because it says itself for whom. */
  readonly goesOnInMaintenance?: boolean;
}

type ProcedureType = "query" | "mutation" | "subscription";

const t = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({
    // Stack traces are sent otherwise, unless NODE_ENV is production.
    isDev: false,
    sse: {
      ping: { enabled: true, intervalMs: 15_000 },
      client: { reconnectAfterInactivityMs: 40_000 },
    },
    errorFormatter({ shape, error }) {
      const named = nameFailure(error);
      return {
        code: shape.code,
        message: named.message,
        data: { ...shape.data, stack: undefined, app: toWireError(named) },
      };
    },
  });

const toTrpcError = (failure: AppError): TRPCError =>
  new TRPCError({ code: trpcCodeOf(failure.code), message: failure.message, cause: failure });

/** Names every failure before it leaves, so that its status fits. */
const named = t.procedure.use(async ({ ctx, type, next }) => {
  const result = await next();
  if (result.ok) {
    if (type !== "subscription") return result;
    return { ...result, data: namedToItsEnd(ctx, result.data as AsyncIterable<unknown>) };
  }
  const failure = nameFailure(result.error);
  logFailure(ctx.request.log, failure, result.error);
  const { retryAfterSeconds } = toWireError(failure);
  if (retryAfterSeconds !== undefined) ctx.reply.header("retry-after", String(retryAfterSeconds));
  throw toTrpcError(failure);
});

/** A subscription can fail long after it has begun; for tRPC every such failure would be a 500. */
async function* namedToItsEnd(
  ctx: Pick<Context, "request">,
  values: AsyncIterable<unknown>,
): AsyncGenerator<unknown> {
  try {
    yield* values;
  } catch (error) {
    const failure = nameFailure(error);
    logFailure(ctx.request.log, failure, error);
    throw toTrpcError(failure);
  }
}

/** However many procedures a request asks for, each is counted. */
const limited = named.use(async ({ ctx, type, meta, next }) => {
  if (!meta?.hasOwnLimit) await ctx.countCall(type);
  return next();
});

export const router = t.router;
export const mergeRouters = t.mergeRouters;

/**
 * For anyone, signed in or not: to be asked for by name, so that reviews find it. A change asks
 * for a CSRF token all the same.
 */
export const publicProcedure = limited.use(async ({ ctx, type, meta, next }) => {
  if (type === "mutation") await requireChangeable(ctx, meta);
  return next();
});

/** For the people who run this server. */
export const adminProcedure = limited.use(({ ctx, type, next }) => {
  if (!ctx.actor) throw signInFirst();
  if (type === "mutation") ctx.requireCsrf();
  if (ctx.actor.role !== "admin") throw adminsOnly();
  return next({ ctx: { ...ctx, actor: ctx.actor } });
});

/** For whoever is signed in. */
export const procedure = limited.use(async ({ ctx, type, meta, next }) => {
  if (!ctx.actor) throw signInFirst();
  if (type === "mutation") await requireChangeable(ctx, meta);
  return next({ ctx: { ...ctx, actor: ctx.actor } });
});

/** @throws AppError `csrf_failed`, `maintenance` */
async function requireChangeable(ctx: Context, meta: Meta | undefined): Promise<void> {
  ctx.requireCsrf();
  if (meta?.goesOnInMaintenance || ctx.actor?.role === "admin") return;
  await requireNoMaintenance(ctx.deps);
}

const adminsOnly = (): AppError =>
  new AppError("forbidden", "Only administrators of this server can do this.");
