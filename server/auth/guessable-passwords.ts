import { AppError } from "#server/base/errors.ts";
import { commonPasswords } from "./common-passwords.ts";

/** What passwords are made of most often, in their plain letters. */
const COMMON_WORDS = new Set(
  `password passwort motdepasse contrasena senha parola wachtwoord secret geheim
  admin administrator root user guest test testing demo default changeme letmein welcome willkommen
  login master access hello hallo iloveyou loveyou love money monkey dragon princess sunshine shadow
  football baseball basketball soccer hockey superman batman spiderman pokemon starwars matrix
  michael jennifer jordan ashley nicole daniel andrew joshua jessica thomas robert charlie maggie
  summer winter spring autumn january february august september october november december
  monday friday sunday computer internet samsung google facebook whatever trustno freedom computer
  qwerty qwertyuiop qwertz qwertzuiop azerty azertyuiop asdf asdfgh asdfghjkl zxcvbn zxcvbnm
  abc abcd abcde abcdef abcdefg abcdefgh music musik guitar drummer bassplayer rockstar rocknroll band
  rehearsal backline`.split(/\s+/),
);

/** Rows that fingers run along. Read in both directions. */
const ROWS = [
  "abcdefghijklmnopqrstuvwxyz",
  "01234567890",
  "qwertyuiop",
  "qwertzuiop",
  "asdfghjkl",
  "zxcvbnm",
  "1qaz2wsx3edc4rfv5tgb",
];

const DISGUISES: Readonly<Record<string, string>> = {
  "0": "o",
  "1": "i",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
  "@": "a",
  $: "s",
  "!": "i",
};

/** Digits alone are dates and telephone numbers up to here. */
const MAX_DATE_OR_PHONE = 12;

/** `monkey2026!` is a common word in a dress; more around it than that is a password of its own. */
const MAX_DRESS = 5;

/** Nobody tries the same sign thirty times. */
const MAX_REPEATED = 24;

/**
 * Refuses what is tried first: a password known from breaches, a common word, the name of this product or person with digits and
 * signs around it, a run along the keyboard, one thing repeated, a number.
 *
 * @param about - texts that a guesser knows: the e-mail address, the name.
 * @throws AppError `invalid_input`
 */
export function requireUnguessable(password: string, about: readonly string[]): void {
  if (!isGuessable(password, about)) return;
  throw new AppError(
    "invalid_input",
    "This password is one of the first that others would try. Choose another, such as three or four words that have nothing to do with each other.",
  );
}

function isGuessable(password: string, about: readonly string[]): boolean {
  const text = password.normalize("NFKC").toLowerCase();
  const known = new Set([...COMMON_WORDS, ...about.flatMap(wordsOf)]);
  return (
    (/^\d+$/.test(text) && text.length <= MAX_DATE_OR_PHONE) ||
    commonPasswords().has(text) ||
    readingsOf(text).some((each) => known.has(each) || isDressed(text, each)) ||
    isRepeated(text) ||
    isRun(text)
  );
}

/** `P@ssw0rd!` and `Backline2026!` are words that dress up. */
const readingsOf = (text: string): string[] => [
  core(text),
  undisguise(core(text)),
  core(undisguise(text)),
  undisguise(text.replace(/[^\p{L}]+$/u, "")),
];

const isDressed = (text: string, word: string): boolean =>
  text.length - word.length <= MAX_DRESS && commonPasswords().has(word);

/** The letters in the middle. */
const core = (text: string): string => text.replaceAll(/^[^\p{L}]+|[^\p{L}]+$/gu, "");

const undisguise = (text: string): string =>
  text.replaceAll(/./gu, (sign) => DISGUISES[sign] ?? sign);

const wordsOf = (text: string): string[] => {
  const lower = text.normalize("NFKC").toLowerCase();
  const words = lower.split(/[^\p{L}]+/u).filter((word) => word.length > 2);
  return [...words, words.join("")].filter((word) => word !== "");
};

const isRepeated = (text: string): boolean =>
  [...text].length <= MAX_REPEATED && /^(.{1,4}?)\1+$/u.test(text);

function isRun(text: string): boolean {
  return ROWS.some((row) => {
    const backwards = [...row].reverse().join("");
    return `${row}${row}`.includes(text) || `${backwards}${backwards}`.includes(text);
  });
}
