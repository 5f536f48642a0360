import type { BandId } from "#contract/ids.ts";
import type { Db } from "#server/base/db.ts";
import * as store from "./store.ts";

/** So long a library is taken to have as many recordings as are counted, and more, after it had them. */
const LARGE_MS = 60_000;
const MOST_LARGE = 1_000;

/** Until when, by `performance.now()`. */
const large = new Map<BandId, number>();

/**
 * How many there are in all, up to a number that says no more than that there are many. Of a library that
 * has as many that is not found out anew for each page.
 */
export async function countTracks(
  db: Db,
  member: store.Lister,
  choice: store.Choice,
): Promise<number> {
  const isAll = choice.patterns.length === 0 && Object.values(choice.filter).every(isNothing);
  const now = performance.now();
  if (isAll && now < (large.get(member.bandId) ?? 0)) return store.COUNT_LIMIT;
  const count = await store.countTracks(db, member, choice);
  if (!isAll) return count;
  large.delete(member.bandId);
  if (count === store.COUNT_LIMIT) large.set(member.bandId, now + LARGE_MS);
  const [oldest] = large.keys();
  if (oldest !== undefined && large.size > MOST_LARGE) large.delete(oldest);
  return count;
}

const isNothing = (value: unknown): boolean => value === undefined || value === null;
