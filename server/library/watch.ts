import { setTimeout as sleep } from "node:timers/promises";
import { write } from "#server/base/db.ts";
import { type LookDeps, look } from "./look.ts";
import { followNews } from "./news.ts";
import * as store from "./watch-store.ts";

const TICK_MS = 1_000;
/** Storages that do not answer must not keep the others waiting. */
const MOST_LOOKS = 16;

/**
 * Looks at every storage by the clock, and sooner where there is news.
 *
 * @returns when the signal has ended it and every look is over; at once when nothing is watched.
 */
export async function watchStorages(deps: LookDeps, signal: AbortSignal): Promise<void> {
  if (deps.config.watchSeconds === null) return;
  await Promise.all([lookByTheClock(deps, signal), followNews(deps, signal)]);
}

/**
 * Together with all other servers of this database: who takes a storage up has it alone, and what a
 * server leaves behind that is killed is taken up by the next.
 */
async function lookByTheClock(deps: LookDeps, signal: AbortSignal): Promise<void> {
  const looks = new Set<Promise<void>>();
  while (!signal.aborted) {
    try {
      for (const held of await takeDue(deps, MOST_LOOKS - looks.size)) {
        const one = look(deps, held, signal).finally(() => looks.delete(one));
        looks.add(one);
      }
    } catch (error) {
      if (!signal.aborted) deps.log.warn({ err: error }, "could not look for changes");
    }
    await pause(TICK_MS, signal);
  }
  await Promise.all(looks);
}

async function takeDue(deps: LookDeps, limit: number): Promise<readonly store.HeldLook[]> {
  if (limit <= 0 || (await deps.maintenance.find())) return [];
  if (!(await store.isAnyDue(deps.db))) return [];
  return write(deps, async (tx) => {
    await store.insertMissing(tx);
    return store.takeDue(tx, limit);
  });
}

/** Ends early, without failing, when the signal does. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => {});
