import type { ChangePassword, ResetPassword } from "#contract/auth.ts";
import type { UserId } from "#contract/ids.ts";
import { noteEvent } from "#server/audit/service.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import type { Deps } from "#server/deps.ts";
import { hashToken } from "./crypto.ts";
import { requireUnguessable } from "./guessable-passwords.ts";
import { passwordChangedLetter } from "./letters.ts";
import { linkTo } from "./links.ts";
import * as tokens from "./mailed-token-store.ts";
import { hashNewPassword } from "./password.ts";
import { requireRecent } from "./reauthentication.ts";
import { isOldLink } from "./registration.ts";
import { revokeAllWithin } from "./service.ts";
import * as store from "./store.ts";
import { tellOwner } from "./telling.ts";
import { removeUnprovedWays } from "./unproved.ts";
import { makeWish } from "./wishes.ts";

type PasswordDeps = Pick<Deps, "config" | "db" | "events" | "jobs" | "now" | "vault">;

/** Sends a link to whoever has the address. The answer is the same for every address. */
export const requestPasswordReset = (
  deps: PasswordDeps,
  email: string,
  device: Device,
): Promise<void> => write(deps, (tx) => makeWish(deps, tx, { kind: "reset", email }, device));

/**
 * A new password for whoever has the link. All sessions of the account end; a second factor and
 * passkeys stay. Of all who come with the link at the same time only the one who gets it costs a hash.
 *
 * @throws AppError `not_found` for a link that is old, used or of another kind; `invalid_input` for
 *   a password that would be guessed, which does not use the link up; `busy`.
 */
export async function resetPassword(
  deps: PasswordDeps,
  { token, password }: ResetPassword,
  device: Device,
): Promise<void> {
  requireUnguessable(password, []);
  await write(deps, async (tx) => {
    const taken = await tokens.takeMailedToken(tx, hashToken(token), "reset");
    if (!taken) throw isOldLink();
    await removeUnprovedWays(deps, tx, taken.userId, device);
    await store.saveVerified(tx, taken.userId);
    await replacePassword(deps, tx, taken.userId, await hashNewPassword(password));
    await revokeAllWithin(deps, tx, taken.userId, "password_reset", null);
    await noteEvent(deps, tx, {
      action: "account.password_reset",
      actorId: taken.userId,
      subjectId: taken.userId,
      device,
    });
  });
}

/**
 * A new password for whoever is signed in and has shown the old one a moment ago. Other devices are
 * signed out.
 *
 * @throws AppError `reauthentication_required`; `invalid_input` for a password that would be guessed.
 */
export async function changePassword(
  deps: PasswordDeps,
  actor: Actor,
  { password }: ChangePassword,
  device: Device,
): Promise<void> {
  await requireRecent(deps, actor);
  const known = await store.findMe(deps.db, actor.userId);
  requireUnguessable(password, known ? [known.user.email ?? "", known.user.name] : []);
  const passwordHash = await hashNewPassword(password);
  await write(deps, async (tx) => {
    await replacePassword(deps, tx, actor.userId, passwordHash);
    await revokeAllWithin(deps, tx, actor.userId, "password_changed", actor.sessionId);
    await noteEvent(deps, tx, {
      action: "account.password_changed",
      actorId: actor.userId,
      subjectId: actor.userId,
      device,
    });
  });
}

/** Links that were mailed before are worth nothing after it, and the owner is told. */
async function replacePassword(
  deps: PasswordDeps,
  tx: Tx,
  userId: UserId,
  passwordHash: string,
): Promise<void> {
  await store.savePasswordHash(tx, userId, passwordHash);
  await tokens.removeMailedTokens(tx, userId);
  const url = linkTo(deps, "/forgot-password");
  await tellOwner(deps, tx, userId, "password_changed", (name) => passwordChangedLetter(name, url));
}
