import { hash } from "node:crypto";
import { base64url } from "oslo/encoding";
import { Argon2id, Bcrypt } from "oslo/password";

/** Everything that comes from oslo, which is no longer developed: to replace it, replace this file. */

/** OWASP's floor: 19 MiB, two passes, one lane. */
const argon2id = new Argon2id({ memorySize: 19_456, iterations: 2, parallelism: 1 });
const bcrypt = new Bcrypt();

/** 256 random bits, base64url: 43 characters. */
export const createToken = (): string =>
  base64url.encode(crypto.getRandomValues(new Uint8Array(32)), { includePadding: false });

/** True for what looks like one of `createToken`. */
export const isToken = (text: string): boolean => /^[\w-]{43}$/.test(text);

/**
 * SHA-256, base64url: how a token of 256 random bits is kept. Node's own, because oslo's goes
 * through the thread pool, where it would wait behind password hashes.
 */
export const hashToken = (token: string): string => hash("sha256", token, "base64url");

/** @returns a PHC string, `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`. */
export const hashPassword = (password: string): Promise<string> => argon2id.hash(password);

export const isArgon2id = (passwordHash: string): boolean => passwordHash.startsWith("$argon2id$");

export const verifyArgon2id = (passwordHash: string, password: string): Promise<boolean> =>
  argon2id.verify(passwordHash, password);

/** Only for imported accounts: bcrypt does not see past the 72nd byte. */
export const verifyBcrypt = (passwordHash: string, password: string): Promise<boolean> =>
  bcrypt.verify(passwordHash, password);
