import type { ShareId } from "#contract/ids.ts";
import type { Device } from "#server/base/actor.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";

const WINDOW_MS = 15 * 60_000;
/** Wrong passwords of one link from one network. */
const MOST_OF_A_NETWORK = 10;
/** Wrong passwords of one link from all networks together. Whoever is in already stays in. */
const MOST_OF_A_SHARE = 100;

export interface Try {
  readonly shareId: ShareId;
  readonly device: Device;
}

/**
 * Takes a try at a link's password before it is compared, so that many at the same time are counted
 * too; a right one gives it back.
 *
 * @throws AppError `rate_limited`
 */
export async function takeTry({ counters }: Pick<Deps, "counters">, tried: Try): Promise<void> {
  const [network, share] = keysOf(tried);
  for (const [key, most] of [
    [network, MOST_OF_A_NETWORK],
    [share, MOST_OF_A_SHARE],
  ] as const) {
    const { hits, msLeft } = await counters.count(key, WINDOW_MS);
    if (hits <= most) continue;
    const retryAfterSeconds = Math.max(1, Math.ceil(msLeft / 1000));
    throw new AppError(
      "rate_limited",
      `There were too many wrong passwords for this link. Wait ${Math.ceil(retryAfterSeconds / 60)} minutes and try again.`,
      { retryAfterSeconds },
    );
  }
}

export const giveBack = ({ counters }: Pick<Deps, "counters">, tried: Try): Promise<void> =>
  counters.giveBack(keysOf(tried));

const keysOf = ({ shareId, device }: Try): [string, string] => [
  `share ${shareId} ${device.network}`,
  `share ${shareId}`,
];
