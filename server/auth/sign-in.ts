import type { Me, SignIn } from "#contract/auth.ts";
import type { SessionId, UserId } from "#contract/ids.ts";
import type { Actor } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { toEmailKey } from "./email.ts";
import { type Verdict, verifyPassword } from "./password.ts";
import { type Device, type Grant, openSession, revokeSession } from "./service.ts";
import * as store from "./store.ts";

/** How often a sign-in starts anew because the password was changed under its hands. */
const TRIES = 3;

/**
 * Opens a session for whoever knows the password. An unknown address and a wrong password take the
 * same time and give the same answer.
 *
 * @throws AppError `unauthenticated`; `forbidden` for a suspended user with the right password; `busy`.
 */
export async function signIn(
  deps: Pick<Deps, "config" | "db" | "now" | "sessionKeys">,
  input: SignIn,
  device: Device,
): Promise<Grant & { readonly me: Me }> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const known = await store.findCredentials(deps.db, toEmailKey(input.email));
    const verdict = await verifyPassword(known?.passwordHash ?? null, input.password);
    if (!known || !verdict.isRight) throw notRight();

    const { userId } = known;
    const session = await write(deps, async (tx) => {
      if (!(await confirm(tx, known, verdict))) return undefined;
      return openSession(deps, tx, { userId, rememberMe: input.rememberMe, device });
    });
    if (session) return { ...session, me: await getMe(deps, { userId, ...session }) };
  }
  throw notRight();
}

/** @param sessionId - `null` when the browser names none: there is nothing to end then. */
export async function signOut(
  deps: Pick<Deps, "db" | "events">,
  sessionId: SessionId | null,
): Promise<void> {
  if (sessionId) await revokeSession(deps, sessionId, "signed_out");
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
  if (now.isSuspended) {
    throw new AppError(
      "forbidden",
      "This account is suspended. Everything in it is kept; ask an admin of this server to let you in again.",
    );
  }
  if (verdict.upgradedHash) await store.savePasswordHash(tx, known.userId, verdict.upgradedHash);
  return true;
}

const notRight = (): AppError =>
  new AppError(
    "unauthenticated",
    "The e-mail address or the password is not right. Check both and try again.",
  );
