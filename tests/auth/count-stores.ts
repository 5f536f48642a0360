import { sql } from "drizzle-orm";
import { Redis } from "ioredis";
import { onTestFinished } from "vitest";
import { write } from "#server/base/db.ts";
import type { Deps } from "#server/deps.ts";
import { hasRedis, startRedis } from "#tests/support/redis.ts";

/** Where servers may count together. */
export interface CountStore {
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What was counted under keys that begin so is over. */
  forget(deps: Deps, prefix: string): Promise<void>;
  /** What was counted under such keys. */
  hits(deps: Deps, prefix: string): Promise<number[]>;
  /** Nobody can count any more. */
  takeAway(deps: Deps): Promise<void>;
  bringBack(deps: Deps): Promise<void>;
}

export async function postgresStore(): Promise<CountStore> {
  return {
    name: "Postgres",
    environment: {},
    forget: (deps, prefix) =>
      write(deps, async (tx) => {
        await tx.execute(sql`delete from rate_limits where key like ${`${prefix}%`}`);
      }),
    async hits({ db }, prefix) {
      const rows = await db.execute<{ hits: number }>(
        sql`select hits from rate_limits where key like ${`${prefix}%`}`,
      );
      return rows.map(({ hits }) => hits);
    },
    takeAway: (deps) =>
      write(deps, async (tx) => {
        await tx.execute(sql`alter table rate_limits rename to away`);
      }),
    bringBack: (deps) =>
      write(deps, async (tx) => {
        await tx.execute(sql`alter table away rename to rate_limits`);
      }),
  };
}

async function redisStore(): Promise<CountStore> {
  const server = await startRedis();
  const redis = new Redis(server.url, { retryStrategy: () => 50 }).on("error", () => {});
  onTestFinished(async () => redis.disconnect());
  const [, version] = /redis_version:(\S+)/.exec(await redis.info("server")) ?? [];
  const keysOf = (prefix: string) => redis.keys(`backline:counts:${prefix}*`);
  return {
    name: `Redis ${version}`,
    environment: { REDIS_URL: server.url },
    async forget(_deps, prefix) {
      for (const key of await keysOf(prefix)) await redis.del(key);
    },
    async hits(_deps, prefix) {
      const keys = await keysOf(prefix);
      return Promise.all(keys.map(async (key) => Number(await redis.get(key))));
    },
    takeAway: () => server.stop(),
    bringBack: () => server.start(),
  };
}

const told = new Set<string>();

/** Whoever reads the output of a run sees whether a Redis was there. */
const telling = (open: () => Promise<CountStore>) => async (): Promise<CountStore> => {
  const store = await open();
  if (!told.has(store.name)) process.stdout.write(`Limits were counted in ${store.name}.\n`);
  told.add(store.name);
  return store;
};

/** All that there are here, for `describe.each`. */
export const STORES: readonly (readonly [string, () => Promise<CountStore>])[] = [
  ["Postgres", telling(postgresStore)],
  ...(hasRedis ? ([["Redis", telling(redisStore)]] as const) : []),
];
