import type { BandId } from "#contract/ids.ts";
import type { Db } from "#server/base/db.ts";
import { toWords } from "./search.ts";
import { findNearWords } from "./word-store.ts";

/** In shorter words one letter more or less is another word, and numbers are meant as they are. */
const CORRECTABLE = /^\p{L}{4,40}$/u;
/** From so many letters on two may be wrong. */
const LONG = 8;
/** Up to here a word with a mistake in it shares too few groups of three letters with the right one. */
const SHORT = 7;

/**
 * What somebody meant who found nothing: each word as the band's library has it, with one letter
 * more, less, another or two the other way round; in long words twice.
 *
 * @returns `null` when it is as it was, or a word is like none of the library's.
 */
export async function correctSearch(
  db: Db,
  member: { readonly bandId: BandId },
  search: string,
): Promise<string | null> {
  const words = toWords(search);
  const given = [...new Set(words.filter((word) => CORRECTABLE.test(word)))];
  if (given.length === 0) return null;
  const asked = given.map((word) => ({
    word,
    ...(word.length <= SHORT
      ? { turned: toTurned(word), masked: toMasked(word) }
      : { turned: [], masked: [] }),
  }));
  const near = await findNearWords(db, member, asked);
  const meant = new Map(given.map((word) => [word, choose(word, near.get(word) ?? [])]));
  const corrected = words.map((word) => (meant.has(word) ? meant.get(word) : word));
  if (corrected.includes(undefined)) return null;
  const text = corrected.join(" ");
  return text === words.join(" ") ? null : text;
}

/** The nearest that is near enough, rather a whole word than one that only begins so. */
function choose(word: string, candidates: readonly string[]): string | undefined {
  const most = word.length >= LONG ? 2 : 1;
  const [best] = candidates
    .map((candidate) => ({ candidate, ...distancesOf(word, candidate) }))
    .filter(({ toBeginning }) => toBeginning <= most)
    .toSorted((left, right) => left.toBeginning - right.toBeginning || left.toAll - right.toAll);
  return best?.candidate;
}

/** With two neighbours the other way round each time, and with a letter left out. */
const toTurned = (word: string): string[] => {
  const letters = [...word];
  return letters.flatMap((letter, at) => {
    const [before, after] = [letters.slice(0, at).join(""), letters.slice(at + 1)];
    const without = before + after.join("");
    return after.length === 0
      ? [without]
      : [without, `${before}${after[0]}${letter}${after.slice(1).join("")}`];
  });
};

/** With any letter in place of one. */
const toMasked = (word: string): string[] =>
  [...word].map((_, at, letters) => letters.with(at, "_").join(""));

/**
 * How many letters of `word` would have to be put in, left out, changed or swapped with a neighbour for
 * it to be the candidate, or the beginning of it: people see what they look for before they have typed
 * it all.
 *
 * @see Damerau's distance in its restricted form
 */
export function distancesOf(
  word: string,
  candidate: string,
): { readonly toAll: number; readonly toBeginning: number } {
  const [from, to] = [[...word], [...candidate]];
  const rows: number[][] = [[...to.keys(), to.length]];
  const at = (row: number, place: number): number => rows[row]?.[place] ?? Number.POSITIVE_INFINITY;
  for (const [row, letter] of from.entries()) {
    const next = [row + 1];
    rows.push(next);
    for (const [place, other] of to.entries()) {
      const isSwapped = letter === to[place - 1] && from[row - 1] === other;
      next.push(
        Math.min(
          at(row + 1, place) + 1,
          at(row, place + 1) + 1,
          at(row, place) + (letter === other ? 0 : 1),
          isSwapped ? at(row - 1, place - 1) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }
  return { toAll: at(from.length, to.length), toBeginning: Math.min(...(rows.at(-1) ?? [])) };
}
