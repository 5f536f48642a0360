import type { Deps } from "#server/deps.ts";
import type { Count } from "./counters.ts";

/** What may be done so often within a window. */
export interface Allowance {
  readonly max: number;
  readonly windowMs: number;
  /**
   * So many are counted here before the other replicas are told, so that most cost nothing. 1: all
   * replicas count each one together. Beyond `max` can get at most twice so many for each further
   * replica: what it had not told yet, and as much again until this one asks anew.
   */
  readonly share: number;
}

/** Counts what is cheap to do and often done. */
export interface Tally {
  /** Counts one more. While the others can't be told, it counts for this server alone. */
  take(key: string, allowance: Allowance): Promise<Count>;
}

/** A window as it is known here. */
interface Window {
  endsAtMs: number;
  /** What all replicas have counted together, by their last word. */
  known: number;
  /** Counted here since then, and not told. */
  untold: number;
  /** On the way to the others. */
  underway: number;
  /** Until then somebody who is over the limit is refused without being counted. */
  quietUntilMs: number;
}

/** About a megabyte. Beyond it the oldest is forgotten. */
const MAX_WINDOWS = 10_000;
/** A flood costs the store of all no more than one count a second. */
const QUIET_MS = 1_000;
const TELL_EVERY_MS = 10_000;

export function createTally(deps: Pick<Deps, "counters" | "log" | "now">): Tally {
  const windows = new Map<string, Window>();
  let toldAtMs = Number.NEGATIVE_INFINITY;

  const tellAway = (error: unknown): void => {
    if (deps.now().getTime() - toldAtMs < TELL_EVERY_MS) return;
    toldAtMs = deps.now().getTime();
    deps.log.warn({ err: error }, "limits are counted by this server alone for now");
  };

  const share = async (key: string, window: Window, { max, windowMs }: Allowance) => {
    const times = window.untold;
    window.untold = 0;
    window.underway += times;
    try {
      const { hits, msLeft } = await deps.counters.count(key, windowMs, times);
      const nowMs = deps.now().getTime();
      window.known = hits;
      window.endsAtMs = nowMs + msLeft;
      if (hits > max) window.quietUntilMs = nowMs + QUIET_MS;
      return hits;
    } catch (error) {
      tellAway(error);
      window.known += times;
      return window.known;
    } finally {
      window.underway -= times;
    }
  };

  return {
    async take(key, allowance) {
      const nowMs = deps.now().getTime();
      const window = findOrOpen(windows, key, nowMs, allowance.windowMs);
      const counted = (hits: number): Count => ({ hits, msLeft: window.endsAtMs - nowMs });
      if (window.known > allowance.max && nowMs < window.quietUntilMs) return counted(window.known);

      window.untold += 1;
      if (allowance.share === 1) return counted(await share(key, window, allowance));
      if (window.untold >= allowance.share) void share(key, window, allowance);
      return counted(window.known + window.underway + window.untold);
    },
  };
}

function findOrOpen(
  windows: Map<string, Window>,
  key: string,
  nowMs: number,
  windowMs: number,
): Window {
  const found = windows.get(key);
  if (found && nowMs < found.endsAtMs) return found;
  const opened = { endsAtMs: nowMs + windowMs, known: 0, untold: 0, underway: 0, quietUntilMs: 0 };
  windows.delete(key);
  windows.set(key, opened);
  const [oldest] = windows.keys();
  if (oldest !== undefined && windows.size > MAX_WINDOWS) windows.delete(oldest);
  return opened;
}
