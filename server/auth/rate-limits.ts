import rateLimit, {
  type FastifyRateLimitStore,
  type FastifyRateLimitStoreCtor,
} from "@fastify/rate-limit";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { clientKey } from "#server/base/client-key.ts";
import { AppError } from "#server/base/errors.ts";
import { createTally } from "#server/base/tally.ts";
import type { Deps } from "#server/deps.ts";
import { tellLimit } from "./call-limits.ts";
import { forWholeApp } from "./whole-app.ts";

/**
 * Tries a minute and client. Signing in is what people guess at, and registering sends mails to
 * addresses that strangers type in; a link, a passkey or a setup token can't be guessed, and a
 * household renews many tabs, so those only keep the work bounded.
 */
const TRIES_PER_MINUTE = {
  signIn: 10,
  register: 5,
  link: 30,
  passkey: 60,
  setUp: 100,
  refresh: 600,
};

export type Limited = keyof typeof TRIES_PER_MINUTE;

const WINDOW_MS = 60_000;
const FORGET_EVERY_MS = 10 * 60_000;

type Limiter = ReturnType<FastifyInstance["createRateLimit"]>;

declare module "fastify" {
  interface FastifyInstance {
    tryLimits: Readonly<Record<Limited, Limiter>>;
  }
}

/** Limits that all replicas share. They count procedures that ask, not requests. */
export const rateLimitPlugin = forWholeApp(async (app, { deps }) => {
  await app.register(rateLimit, { global: false, store: storeOver(deps) });
  const limiter = (name: Limited): Limiter =>
    app.createRateLimit({
      max: TRIES_PER_MINUTE[name],
      timeWindow: WINDOW_MS,
      keyGenerator: (request) => `${name} ${clientKey(request)}`,
    });
  app.decorate("tryLimits", {
    signIn: limiter("signIn"),
    register: limiter("register"),
    link: limiter("link"),
    passkey: limiter("passkey"),
    setUp: limiter("setUp"),
    refresh: limiter("refresh"),
  });
  app.decorate("callTally", createTally(deps));

  const forgetting = setInterval(() => {
    deps.counters
      .forgetOld()
      .catch((error) => deps.log.warn({ err: error }, "old limits are kept"));
  }, FORGET_EVERY_MS).unref();
  app.addHook("onClose", async () => clearInterval(forgetting));
});

/**
 * Counts one try, and says in the answer's headers how many are left.
 *
 * @throws AppError `rate_limited`; `busy` when nobody can count, because then nobody may try.
 */
export async function countTry(
  request: FastifyRequest,
  reply: FastifyReply,
  name: Limited,
): Promise<void> {
  const tally = await request.server.tryLimits[name](request).catch((cause: unknown) => {
    throw new AppError(
      "busy",
      "The server can't check how often this was tried, so it lets nobody in at the moment. Try again in a few seconds.",
      { cause, retryAfterSeconds: 5 },
    );
  });
  if (tally.isAllowed) return;

  tellLimit(reply, { max: tally.max, left: tally.remaining, seconds: tally.ttlInSeconds });
  if (!tally.isExceeded) return;
  throw new AppError(
    "rate_limited",
    `There were too many tries from your network. Wait ${tally.ttlInSeconds} seconds and try again; nothing was changed.`,
    { retryAfterSeconds: tally.ttlInSeconds },
  );
}

/** The library makes its store with `new`; a function that returns one will do. */
function storeOver({ counters }: Pick<Deps, "counters">): FastifyRateLimitStoreCtor {
  const store: FastifyRateLimitStore = {
    incr(key, callback, windowMs) {
      counters.count(key, windowMs).then(
        ({ hits, msLeft }) => callback(null, { current: hits, ttl: msLeft }),
        (error: Error) => callback(error),
      );
    },
    child: () => store,
  };
  return function createStore() {
    return store;
  } as unknown as FastifyRateLimitStoreCtor;
}
