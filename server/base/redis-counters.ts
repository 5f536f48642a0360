import type { FastifyBaseLogger } from "fastify";
import { Redis } from "ioredis";
import type { Count, Counters } from "./counters.ts";
import { AppError } from "./errors.ts";

/** Other programs may keep things in the same Redis. */
const KEY_PREFIX = "backline:counts:";

/** Whoever asks waits for so long at most. */
const COMMAND_TIMEOUT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 2_000;
const MAX_RECONNECT_AFTER_MS = 1_000;
const RETRY_SECONDS = 5;

/**
 * In one step each, so that however many count at once, none is lost and no key stays without an
 * end. Redis's clock decides when a window is over.
 */
const SCRIPTS = {
  addHits: {
    numberOfKeys: 1,
    lua: `
      local hits = redis.call("incrby", KEYS[1], ARGV[2])
      local left = redis.call("pttl", KEYS[1])
      if left < 0 then
        redis.call("pexpire", KEYS[1], ARGV[1])
        left = tonumber(ARGV[1])
      end
      return { hits, left }`,
  },
  removeHit: {
    numberOfKeys: 1,
    lua: `
      if tonumber(redis.call("get", KEYS[1]) or "0") > 0 then redis.call("decr", KEYS[1]) end
      return 0`,
  },
};

type Scripted = Redis & {
  addHits(key: string, windowMs: number, times: number): Promise<[hits: number, msLeft: number]>;
  removeHit(key: string): Promise<number>;
};

/**
 * Does not wait for Redis: while it is away, whatever asks it is refused at once, and from when it is
 * back things work again by themselves.
 */
export async function openRedisCounters(url: string, log: FastifyBaseLogger): Promise<Counters> {
  const redis = new Redis(url, {
    keyPrefix: KEY_PREFIX,
    scripts: SCRIPTS,
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: (attempt) => Math.min(attempt * 100, MAX_RECONNECT_AFTER_MS),
  }) as Scripted;
  tellWhenAway(redis, log);
  // The start does not depend on it, and its failure has been told.
  await redis.connect().catch(() => {});

  return {
    async count(key, windowMs, times = 1): Promise<Count> {
      const [hits, msLeft] = await redis.addHits(key, windowMs, times).catch(isAway);
      return { hits, msLeft };
    },
    async giveBack(keys) {
      await Promise.all(keys.map((key) => redis.removeHit(key))).catch(isAway);
    },
    // Redis does that by itself.
    forgetOld: async () => {},
    close: async () => redis.disconnect(),
  };
}

/** Once each time that it goes away, and not with every attempt to reach it. */
function tellWhenAway(redis: Redis, log: FastifyBaseLogger): void {
  let isAlreadyTold = false;
  redis.on("error", (error: Error) => {
    if (isAlreadyTold) return;
    isAlreadyTold = true;
    log.warn({ err: error }, "Redis is away: nobody can sign in until it is back");
  });
  redis.on("ready", () => {
    if (isAlreadyTold) log.info("Redis is back");
    isAlreadyTold = false;
  });
}

function isAway(cause: unknown): never {
  throw new AppError(
    "busy",
    "The server can't check how often this was tried. Nothing was changed; try again in a few seconds.",
    { cause, retryAfterSeconds: RETRY_SECONDS },
  );
}
