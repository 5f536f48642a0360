import type { Me, SignIn } from "#contract/auth.ts";
import type { SessionId, UserId } from "#contract/ids.ts";
import { noteEvent } from "#server/audit/service.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { requireLetIn } from "./admission.ts";
import { createToken, hashToken } from "./crypto.ts";
import { toEmailKey } from "./email.ts";
import { type Guess, giveBack, takeTry } from "./guess-limits.ts";
import { type Verdict, verifyPassword } from "./password.ts";
import { hasFactor, insertTicket } from "./second-factor-store.ts";
import { type Grant, openSession, revokeSession } from "./service.ts";
import * as store from "./store.ts";

/** What signing in gives: cookies, and who it is. */
export type SignedIn = Grant & { readonly me: Me };

/** To find the phone and type in a code. */
export const TICKET_SECONDS = 300;

/** How often a sign-in starts anew because the password was changed under its hands. */
const TRIES = 3;

/**
 * Opens a session for whoever knows the password. An unknown address and a wrong password take the
 * same time and give the same answer.
 *
 * @param knownUserId - whose this browser has been before; `null` for nobody's.
 * @throws AppError `unauthenticated`; `rate_limited` after too many wrong passwords; `forbidden` for
 *   a suspended user with the right password; `maintenance`; `busy`.
 */
export async function signIn(
  deps: Pick<Deps, "config" | "counters" | "db" | "maintenance" | "now" | "sessionKeys">,
  input: SignIn,
  device: Device,
  knownUserId: UserId | null,
): Promise<SignedIn | { readonly ticket: string }> {
  const emailKey = toEmailKey(input.email);
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const known = await store.findCredentials(deps.db, emailKey);
    const guess = {
      accountKey: emailKey,
      device,
      knownUserId,
      userId: known?.userId ?? null,
      instead: "choose a new password by mail",
    };
    const verdict = await compare(deps, guess, known?.passwordHash ?? null, input.password);
    if (!known || !verdict.isRight) {
      await noteRefusal(deps, known?.userId ?? null, device);
      throw notRight();
    }

    // Whatever becomes of it now, the password was no guess.
    await giveBack(deps, guess);
    const { userId } = known;
    const session = await write(deps, async (tx) => {
      const [isConfirmed, owesFactor] = await Promise.all([
        confirm(tx, known, verdict),
        hasFactor(tx, userId),
      ]);
      if (!isConfirmed) return undefined;
      await requireLetIn(deps, tx, userId);
      if (owesFactor) return giveTicket(tx, userId, input.rememberMe);
      return openSession(deps, tx, { userId, rememberMe: input.rememberMe, device });
    });
    if (!session) continue;
    if ("ticket" in session) return session;
    return { ...session, me: await getMe(deps, { userId, ...session }) };
  }
  throw notRight();
}

/** For whoever owes the second factor. It opens nothing by itself. */
export async function giveTicket(
  tx: Tx,
  userId: UserId,
  rememberMe: boolean,
): Promise<{ readonly ticket: string }> {
  const ticket = createToken();
  await insertTicket(tx, { tokenHash: hashToken(ticket), userId, rememberMe }, TICKET_SECONDS);
  return { ticket };
}

/** A comparison that did not come about, because too many wait for theirs, is no try. */
async function compare(
  deps: Pick<Deps, "counters">,
  guess: Guess,
  passwordHash: string | null,
  password: string,
): Promise<Verdict> {
  await takeTry(deps, guess);
  try {
    return await verifyPassword(passwordHash, password);
  } catch (error) {
    await giveBack(deps, guess);
    throw error;
  }
}

/** @param sessionId - `null` when the browser names none: there is nothing to end then. */
export async function signOut(
  deps: Pick<Deps, "db" | "events" | "jobs" | "now">,
  sessionId: SessionId | null,
  device: Device,
): Promise<void> {
  if (sessionId) await revokeSession(deps, sessionId, "signed_out", device);
}

/** What the client shows of the person who is signed in. */
export async function getMe(
  deps: Pick<Deps, "db">,
  who: { readonly userId: UserId; readonly sessionId: SessionId } | Actor,
): Promise<Me> {
  const me = await store.findMe(deps.db, who.userId);
  if (!me) throw new Error("A user has no personal band.");
  return { ...me, sessionId: who.sessionId };
}

/**
 * Holds the user still while a session is opened: a password that was changed after it was compared
 * opens none. A hash in an older form is replaced here, by the one who still finds it.
 *
 * @returns false when the password is no longer the one that was compared.
 */
async function confirm(
  tx: Tx,
  known: { readonly userId: UserId; readonly passwordHash: string | null },
  verdict: Verdict,
): Promise<boolean> {
  const now = await store.lockUser(tx, known.userId);
  if (!now || now.passwordHash !== known.passwordHash) return false;
  if (now.isSuspended) throw isSuspended();
  if (verdict.upgradedHash) await store.savePasswordHash(tx, known.userId, verdict.upgradedHash);
  return true;
}

/** For an unknown address too, so that both take the same time. What was typed is not kept. */
const noteRefusal = (
  deps: Pick<Deps, "db" | "now">,
  subjectId: UserId | null,
  device: Device,
): Promise<void> =>
  write(deps, (tx) =>
    noteEvent(deps, tx, { action: "session.refused", actorId: null, subjectId, device }),
  );

export const isSuspended = (): AppError =>
  new AppError(
    "forbidden",
    "This account is suspended. Everything in it is kept; ask an admin of this server to let you in again.",
  );

const notRight = (): AppError =>
  new AppError(
    "unauthenticated",
    "The e-mail address or the password is not right. Check both and try again.",
  );
