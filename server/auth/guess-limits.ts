import type { UserId } from "#contract/ids.ts";
import type { Device } from "#server/base/actor.ts";
import type { Tx } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { hashToken } from "./crypto.ts";
import { countHit } from "./hits.ts";
import * as store from "./store.ts";

const WINDOW_MS = 15 * 60_000;
/** Wrong passwords from one network. */
const MOST_OF_A_NETWORK = 10;
/** Wrong passwords for one account from all networks together, but for devices that it knows. */
const MOST_OF_AN_ACCOUNT = 30;

export interface Guess {
  readonly emailKey: string;
  readonly device: Device;
  /** Whose this browser has been before; `null` for nobody's. */
  readonly knownUserId: UserId | null;
  /** Whose the address is; `null` for nobody's. */
  readonly userId: UserId | null;
}

/**
 * Takes a try at a password before it is compared, so that many at the same time are counted too. A
 * right one gives it back (`giveBack`): only wrong ones use tries up, and a right one makes none of
 * them undone.
 *
 * An address without an account is counted the same, so that nobody can tell.
 *
 * @throws AppError `rate_limited`
 */
export async function takeTry(deps: Pick<Deps, "db">, guess: Guess): Promise<void> {
  const [network, account] = keysOf(guess);
  await count(deps, network, MOST_OF_A_NETWORK, "from your network");
  if (account !== null) await count(deps, account, MOST_OF_AN_ACCOUNT, "for this account");
}

export async function giveBack(tx: Tx, guess: Guess): Promise<void> {
  for (const key of keysOf(guess)) if (key !== null) await store.removeHit(tx, key);
}

function keysOf({ device, emailKey, knownUserId, userId }: Guess): [string, string | null] {
  const isKnownDevice = userId !== null && knownUserId === userId;
  const account = isKnownDevice ? null : `guesses ${hashToken(emailKey)}`;
  return [`failures ${device.network}`, account];
}

async function count(
  deps: Pick<Deps, "db">,
  key: string,
  most: number,
  where: string,
): Promise<void> {
  const { hits, msLeft } = await countHit(deps, key, WINDOW_MS);
  if (hits <= most) return;
  const retryAfterSeconds = Math.max(1, Math.ceil(msLeft / 1000));
  throw new AppError(
    "rate_limited",
    `There were too many wrong passwords ${where}. Wait ${Math.ceil(retryAfterSeconds / 60)} minutes and try again, or choose a new password by mail. Devices that are signed in keep working.`,
    { retryAfterSeconds },
  );
}
