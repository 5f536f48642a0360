import type { FastifyBaseLogger } from "fastify";
import type { Config } from "#server/config.ts";
import { createDatabaseCounters } from "./database-counters.ts";
import type { Pool } from "./db.ts";

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
  /** Takes one back, so that it was none. */
  giveBack(key: string): Promise<void>;
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

/** Through Redis where `REDIS_URL` is set, else through the database. */
export async function openCounters(
  { redisUrl }: Pick<Config, "redisUrl">,
  db: Pool,
  log: FastifyBaseLogger,
): Promise<Counters> {
  if (redisUrl === null) return createDatabaseCounters(db);
  // Loaded by those alone who have a Redis.
  const { openRedisCounters } = await import("./redis-counters.ts");
  return openRedisCounters(redisUrl, log);
}
