import { write } from "#server/base/db.ts";
import type { Deps } from "#server/deps.ts";
import * as store from "./export-store.ts";

/** Making one takes minutes at most; one that waits longer has lost its job. */
const MAKE_HOURS = 3;
const KEEP_DAYS = 30;

/** Ends exports whose time is over, and deletes bytes that nobody may fetch any more. */
export const sweepExports = (deps: Pick<Deps, "db">): Promise<void> =>
  write(deps, async (tx) => {
    await store.closeOld(tx, MAKE_HOURS);
    await store.deleteLeftParts(tx);
    await store.deleteOld(tx, KEEP_DAYS);
  });
