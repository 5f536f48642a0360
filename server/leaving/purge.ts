import type { UserId } from "#contract/ids.ts";
import { forgetInEvents } from "#server/audit/service.ts";
import { forgetAccount, listDeletedBefore, lockDeleted } from "#server/auth/ending.ts";
import { forgetAgedSessions } from "#server/auth/service.ts";
import { write } from "#server/base/db.ts";
import { forgetJobsAbout } from "#server/base/jobs.ts";
import { startRounds } from "#server/base/rounds.ts";
import { forgetEndedLogins } from "#server/connections/nextcloud-login.ts";
import { forgetOldReleases } from "#server/connections/release.ts";
import type { Deps } from "#server/deps.ts";
import { forgetOldGuests } from "#server/shares/guests.ts";
import { sweepExports } from "./export-sweep.ts";

type SweepDeps = Pick<Deps, "db" | "log">;

/** The migration of the audit log knows this number too. */
const KEEP_DAYS = 30;

/** R9 of the requirements: nothing half-done is older than an hour. */
const LOOK_AFTER_MS = 3_600_000;

/**
 * Takes the last traces of every account that was deleted 30 days ago. Each goes in a transaction of
 * its own: whoever is killed on the way leaves the rest whole for the next, and one that cannot be
 * taken away holds up nobody else.
 *
 * @returns how many could not; the next sweep tries them again.
 */
export async function purgeAccounts(deps: SweepDeps, signal: AbortSignal): Promise<number> {
  let failures = 0;
  for (const userId of await listDeletedBefore(deps.db, KEEP_DAYS)) {
    if (signal.aborted) break;
    try {
      await purgeOne(deps, userId);
    } catch (error) {
      failures += 1;
      const about = { err: error, userId };
      if (!signal.aborted) deps.log.error(about, "could not take a deleted account away");
    }
  }
  return failures;
}

/** Nothing happens to one that another server is at. */
const purgeOne = (deps: SweepDeps, userId: UserId): Promise<void> =>
  write(deps, async (tx) => {
    if (!(await lockDeleted(tx, userId))) return;
    // The database lets go of events only while it can see that the account was deleted so long ago.
    await forgetInEvents(tx, userId);
    await forgetJobsAbout(tx, userId);
    await forgetAccount(tx, userId);
  });

/** Takes away what is over: sessions, accounts, exports, access that was released, sign-ins. */
export async function sweep(deps: SweepDeps, signal: AbortSignal): Promise<void> {
  await forgetAgedSessions(deps);
  await forgetOldReleases(deps);
  await forgetEndedLogins(deps);
  await forgetOldGuests(deps);
  await sweepExports(deps);
  await purgeAccounts(deps, signal);
}

/** Sweeps now and every hour. Several servers may do so at once. */
export function startSweeping(deps: SweepDeps, signal: AbortSignal): void {
  const failure = "could not take old things away";
  const look = (): Promise<void> => sweep(deps, signal);
  startRounds({ everyMs: LOOK_AFTER_MS, log: deps.log, failure, level: "error", look }, signal);
}
