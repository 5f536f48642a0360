import { eq, lt, sql } from "drizzle-orm";
import { rateLimits } from "#drizzle/schema/index.ts";
import type { Count, Counters } from "./counters.ts";
import { type Pool, type Tx, write } from "./db.ts";

/** Nobody needs to know more exactly how far beyond a limit somebody is. */
const MANY = 1_000_000;

/** In a table that no crash of Postgres outlives. Its clock decides when a window is over. */
export const createDatabaseCounters = (db: Pool): Counters => ({
  count: (key, windowMs, times = 1) => write({ db }, (tx) => addHits(tx, key, windowMs, times)),

  giveBack: (key) =>
    write({ db }, async (tx) => {
      await tx
        .update(rateLimits)
        .set({ hits: sql`greatest(${rateLimits.hits} - 1, 0)` })
        .where(eq(rateLimits.key, key));
    }),

  forgetOld: () =>
    write({ db }, async (tx) => {
      await tx.delete(rateLimits).where(lt(rateLimits.windowEndsAt, sql`now()`));
    }),

  close: async () => {},
});

async function addHits(tx: Tx, key: string, windowMs: number, times: number): Promise<Count> {
  const isOver = sql`${rateLimits.windowEndsAt} <= now()`;
  const windowEndsAt = sql`now() + make_interval(secs => ${windowMs / 1000})`;
  const [row] = await tx
    .insert(rateLimits)
    .values({ key, hits: times, windowEndsAt })
    .onConflictDoUpdate({
      target: rateLimits.key,
      set: {
        hits: sql`case when ${isOver} then excluded.hits else least(${rateLimits.hits} + excluded.hits, ${MANY}) end`,
        windowEndsAt: sql`case when ${isOver} then ${windowEndsAt} else ${rateLimits.windowEndsAt} end`,
      },
    })
    .returning({
      hits: rateLimits.hits,
      msLeft: sql<number>`ceil(extract(epoch from ${rateLimits.windowEndsAt} - now()) * 1000)::int`,
    });
  if (!row) throw new Error("An upsert returned no row.");
  return row;
}
