/**
 * Looks again and again, but never twice at the same time: over a line that stands still the looks would
 * queue up in front of the sound, and each would do anew what comes of it.
 *
 * @param later - as the player's: returns what calls it off.
 * @returns what ends it.
 */
export function startLooking(
  look: () => Promise<void>,
  everyMs: number,
  later: (delayMs: number, run: () => void) => () => void,
): () => void {
  let isOver = false;
  let callOff = (): void => {};
  const lookSoon = (): void => {
    if (!isOver) callOff = later(everyMs, () => void look().then(lookSoon, lookSoon));
  };
  lookSoon();
  return () => {
    isOver = true;
    callOff();
  };
}
