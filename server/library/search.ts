/** What Unicode does not take apart, though people type it without. */
const PLAIN: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  đ: "d",
  ð: "d",
  ł: "l",
  þ: "th",
  ı: "i",
};

/** Scripts that write words without spaces: what is looked for may stand inside a word. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}]+/gu;
const SIGN = /[^\p{L}\p{N}]/gu;

/** Lower case, marks off, compatibility forms as letters: 'Först' and 'ﬁrst' as people type them. */
export const fold = (text: string): string =>
  text
    .normalize("NFKD")
    .replaceAll(/\p{M}+/gu, "")
    .toLowerCase()
    .replaceAll(/[ßæœøđðłþı]/g, (letter) => PLAIN[letter] ?? letter);

/**
 * Everything that a track is found by, each thing once and with a space before it:
 *
 * - its words;
 * - what follows a sign within a word ('(live)' is also 'live'), so that the beginning of every
 *   word has a space before it;
 * - signs, and runs of characters in scripts without spaces, spelt out in letters, because an index
 *   of trigrams knows neither signs nor anything shorter than three characters within a word.
 */
export function toSearchText(texts: readonly string[]): string {
  const words = new Set(texts.flatMap(toWords));
  const parts = [...words].flatMap((word) => word.split(/[^\p{L}\p{N}]+/u));
  const spelt = [...words].flatMap((word) => toSpelt(word));
  const all = new Set([...words, ...parts, ...spelt]);
  all.delete("");
  return [...all].map((word) => ` ${word}`).join("");
}

/**
 * LIKE patterns, all of which a track's text must match. A word occurs anywhere, but one or two
 * letters of a script with spaces only begin a word.
 */
export const toSearchPatterns = (search: string): string[] =>
  toWords(search).flatMap((word) => {
    if (isShort(word)) return [`% ${toLiteral(word)}%`];
    return [`%${toLiteral(word)}%`, ...toSpelt(word).map((each) => `%${each}%`)];
  });

/** The same for albums, artists, genres and folders, whose text is folded and no more. */
export const toNamePatterns = (search: string): string[] =>
  toWords(search).map((word) => `${isShort(word) ? "% " : "%"}${toLiteral(word)}%`);

const isShort = (word: string): boolean =>
  /^[\p{L}\p{N}]{1,2}$/u.test(word) && word.search(UNSPACED) < 0;

const toLiteral = (word: string): string => word.replaceAll(/[\\%_]/g, "\\$&");

/** A NUL separates words too; a database does not take it. */
export const toWords = (text: string): string[] =>
  fold(text.toWellFormed())
    .split(/[\s\p{Cc}]+/u)
    .filter((word) => word !== "");

/** '汽車' is `z6c7dz8ecaz`, which a part of it, `z8ecaz`, is found in; '%' is `z25z`. */
const toSpelt = (word: string): string[] =>
  [...(word.match(UNSPACED) ?? []), ...(word.match(SIGN) ?? [])].map(
    (run) => `z${[...run].map((character) => character.codePointAt(0)?.toString(16)).join("z")}z`,
  );
