import type { ShareId, TrackId } from "#contract/ids.ts";
import type { BeginListen, OpenedShare, OpenShare, SharedTrack } from "#contract/shares.ts";
import { createToken, hashToken, isToken } from "#server/auth/crypto.ts";
import { verifyPassword } from "#server/auth/password.ts";
import type { Device } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { createId } from "#server/base/ids.ts";
import type { Deps } from "#server/deps.ts";
import { findContent, findOpenContent, type SharedContent } from "./content.ts";
import { findCover } from "./content-store.ts";
import * as store from "./guest-store.ts";
import { giveBack, takeTry } from "./tries.ts";

/** So long a browser that has opened a link is its guest. */
export const GUEST_SECONDS = 12 * 3600;

type GuestDeps = Pick<Deps, "answers" | "counters" | "db" | "now">;

/** Somebody who asks for what a link leads to. */
export interface Guest {
  readonly shareId: ShareId;
  /** Of the browser's cookie; `null` when it has shown none. */
  readonly guestHash: string | null;
}

export interface Opened {
  readonly opened: OpenedShare;
  /** For the browser's cookie; `null` while it is no guest. */
  readonly guestToken: string | null;
}

/**
 * Lets somebody with a link in, from now on for half a day.
 *
 * @param known - the cookie of before, with which other links may be open.
 * @throws AppError `not_found` for what leads nowhere (any more); `gone` for a link that was listened
 *   to as often as it may be; `forbidden` for a wrong password; `rate_limited`, `busy`.
 */
export async function openShare(
  deps: GuestDeps,
  { token, password }: OpenShare,
  known: string | undefined,
  device: Device,
): Promise<Opened> {
  const share = await findShare(deps, token);
  const guestToken = await keepOrCreate(deps, known);
  const guestHash = hashToken(guestToken);
  const isIn = (await store.findAdmission(deps.db, share.id, guestHash)) !== undefined;
  if (!isIn) {
    if (share.isUsedUp) throw isUsedUp();
    if (share.passwordHash !== null && password === null) {
      return { opened: { status: "password_needed" }, guestToken: null };
    }
    await requirePassword(deps, share, password, device);
    const shown = { tokenHash: hashToken(token), passwordHash: share.passwordHash };
    const guest = { id: createId(deps.now()), shareId: share.id, guestHash };
    const isLetIn = await write(deps, (tx) =>
      store.insertGuest(tx, shown, { ...guest, forSeconds: GUEST_SECONDS }),
    );
    if (!isLetIn) throw leadsNowhere();
  }
  const content = await findWhole(deps, token, share);
  return { opened: toOpened(share, content), guestToken };
}

/**
 * Notes that a guest listens, once; from then on the bytes are theirs.
 *
 * @throws AppError `unauthenticated` for who has not opened the link; `not_found` for a recording that
 *   it does not lead to; `gone` when it was listened to as often as it may be.
 */
export const beginListen = (
  deps: Pick<Deps, "db">,
  { shareId, trackId }: BeginListen,
  guestToken: string | undefined,
): Promise<void> =>
  write(deps, async (tx) => {
    const guestHash = guestToken === undefined ? null : hashToken(guestToken);
    const admission = guestHash && (await store.findAdmission(tx, shareId, guestHash, trackId));
    if (!admission) throw openLinkFirst();
    if (!admission.leadsThere) throw noSuchRecording();
    if (!(await store.insertListen(tx, { guestId: admission.guestId, trackId }))) return;
    // Thrown in here it takes the listen back.
    if (!(await store.countListen(tx, shareId))) throw isUsedUp();
  });

/** What a page may tell of a link before it is opened: nothing, where it takes a password. */
export const findPreview = async (
  deps: Pick<Deps, "answers" | "db">,
  token: string,
): Promise<SharedContent | undefined> =>
  isToken(token) ? findOpenContent(deps, hashToken(token)) : undefined;

/**
 * The cover of a recording that a link leads to, for everybody who has the link and, where it takes a
 * password, for its guests.
 *
 * @param asked - the recording; the first one that has a cover when left out.
 * @throws AppError `not_found`, `unauthenticated`
 */
export async function openSharedCover(
  deps: Pick<Deps, "answers" | "db">,
  token: string,
  asked: TrackId | undefined,
  guestToken: string | undefined,
): Promise<{ readonly hash: string; readonly bytes: Buffer }> {
  const share = await findShare(deps, token);
  if (share.passwordHash !== null) {
    const guestHash = guestToken === undefined ? null : hashToken(guestToken);
    const isIn = guestHash !== null && (await store.findAdmission(deps.db, share.id, guestHash));
    if (!isIn) throw openLinkFirst();
  }
  const trackId = asked ?? (await findWhole(deps, token, share)).tracks.find(hasCover)?.id;
  const cover = trackId && (await findCover(deps.db, share, trackId));
  if (!cover) throw new AppError("not_found", "This recording has no cover.");
  return cover;
}

const hasCover = ({ coverHash }: SharedTrack): boolean => coverHash !== null;

/** @throws AppError `not_found` when it is gone meanwhile. */
async function findWhole(
  deps: Pick<Deps, "answers" | "db">,
  token: string,
  share: store.FoundShare,
): Promise<SharedContent> {
  const isOpen = share.passwordHash === null;
  const content =
    (isOpen ? await findOpenContent(deps, hashToken(token)) : undefined) ??
    (await findContent(deps, share));
  if (!content) throw leadsNowhere();
  return content;
}

/** To be called now and then. */
export const forgetOldGuests = (deps: Pick<Deps, "db">): Promise<void> =>
  write(deps, (tx) => store.deleteOldGuests(tx));

async function findShare(deps: Pick<Deps, "db">, token: string): Promise<store.FoundShare> {
  const share = isToken(token) ? await store.findByToken(deps.db, hashToken(token)) : undefined;
  if (!share) throw leadsNowhere();
  return share;
}

/** One cookie for all links that a browser has open; what somebody else made up is none of ours. */
async function keepOrCreate(deps: Pick<Deps, "db">, known: string | undefined): Promise<string> {
  const isOurs =
    known !== undefined && isToken(known) && (await store.isKnownGuest(deps.db, hashToken(known)));
  return isOurs ? known : createToken();
}

async function requirePassword(
  deps: GuestDeps,
  share: store.FoundShare,
  password: string | null,
  device: Device,
): Promise<void> {
  if (share.passwordHash === null) return;
  const tried = { shareId: share.id, device };
  await takeTry(deps, tried);
  const { isRight } = await verifyPassword(share.passwordHash, password ?? "");
  if (!isRight) {
    throw new AppError(
      "forbidden",
      "That is not the password of this link. Ask whoever gave you the link, and try again.",
    );
  }
  await giveBack(deps, tried);
}

const toOpened = (share: store.FoundShare, content: SharedContent): OpenedShare => ({
  status: "open",
  shareId: share.id,
  ...content,
  canDownload: share.canDownload,
  canComment: share.canComment,
  expiresAt: share.expiresAt?.toISOString() ?? null,
  playsLeft: share.playLimit === null ? null : Math.max(0, share.playLimit - share.playCount),
});

/** The same for what never was, is over and was taken back. */
export const leadsNowhere = (): AppError =>
  new AppError(
    "not_found",
    "This link leads nowhere: it is not complete, its time is over, or it was taken back. Ask whoever gave it to you for another.",
  );

const isUsedUp = (): AppError =>
  new AppError(
    "gone",
    "This link was listened to as often as it may be. Ask whoever gave it to you for another.",
  );

export const openLinkFirst = (): AppError =>
  new AppError("unauthenticated", "Open the link again: this browser has not done so of late.");

export const noSuchRecording = (): AppError =>
  new AppError("not_found", "The link does not lead to this recording.");
