import type { UserId } from "#contract/ids.ts";
import type { PasskeyAssertion, PasskeyRequest, SignInPasskey } from "#contract/passkeys.ts";
import { noteEvent } from "#server/audit/service.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { type Asking, browserOf, giveChallenge, takeChallenge } from "./passkey-challenges.ts";
import * as store from "./passkey-store.ts";
import { openSession } from "./service.ts";
import { markAuthenticated } from "./session-store.ts";
import { isSuspended, type SignedIn } from "./sign-in.ts";
import { findMe } from "./store.ts";
import { toRequest, toUserHandle, verifyAssertion } from "./webauthn.ts";

type SignInDeps = Pick<Deps, "config" | "db" | "maintenance" | "now" | "sessionKeys">;

/** What an assertion is worth. One that is wrong tells nobody in which way. */
type Verdict =
  | { readonly is: "right"; readonly owner: store.Owner }
  | { readonly is: "copied"; readonly userId: UserId }
  | { readonly is: "wrong"; readonly userId: UserId | null };

/** The same for everybody: the device knows whose passkeys it has, and nobody is named before. */
export async function offerSignIn(
  deps: Pick<Deps, "config" | "db">,
  browser: string,
): Promise<PasskeyRequest> {
  const challenge = await write(deps, (tx) => giveChallenge(tx, { purpose: "sign_in", browser }));
  return toRequest(deps, challenge, []);
}

/**
 * Opens a session for whoever has a passkey. The device has verified its owner, so it stands for the
 * password and for the second factor: no code is asked for, and wrong passwords slow it down nowhere.
 *
 * @param browser - which one asks; the challenge was given to it.
 * @throws AppError `unauthenticated`, the same for everything that is not right; `forbidden` for a
 *   suspended user.
 */
export async function signInPasskey(
  deps: SignInDeps,
  { assertion, rememberMe }: SignInPasskey,
  browser: string,
  device: Device,
): Promise<SignedIn> {
  // A challenge is used up by a failure, too, so that one is not thrown inside, where it is undone.
  const opened = await write(deps, async (tx) => {
    const verdict = await judge(deps, tx, assertion, { purpose: "sign_in", browser });
    if (verdict.is !== "right") return noteRefusal(deps, tx, verdict, null, device);
    const { userId, isSuspended: isKeptOut } = verdict.owner;
    if (isKeptOut) return isSuspended();
    const who = { userId, rememberMe, device, way: "passkey" as const };
    const session = await openSession(deps, tx, who);
    // Here and not afterwards: the challenge is spent, and a busy server would turn them away.
    const me = await findMe(tx, userId);
    if (!me) throw new Error("A user has no personal band.");
    return { ...session, me: { ...me, sessionId: session.sessionId } };
  });
  if (opened instanceof AppError) throw opened;
  return opened;
}

/** @throws AppError `conflict` for whoever has no passkey. */
export async function offerReauthentication(
  deps: Pick<Deps, "config" | "db">,
  actor: Actor,
): Promise<PasskeyRequest> {
  const passkeys = await store.listPasskeys(deps.db, actor.userId);
  if (passkeys.length === 0) {
    throw new AppError(
      "conflict",
      "There is no passkey in your account. Show that it is you in another way.",
    );
  }
  const asking = { purpose: "reauthenticate", browser: browserOf(actor) } as const;
  const challenge = await write(deps, (tx) => giveChallenge(tx, asking));
  return toRequest(deps, challenge, passkeys);
}

/**
 * Shows with a passkey that it is them, for what asks for it.
 *
 * @throws AppError `forbidden` for one that is not right, or somebody else's: the session stays.
 */
export async function reauthenticatePasskey(
  deps: Pick<Deps, "config" | "db" | "now">,
  actor: Actor,
  assertion: PasskeyAssertion,
  device: Device,
): Promise<void> {
  const { userId } = actor;
  const asking = { purpose: "reauthenticate", browser: browserOf(actor) } as const;
  const refusal = await write(deps, async (tx) => {
    const verdict = await judge(deps, tx, assertion, asking, userId);
    if (verdict.is !== "right") return noteRefusal(deps, tx, verdict, userId, device);
    await markAuthenticated(tx, actor.sessionId);
    await noteEvent(deps, tx, {
      action: "session.reauthenticated",
      actorId: userId,
      subjectId: userId,
      device,
      details: { way: "passkey" },
    });
    return null;
  });
  if (refusal) throw new AppError("forbidden", refusal.message);
}

/** @param only - whose passkey it has to be; left out where it says who somebody is. */
async function judge(
  deps: Pick<Deps, "config">,
  tx: Tx,
  assertion: PasskeyAssertion,
  asking: Asking,
  only?: UserId,
): Promise<Verdict> {
  const { clientDataJSON, userHandle } = assertion.response;
  const challenge = await takeChallenge(tx, clientDataJSON, asking);
  const owner = await store.lockOwner(tx, assertion.id);
  const passkey = await store.findPasskey(tx, assertion.id);
  const wrong = { is: "wrong", userId: only ?? owner?.userId ?? null } as const;
  if (challenge === undefined || !owner || !passkey || owner.isDeleted) return wrong;
  if (!isFor(owner.userId, userHandle, only)) return wrong;

  const proof = await verifyAssertion(deps, assertion, challenge, passkey.publicKey);
  if (!proof) return wrong;
  if (hasFallen(passkey.signCount, proof.signCount)) return { is: "copied", userId: owner.userId };
  await store.savePasskeyUse(tx, passkey.id, proof);
  return { is: "right", owner };
}

/**
 * Where nobody has said who they are, the device has to (WebAuthn §7.2 step 6); where it is known, it
 * may leave it out.
 */
function isFor(ownerId: UserId, userHandle: string | null | undefined, only?: UserId): boolean {
  if (only !== undefined && only !== ownerId) return false;
  if (only !== undefined && !userHandle) return true;
  return userHandle === toUserHandle(ownerId);
}

/** Devices that do not count always say 0 (WebAuthn §6.1.1). */
const hasFallen = (last: number, now: number): boolean => (last > 0 || now > 0) && now <= last;

/** @param actorId - who is signed in; `null` for nobody. @returns what to tell them. */
async function noteRefusal(
  deps: Pick<Deps, "now">,
  tx: Tx,
  verdict: Exclude<Verdict, { is: "right" }>,
  actorId: UserId | null,
  device: Device,
): Promise<AppError> {
  await noteEvent(deps, tx, {
    action: verdict.is === "copied" ? "passkey.copied" : "passkey.refused",
    actorId,
    subjectId: verdict.userId,
    device,
  });
  return verdict.is === "copied" ? isCopied() : isWrong();
}

const isWrong = (): AppError =>
  new AppError(
    "unauthenticated",
    "This passkey does not let you in here: it took too long, or it is not known any more. Try again, or use another way.",
  );

const isCopied = (): AppError =>
  new AppError(
    "unauthenticated",
    "This passkey was refused, because its device counts fewer uses than this server: there may be a copy of it. Use another way, remove the passkey in your settings, and add a new one.",
  );
