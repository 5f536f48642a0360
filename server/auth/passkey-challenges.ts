import type { Actor } from "#server/base/actor.ts";
import type { Tx } from "#server/base/db.ts";
import { createToken, hashToken } from "./crypto.ts";
import * as store from "./passkey-store.ts";
import { readChallenge } from "./webauthn.ts";

/** To find the key, or to fetch the phone. By the database's clock. */
const LIFETIME_SECONDS = 300;

/** For what, and which browser may use it: what its session, or its cookie of before, is called. */
export interface Asking {
  readonly purpose: store.Purpose;
  readonly browser: string;
}

/** As the CSRF token is bound to it, too. */
export const browserOf = ({ sessionId }: Actor): string => `session ${sessionId}`;

/** 256 random bits for a device to sign. Only their hash is kept. */
export async function giveChallenge(tx: Tx, asking: Asking): Promise<string> {
  const challenge = createToken();
  await store.insertChallenge(tx, toRow(challenge, asking), LIFETIME_SECONDS);
  return challenge;
}

/**
 * Uses the challenge up that something was signed for.
 *
 * @returns `undefined` when it is none of ours, old, used, for something else or another browser's.
 */
export async function takeChallenge(
  tx: Tx,
  clientDataJson: string,
  asking: Asking,
): Promise<string | undefined> {
  const challenge = readChallenge(clientDataJson);
  if (challenge === undefined) return undefined;
  return (await store.takeChallenge(tx, toRow(challenge, asking))) ? challenge : undefined;
}

const toRow = (challenge: string, { purpose, browser }: Asking): store.Challenge => ({
  challengeHash: hashToken(challenge),
  purpose,
  browserHash: hashToken(browser),
});
