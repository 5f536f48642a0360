/** Says of the text of a statement, each time that it is sent, whether it is worth preparing. */
export type Regulars = (text: string) => boolean;

/** By then it has come more often than at a start or in one round of a job. */
const REGULAR_FROM = 20;

/** Postgres keeps the plan of each in every connection. */
const MAX_REGULARS = 200;

const MAX_TEXTS = 1_000;

/** A statement that brings its rows along has another text each time. */
const MAX_TEXT_LENGTH = 4_000;

/**
 * Remembers which statements come again and again. Postgres reads and plans those once for each
 * connection; of the others the driver asks first what they are, which is a round trip more.
 */
export function createRegulars(): Regulars {
  const seen = new Map<string, number>();
  const regulars = new Set<string>();
  return (text) => {
    if (regulars.has(text)) return true;
    if (text.length > MAX_TEXT_LENGTH || regulars.size >= MAX_REGULARS) return false;
    const times = (seen.get(text) ?? 0) + 1;
    if (times < REGULAR_FROM) {
      if (seen.size >= MAX_TEXTS) seen.clear();
      seen.set(text, times);
      return false;
    }
    seen.delete(text);
    regulars.add(text);
    return true;
  };
}
