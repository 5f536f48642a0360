import type { TrackId } from "#contract/ids.ts";
import type { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { findAdmission } from "./guest-store.ts";
import { type Guest, leadsNowhere } from "./guests.ts";
import { shareTopic } from "./topics.ts";

/** An answer to a guest, while it goes on. */
export interface GuestAnswer {
  /** Aborted when it is over, or the guest may not have it any more. */
  readonly signal: AbortSignal;
  /** Ends it when the link does, so many milliseconds from now; `null`: the link has no end. */
  endAfter(msLeft: number | null): void;
  /** Ends it when the recording leaves the list that the link leads to; `null`: it leads to no list. */
  endWithList(topic: string | null): void;
}

/** What a guest is given. */
export interface Given {
  readonly guest: Guest;
  readonly trackId: TrackId;
  /** Which a link may cease to allow, while it still lets them listen. */
  readonly isDownload: boolean;
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
  { guest, trackId, isDownload }: Given,
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
  const follow = (topic: string, isReadFirst: boolean): void =>
    void watch(deps, { guest, trackId, isDownload, topic, isReadFirst }, signal, endAfter).then(
      (isOver) => isOver && end(leadsNowhere()),
      // Who can't watch any more can't promise anything.
      () => end(leadsNowhere()),
    );

  // Whoever answers a guest reads after the first time whether it is one.
  follow(shareTopic(guest.shareId), true);
  return {
    signal,
    endAfter,
    endWithList: (topic) => {
      if (topic !== null) follow(topic, false);
    },
  };
}

interface Watched extends Given {
  readonly topic: string;
  readonly isReadFirst: boolean;
}

async function watch(
  { db, events }: Pick<Deps, "db" | "events">,
  { guest: { shareId, guestHash }, trackId, isDownload, topic, isReadFirst }: Watched,
  signal: AbortSignal,
  endAfter: GuestAnswer["endAfter"],
): Promise<boolean> {
  let isKnown = isReadFirst;
  for await (const _ of events.subscribe(topic, signal)) {
    if (!isKnown) {
      const admission = await findAdmission(db, shareId, guestHash ?? "", trackId);
      if (!admission?.leadsThere || (isDownload && !admission.canDownload)) return true;
      endAfter(admission.msLeft);
    }
    isKnown = false;
  }
  return false;
}
