import { inArray, lt, sql } from "drizzle-orm";
import { rateLimits } from "#drizzle/schema/index.ts";
import type { Counters } from "./counters.ts";
import type { Database, Pool } from "./db.ts";

/** Nobody needs to know more exactly how far beyond a limit somebody is. */
const MANY = 1_000_000;

/**
 * In a table that no crash of Postgres outlives. Its clock decides when a window is over. Each count
 * is one statement and no transaction; should one be lost on the way and sent again, a try may count
 * twice.
 *
 * @param database - whose plain statements write.
 */
export function createDatabaseCounters({
  pool,
  close,
}: Pick<Database, "pool" | "close">): Counters {
  const addHits = prepareAddHits(pool);
  return {
    async count(key, windowMs, times = 1) {
      const [row] = await addHits.execute({ key, times, seconds: windowMs / 1000 });
      if (!row) throw new Error("An upsert returned no row.");
      return row;
    },

    async giveBack(keys) {
      await pool
        .update(rateLimits)
        .set({ hits: sql`greatest(${rateLimits.hits} - 1, 0)` })
        .where(inArray(rateLimits.key, [...keys]));
    },

    async forgetOld() {
      await pool.delete(rateLimits).where(lt(rateLimits.windowEndsAt, sql`now()`));
    },

    close,
  };
}

function prepareAddHits(pool: Pool) {
  const isOver = sql`${rateLimits.windowEndsAt} <= now()`;
  return pool
    .insert(rateLimits)
    .values({
      key: sql.placeholder("key"),
      hits: sql.placeholder("times"),
      windowEndsAt: sql`now() + make_interval(secs => ${sql.placeholder("seconds")})`,
    })
    .onConflictDoUpdate({
      target: rateLimits.key,
      set: {
        hits: sql`case when ${isOver} then excluded.hits else least(${rateLimits.hits} + excluded.hits, ${MANY}) end`,
        windowEndsAt: sql`case when ${isOver} then excluded.window_ends_at else ${rateLimits.windowEndsAt} end`,
      },
    })
    .returning({
      hits: rateLimits.hits,
      // Not from now(): whoever waited for the others' counts would see more left than a window has.
      msLeft: sql<number>`greatest(1, ceil(extract(epoch from ${rateLimits.windowEndsAt} - clock_timestamp()) * 1000))::int`,
    })
    .prepare("base_count");
}
