import { hashSync, type Options, verifySync } from "@node-rs/argon2";

/** Argon2id, as the library does by itself, at OWASP's floor: 19 MiB, two passes, one lane. */
const FLOOR: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** One Unicode form, so that a password is the same from every keyboard. */
const toText = (password: string): string => password.normalize("NFKC");

export const hash = (password: string): string => hashSync(toText(password), FLOOR);

export const verify = ({ passwordHash, password }: { passwordHash: string; password: string }) =>
  verifySync(passwordHash, toText(password));
