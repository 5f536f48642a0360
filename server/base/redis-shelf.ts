import type { FastifyBaseLogger } from "fastify";
import { Redis } from "ioredis";
import type { Shelf } from "./answer-cache.ts";

/** Other programs may keep things in the same Redis. */
const KEY_PREFIX = "backline:answers:";

/** An answer is made anew as fast as that. */
const COMMAND_TIMEOUT_MS = 200;
const CONNECT_TIMEOUT_MS = 2_000;
const MAX_RECONNECT_AFTER_MS = 1_000;

/** For all servers together. While it is away nothing is found, and nothing waits for it. */
export async function openRedisShelf(url: string, log: FastifyBaseLogger): Promise<Shelf> {
  const redis = new Redis(url, {
    keyPrefix: KEY_PREFIX,
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: (attempt) => Math.min(attempt * 100, MAX_RECONNECT_AFTER_MS),
  });
  // Whoever counts in it says so aloud.
  redis.on("error", (error: Error) => log.debug({ err: error }, "no answers are kept in Redis"));
  await redis.connect().catch(() => {});
  return {
    get: (key) => redis.get(key),
    async put(key, text, forMs) {
      await redis.set(key, text, "PX", forMs);
    },
    async drop(key) {
      await redis.del(key);
    },
    close: async () => redis.disconnect(),
  };
}
