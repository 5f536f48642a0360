import { HASHING_THREADS, hashPassword, isArgon2id, verifyArgon2id } from "./argon2.ts";
import { verifyBcrypt } from "./crypto.ts";
import { createTurns } from "./turns.ts";

/** One lane for the whole process. */
const turns = createTurns({ atOnce: HASHING_THREADS, waiting: 32 });

/** Random bytes in the form of a hash. No password has it; it takes as long as a real one. */
const NOBODYS_HASH =
  "$argon2id$v=19$m=19456,t=2,p=1$S6uUeLXZH+F/U0rlNojjgA$vGMN6GGw4IcjakhOYKe0Mxybl3XcAEu9xD/1FL1phvE";

export interface Verdict {
  readonly isRight: boolean;
  /** The same password in today's form, when it was right and kept in an older one. */
  readonly upgradedHash: string | null;
}

/** @throws AppError `busy` */
export const hashNewPassword = (password: string): Promise<string> =>
  turns.take(() => hashPassword(password));

/**
 * Compares, in the same time whether or not there is anything to compare with.
 *
 * @param passwordHash - `null` when there is no such user, or one without a password.
 * @throws AppError `busy`
 */
export const verifyPassword = (passwordHash: string | null, password: string): Promise<Verdict> =>
  turns.take(async () => {
    if (passwordHash === null || isArgon2id(passwordHash)) {
      const isSame = await verifyArgon2id(passwordHash ?? NOBODYS_HASH, password);
      return { isRight: isSame && passwordHash !== null, upgradedHash: null };
    }
    const isRight = await verifyBcrypt(passwordHash, password);
    return { isRight, upgradedHash: isRight ? await hashPassword(password) : null };
  });
