import { generateNKeysBetween } from "fractional-indexing";

/** Longer ones come of putting things between the same two again and again. */
const LONGEST = 64;

/**
 * Places between two others, in order, so that nothing else has to move.
 *
 * @param after - `null`: the top. @param before - `null`: the end.
 */
export const placesBetween = (
  after: string | null,
  before: string | null,
  count: number,
): readonly string[] => generateNKeysBetween(after, before, count);

/** Whether there is so little room left that all should get new places. */
export const isCrowded = (places: readonly string[]): boolean =>
  places.some((place) => place.length > LONGEST);
