import { hkdfSync } from "node:crypto";
import { startRounds } from "#server/base/rounds.ts";
import type { KeyRing } from "#server/base/vault.ts";
import type { Config } from "#server/config.ts";
import type { Deps } from "#server/deps.ts";
import { createRangeCache, type RangeCache } from "./range-cache.ts";
import { listConnectionIds } from "./store.ts";

const LOOK_AFTER_MS = 600_000;
const KEY_BYTES = 32;
const PURPOSE = "backline range cache names";

/**
 * With another key nothing of before is found again, and it is thrown away.
 *
 * @returns `null` where none is wanted.
 */
export function openRangeCache(
  { rangeCache: { folder, sizeBytes } }: Pick<Config, "rangeCache">,
  [current]: KeyRing,
  log: Deps["log"],
): RangeCache | null {
  if (sizeBytes === 0 || !current) return null;
  const key = Buffer.from(hkdfSync("sha256", current.key, "", PURPOSE, KEY_BYTES));
  return createRangeCache({ folder, sizeBytes, key, log, now: () => new Date() });
}

/** Throws away what was kept of connections that are gone, with their bands or alone. */
export async function sweepCache({ db, rangeCache }: Pick<Deps, "db" | "rangeCache">) {
  if (rangeCache) await rangeCache.keepOnly(await listConnectionIds(db));
}

/** Sweeps now and every few minutes: every server has a cache of its own. */
export function startCacheSweep(
  deps: Pick<Deps, "db" | "rangeCache" | "log">,
  signal: AbortSignal,
): void {
  if (!deps.rangeCache) return;
  const failure = "could not tidy the range cache up";
  const look = (): Promise<void> => sweepCache(deps);
  startRounds({ everyMs: LOOK_AFTER_MS, log: deps.log, failure, look }, signal);
}
