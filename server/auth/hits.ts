import { write } from "#server/base/db.ts";
import type { Deps } from "#server/deps.ts";
import * as store from "./store.ts";

/**
 * Counts one more try within the current window, for all replicas together, by the database's clock.
 *
 * @returns tries in this window, this one included, and how long it lasts.
 */
export const countHit = (
  deps: Pick<Deps, "db">,
  key: string,
  windowMs: number,
): Promise<{ readonly hits: number; readonly msLeft: number }> =>
  write(deps, (tx) => store.insertHit(tx, key, windowMs));

export const forgetOldHits = (deps: Pick<Deps, "db">): Promise<void> =>
  write(deps, (tx) => store.removeOldHits(tx));
