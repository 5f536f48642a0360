/** A recording counts as played once half of it was heard, or so much. */
export const ENOUGH_MS = 4 * 60_000;
/** Of one whose length nobody knows. */
export const ENOUGH_UNKNOWN_MS = 30_000;

/** How much of a recording has to be heard, in its own time. */
export const enoughOf = (durationMs: number | null): number =>
  durationMs === null ? ENOUGH_UNKNOWN_MS : Math.min(durationMs / 2, ENOUGH_MS);

/** So many recordings are edited at a time. */
export const MOST_EDITED = 200;

/** Of a queue, so much is kept. */
export const MOST_QUEUED = 500;
