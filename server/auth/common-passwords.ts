import { readFileSync } from "node:fs";
import { join } from "node:path";

const FILE = join(import.meta.dirname, "common-passwords.txt");

let known: ReadonlySet<string> | null = null;

/**
 * Some 23,000 passwords from breaches, in lower case: whole ones, and the words that many are made
 * of. Read when the first password is chosen, which most days never comes.
 *
 * @see OWASP ASVS 5.0 6.2.4, 6.2.12
 */
export function commonPasswords(): ReadonlySet<string> {
  known ??= new Set(
    readFileSync(FILE, "utf8")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("# ") && line !== "#"),
  );
  return known;
}
