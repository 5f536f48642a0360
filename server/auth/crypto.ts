import { hash, timingSafeEqual } from "node:crypto";
import { base32, base64url } from "oslo/encoding";
import { createTOTPKeyURI, generateHOTP } from "oslo/otp";
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

/** As RFC 4226 §4 R6 asks for. */
const TOTP_SECRET_BYTES = 20;

/** 160 random bits in base32, as authenticator apps take it. */
export const createTotpSecret = (): string =>
  base32.encode(crypto.getRandomValues(new Uint8Array(TOTP_SECRET_BYTES)), {
    includePadding: false,
  });

/** `otpauth://…`, for a QR code. */
export const toTotpUri = (account: string, secret: string): string =>
  createTOTPKeyURI("Backline", account, base32.decode(secret, { strict: false }));

/** Six digits. @param step - 30 seconds each since 1970 (RFC 6238 §4.2). */
export const totpCodeAt = (secret: string, step: number): Promise<string> =>
  generateHOTP(base32.decode(secret, { strict: false }), step);

/** 120 random bits in six groups of letters and digits, none of which look alike. */
export const createBackupCode = (): string =>
  base32
    .encode(crypto.getRandomValues(new Uint8Array(15)), { includePadding: false })
    .toLowerCase()
    .replaceAll(/(.{4})(?=.)/g, "$1-");

export const isSameText = (one: string, other: string): boolean => {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
};
