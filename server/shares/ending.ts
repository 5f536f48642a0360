import type { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { findAdmission } from "./guest-store.ts";
import { type Guest, leadsNowhere, shareTopic } from "./guests.ts";

/** An answer to a guest, while it goes on. */
export interface GuestAnswer {
  /** Aborted when it is over, or the guest may not have it any more. */
  readonly signal: AbortSignal;
  /** Ends it when the link does, so many milliseconds from now; `null`: the link has no end. */
  endAfter(msLeft: number | null): void;
}

/** Timers of Node's know no longer time. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Ends an answer to a guest when the link is taken back or changed so that they are no guest any more,
 * by whichever server.
 *
 * @param answer - is told so; aborted, it ends the listening.
 */
export function endWithShare(
  deps: Pick<Deps, "db" | "events">,
  guest: Guest,
  answer: AbortController,
): GuestAnswer {
  const { signal } = answer;
  const end = (reason: AppError): void => answer.abort(reason);
  let timer: NodeJS.Timeout | undefined;
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  const endAfter = (msLeft: number | null): void => {
    clearTimeout(timer);
    if (msLeft === null || signal.aborted) return;
    timer = setTimeout(() => end(leadsNowhere()), Math.min(msLeft, LONGEST_MS)).unref();
  };

  void watch(deps, guest, signal, endAfter).then(
    (isOver) => isOver && end(leadsNowhere()),
    // Who can't watch any more can't promise anything.
    () => end(leadsNowhere()),
  );
  return { signal, endAfter };
}

async function watch(
  { db, events }: Pick<Deps, "db" | "events">,
  { shareId, guestHash }: Guest,
  signal: AbortSignal,
  endAfter: GuestAnswer["endAfter"],
): Promise<boolean> {
  let isFirst = true;
  for await (const _ of events.subscribe(shareTopic(shareId), signal)) {
    // Whoever answers a guest reads after the first time whether it is one.
    if (!isFirst) {
      const admission = await findAdmission(db, shareId, guestHash ?? "");
      if (!admission) return true;
      endAfter(admission.msLeft);
    }
    isFirst = false;
  }
  return false;
}
