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

interface Call {
  readonly ctx: Context;
  readonly type: ProcedureType;
  readonly meta: Meta | undefined;
}

type Outcome =
  | { readonly ok: true; readonly data: unknown }
  | { readonly ok: false; readonly error: unknown };

/**
 * The way into every procedure: it is counted, however many a request asks for; whoever asks is let
 * in or not; and what fails gets a name before it leaves, so that its status fits. All of it is one
 * step, because tRPC copies the context for each.
 *
 * @param admit - throws for whom this procedure is not.
 */
async function guard<O extends Outcome>(
  call: Call,
  admit: (call: Call) => Promise<void> | void,
  next: () => Promise<O>,
): Promise<O> {
  const { ctx, type, meta } = call;
  try {
    if (!meta?.hasOwnLimit) await ctx.countCall(type);
    await admit(call);
  } catch (error) {
    throw toNamed(ctx, error);
  }
  const result = await next();
  if (!result.ok) throw toNamed(ctx, result.error);
  if (type !== "subscription") return result;
  return { ...result, data: namedToItsEnd(ctx, result.data as AsyncIterable<unknown>) };
}

function toNamed({ request, reply }: Context, error: unknown): TRPCError {
  const failure = nameFailure(error);
  logFailure(request.log, failure, error);
  const { retryAfterSeconds } = toWireError(failure);
  if (retryAfterSeconds !== undefined) reply.header("retry-after", String(retryAfterSeconds));
  return toTrpcError(failure);
}

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

export const router = t.router;
export const mergeRouters = t.mergeRouters;

/**
 * For anyone, signed in or not: to be asked for by name, so that reviews find it. A change asks
 * for a CSRF token all the same.
 */
export const publicProcedure = t.procedure.use(({ ctx, type, meta, next }) =>
  guard({ ctx, type, meta }, requireChangeable, next),
);

/** For the people who run this server. */
export const adminProcedure = t.procedure.use(({ ctx, type, meta, next }) =>
  guard({ ctx, type, meta }, requireAdmin, () => next({ ctx: { actor: actorOf(ctx) } })),
);

/** For whoever is signed in. */
export const procedure = t.procedure.use(({ ctx, type, meta, next }) =>
  guard({ ctx, type, meta }, requireSignedIn, () => next({ ctx: { actor: actorOf(ctx) } })),
);

function actorOf({ actor }: Context): Actor {
  if (!actor) throw signInFirst();
  return actor;
}

async function requireSignedIn(call: Call): Promise<void> {
  actorOf(call.ctx);
  await requireChangeable(call);
}

function requireAdmin({ ctx, type }: Call): void {
  const { role } = actorOf(ctx);
  if (type === "mutation") ctx.requireCsrf();
  if (role !== "admin") throw adminsOnly();
}

/** @throws AppError `csrf_failed`, `maintenance` */
async function requireChangeable({ ctx, type, meta }: Call): Promise<void> {
  if (type !== "mutation") return;
  ctx.requireCsrf();
  if (meta?.goesOnInMaintenance || ctx.actor?.role === "admin") return;
  await requireNoMaintenance(ctx.deps);
}

const adminsOnly = (): AppError =>
  new AppError("forbidden", "Only administrators of this server can do this.");
