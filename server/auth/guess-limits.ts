import type { UserId } from "#contract/ids.ts";
import type { Device } from "#server/base/actor.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { hashToken } from "./crypto.ts";

const WINDOW_MS = 15 * 60_000;
/** Wrong passwords from one network. */
const MOST_OF_A_NETWORK = 10;
/** Wrong passwords for one account from all networks together, but for devices that it knows. */
const MOST_OF_AN_ACCOUNT = 30;
/** Wrong second factors for one account, but from devices that it knows. */
const MOST_CODES = 20;

export interface Guess {
  /** What was typed, in the one form that it is compared in: whose account is guessed at. */
  readonly accountKey: string;
  readonly device: Device;
  /** Whose this browser has been before; `null` for nobody's. */
  readonly knownUserId: UserId | null;
  /** Whose the account is; `null` for nobody's. */
  readonly userId: UserId | null;
  /** What to do rather than wait. */
  readonly instead: string;
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
export async function takeTry(deps: Pick<Deps, "counters">, guess: Guess): Promise<void> {
  const [network, account] = keysOf(guess);
  await count(deps, guess, network, MOST_OF_A_NETWORK, "from your network");
  if (account !== null) await count(deps, guess, account, MOST_OF_AN_ACCOUNT, "for this account");
}

export const giveBack = ({ counters }: Pick<Deps, "counters">, guess: Guess): Promise<void> =>
  counters.giveBack(keysOf(guess).filter((key) => key !== null));

/**
 * Takes a try at a second factor from a device that the account does not know, whatever network it
 * is in: six digits can be guessed by whoever has the password and many networks.
 *
 * @returns false when there have been too many wrong ones.
 */
export async function takeCodeTry(
  { counters }: Pick<Deps, "counters">,
  userId: UserId,
): Promise<boolean> {
  const { hits } = await counters.count(codesOf(userId), WINDOW_MS);
  return hits <= MOST_CODES;
}

export const giveCodeTryBack = (
  { counters }: Pick<Deps, "counters">,
  userId: UserId,
): Promise<void> => counters.giveBack([codesOf(userId)]);

export const tooManyCodes = (): AppError =>
  new AppError(
    "rate_limited",
    "There were too many wrong codes for this account. Wait 15 minutes and try again, or use a device that was signed in before. Whoever tried them knows your password: change it.",
    { retryAfterSeconds: WINDOW_MS / 1000 },
  );

const codesOf = (userId: UserId): string => `codes ${userId}`;

function keysOf({ accountKey, device, knownUserId, userId }: Guess): [string, string | null] {
  const isKnownDevice = userId !== null && knownUserId === userId;
  const account = isKnownDevice ? null : `guesses ${hashToken(accountKey)}`;
  return [`failures ${device.network}`, account];
}

async function count(
  { counters }: Pick<Deps, "counters">,
  { instead }: Guess,
  key: string,
  most: number,
  where: string,
): Promise<void> {
  const { hits, msLeft } = await counters.count(key, WINDOW_MS);
  if (hits <= most) return;
  const retryAfterSeconds = Math.max(1, Math.ceil(msLeft / 1000));
  throw new AppError(
    "rate_limited",
    `There were too many wrong passwords ${where}. Wait ${Math.ceil(retryAfterSeconds / 60)} minutes and try again, or ${instead}. Devices that are signed in keep working.`,
    { retryAfterSeconds },
  );
}
