import type { GuestThread, ListAsGuest, ReplyAsGuest, WriteAsGuest } from "#contract/comments.ts";
import { hashToken } from "#server/auth/crypto.ts";
import type { Device } from "#server/base/actor.ts";
import { AppError } from "#server/base/errors.ts";
import {
  type Admitted,
  listGuestThreads,
  replyToGuests,
  writeAsGuest,
} from "#server/comments/guest-threads.ts";
import type { Deps } from "#server/deps.ts";
import { findAdmission } from "./guest-store.ts";
import { noSuchRecording, openLinkFirst } from "./guests.ts";

const WINDOW_MS = 10 * 60_000;
/** Comments of one link from one network. */
const MOST_OF_A_NETWORK = 20;
/** Comments of one link from all networks together. */
const MOST_OF_A_SHARE = 200;

/**
 * What the guests of a link have written about one of its recordings, with the band's replies. What
 * members write to each other, and who they are, is not told.
 *
 * @throws AppError `unauthenticated`, `not_found`, `forbidden`
 */
export const listAsGuest = async (
  deps: Pick<Deps, "db">,
  asked: ListAsGuest,
  guestToken: string | undefined,
): Promise<GuestThread[]> => listGuestThreads(deps, await admit(deps, asked, guestToken));

/**
 * @returns all that the guests of the link have written about it.
 * @throws AppError `unauthenticated`, `not_found`, `forbidden`, `rate_limited`, `conflict`
 */
export async function commentAsGuest(
  deps: Pick<Deps, "counters" | "db" | "events" | "now">,
  written: WriteAsGuest,
  guestToken: string | undefined,
  device: Device,
): Promise<GuestThread[]> {
  const admitted = await admit(deps, written, guestToken);
  await takeTurn(deps, admitted, device);
  await writeAsGuest(deps, admitted, written);
  return listGuestThreads(deps, admitted);
}

/**
 * @returns all that the guests of the link have written about it.
 * @throws AppError as `commentAsGuest`; `not_found` for what no guest of this link has begun, too.
 */
export async function replyAsGuest(
  deps: Pick<Deps, "counters" | "db" | "events" | "now">,
  written: ReplyAsGuest,
  guestToken: string | undefined,
  device: Device,
): Promise<GuestThread[]> {
  const admitted = await admit(deps, written, guestToken);
  await takeTurn(deps, admitted, device);
  await replyToGuests(deps, admitted, written);
  return listGuestThreads(deps, admitted);
}

async function admit(
  { db }: Pick<Deps, "db">,
  { shareId, trackId }: ListAsGuest,
  guestToken: string | undefined,
): Promise<Admitted> {
  const guestHash = guestToken === undefined ? null : hashToken(guestToken);
  const admission = guestHash && (await findAdmission(db, shareId, guestHash, trackId));
  if (!admission) throw openLinkFirst();
  if (!admission.leadsThere) throw noSuchRecording();
  if (!admission.canComment) {
    throw new AppError(
      "forbidden",
      "With this link recordings can be heard, but not commented on. Nothing was written; ask whoever gave you the link.",
    );
  }
  return { bandId: admission.bandId, shareId, trackId };
}

async function takeTurn(
  { counters }: Pick<Deps, "counters">,
  { shareId }: Admitted,
  { network }: Device,
): Promise<void> {
  for (const [key, most] of [
    [`share comments ${shareId} ${network}`, MOST_OF_A_NETWORK],
    [`share comments ${shareId}`, MOST_OF_A_SHARE],
  ] as const) {
    const { hits, msLeft } = await counters.count(key, WINDOW_MS);
    if (hits <= most) continue;
    const retryAfterSeconds = Math.max(1, Math.ceil(msLeft / 1000));
    throw new AppError(
      "rate_limited",
      `There were too many comments by this link. Nothing was written; wait ${Math.ceil(retryAfterSeconds / 60)} minutes and try again.`,
      { retryAfterSeconds },
    );
  }
}
