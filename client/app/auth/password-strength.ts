import { auth } from "../words/auth.ts";

export interface Strength {
  /** 0: too short, 1: weak, 2: fair, 3: good, 4: strong. */
  readonly level: 0 | 1 | 2 | 3 | 4;
  readonly hint: string;
}

export const SHORTEST_PASSWORD = 8;

const COMMON =
  /^(pass(word|wort)?|qwert[yz]u?|letmein|welcome|admin|backline|iloveyou|music|guitar|changeme|secret|monkey|dragon)[\W\d_]*$/i;

/**
 * A hint for the person who types, not a gate: the server decides. It counts what is hard to
 * guess, so repeated and consecutive characters add nothing.
 *
 * @param personal - name and e-mail, which are guessed first.
 */
export function judgePassword(password: string, personal: readonly string[]): Strength {
  const length = [...password].length;
  if (length < SHORTEST_PASSWORD) {
    return { level: 0, hint: auth.setup.passwordShort(SHORTEST_PASSWORD - length) };
  }
  if (COMMON.test(password)) return { level: 1, hint: auth.strength.common };
  if (contains(password, personal)) return { level: 1, hint: auth.strength.personal };

  const surprising = countSurprising(password);
  if (surprising < length * 0.6) return { level: 1, hint: auth.strength.repeated };
  const bits = surprising * Math.log2(alphabet(password));
  if (bits < 50) return { level: 2, hint: auth.strength.longer };
  if (bits < 75) return { level: 3, hint: auth.strength.longer };
  return { level: 4, hint: auth.strength.fine };
}

function contains(password: string, personal: readonly string[]): boolean {
  const text = password.toLowerCase();
  return personal
    .flatMap((each) => each.toLowerCase().split(/[^\p{L}\d]+/u))
    .some((word) => word.length >= 4 && text.includes(word));
}

function countSurprising(password: string): number {
  const points = [...password].map((character) => character.codePointAt(0) ?? 0);
  return points.filter((point, at) => {
    const step = point - (points[at - 1] ?? Number.NaN);
    return !(Math.abs(step) <= 1);
  }).length;
}

/** How many characters a guesser would try in each place, at 26 for words. */
function alphabet(password: string): number {
  const kinds: readonly (readonly [RegExp, number])[] = [
    [/\p{Ll}/u, 26],
    [/\p{Lu}/u, 26],
    [/\d/, 10],
    [/[^\p{L}\d]/u, 20],
  ];
  return kinds.reduce((sum, [kind, size]) => (kind.test(password) ? sum + size : sum), 0) || 26;
}
