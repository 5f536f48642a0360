import { hash, timingSafeEqual } from "node:crypto";
import { base32, base64url } from "oslo/encoding";
import { createTOTPKeyURI, generateHOTP } from "oslo/otp";
import { Bcrypt } from "oslo/password";

/** Everything that comes from oslo, which is no longer developed: to replace it, replace this file. */

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
