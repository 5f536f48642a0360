import type { FastifyBaseLogger } from "fastify";
import type { Config } from "#server/config.ts";
import { createDatabaseCounters } from "./database-counters.ts";
import type { Database } from "./db.ts";

/**
 * Counts how often something was tried, for all replicas together. Never within a transaction: what
 * was tried stays tried, whatever becomes of it; and who holds a connection must not wait for a
 * second one.
 */
export interface Counters {
  /**
   * Counts so many more within the current window of a key, or the first of a new window.
   *
   * @throws when nobody can count at the moment.
   */
  count(key: string, windowMs: number, times?: number): Promise<Count>;
  /** Takes one of each key back, so that it was none. */
  giveBack(keys: readonly string[]): Promise<void>;
  /** Throws away what is over. */
  forgetOld(): Promise<void>;
  close(): Promise<void>;
}

export interface Count {
  /** In this window, those that were just counted included. */
  readonly hits: number;
  /** Until the window is over. */
  readonly msLeft: number;
}

/** Nobody needs one for longer than a fraction of a millisecond. */
const CONNECTIONS = 3;

/**
 * Through Redis where `REDIS_URL` is set, else through the database.
 *
 * @param openPool - opens so many connections to it whose plain statements write.
 */
export async function openCounters(
  { redisUrl }: Pick<Config, "redisUrl">,
  openPool: (max: number) => Pick<Database, "pool" | "close">,
  log: FastifyBaseLogger,
): Promise<Counters> {
  if (redisUrl === null) return createDatabaseCounters(openPool(CONNECTIONS));
  // Loaded by those alone who have a Redis.
  const { openRedisCounters } = await import("./redis-counters.ts");
  return openRedisCounters(redisUrl, log);
}
