import type { Register } from "#contract/auth.ts";
import { RegistrationMode } from "#contract/system.ts";
import { noteEvent } from "#server/audit/service.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { defineSetting } from "#server/base/settings.ts";
import type { Deps } from "#server/deps.ts";
import { hashToken } from "./crypto.ts";
import { requireUnguessable } from "./guessable-passwords.ts";
import * as invitations from "./invitation-store.ts";
import * as tokens from "./mailed-token-store.ts";
import { hashNewPassword } from "./password.ts";
import { revokeAllWithin } from "./service.ts";
import * as store from "./store.ts";
import { removeUnprovedWays } from "./unproved.ts";
import { makeWish } from "./wishes.ts";

/** Who may make an account; an administrator decides. */
const registration = defineSetting("registration", RegistrationMode, "invite");

type RegistrationDeps = Pick<Deps, "config" | "db" | "jobs" | "now" | "vault">;

export const getRegistrationMode = (deps: Pick<Deps, "db">): Promise<RegistrationMode> =>
  registration.read(deps.db);

export const setRegistrationMode = (
  deps: Pick<Deps, "db" | "now">,
  actor: Actor,
  mode: RegistrationMode,
  device: Device,
): Promise<void> =>
  write(deps, async (tx) => {
    await registration.save(tx, mode);
    await noteEvent(deps, tx, {
      action: "admin.registration_changed",
      actorId: actor.userId,
      subjectId: null,
      device,
      details: { mode },
    });
  });

/**
 * Takes a registration, and says the same whether or not the address is known: its owner learns that
 * by mail.
 *
 * @throws AppError `forbidden` when this server takes none, or not without an invitation;
 *   `invalid_input` for a password that would be guessed; `busy`.
 */
export async function register(
  deps: RegistrationDeps,
  { email, name, password, invitation }: Register,
  device: Device,
): Promise<void> {
  const mode = await registration.read(deps.db);
  if (mode === "closed") throw isClosed();
  if (mode === "invite" && invitation === null) throw needsInvitation();
  requireUnguessable(password, [email, name]);
  // While a hash waits for its turn it holds no connection, but behind an invitation: who has none
  // costs no hash, and of all who come with the same one only the one who gets it does.
  const early = mode === "open" ? await hashNewPassword(password) : null;
  await write(deps, async (tx) => {
    if (mode === "invite") await requireInvitation(tx, invitation, email);
    const passwordHash = early ?? (await hashNewPassword(password));
    await makeWish(deps, tx, { kind: "register", email, name, passwordHash }, device);
  });
}

/** @throws AppError `forbidden` */
async function requireInvitation(tx: Tx, token: string | null, email: string): Promise<void> {
  const isGood = token !== null && (await invitations.takeInvitation(tx, hashToken(token), email));
  if (!isGood) throw needsInvitation();
}

/** The mail with the link once more, for whoever still has to confirm their address. */
export const resendVerification = (
  deps: RegistrationDeps,
  email: string,
  device: Device,
): Promise<void> => write(deps, (tx) => makeWish(deps, tx, { kind: "verify", email }, device));

/**
 * The owner of an address has the link that went there. Whoever had registered it before without
 * being able to show that is signed out, and what they chose is replaced.
 *
 * @throws AppError `not_found` for a link that is old, used or of another kind.
 */
export const verifyEmail = (
  deps: Pick<Deps, "db" | "events" | "jobs" | "now">,
  token: string,
  device: Device,
): Promise<void> =>
  write(deps, async (tx) => {
    const taken = await tokens.takeMailedToken(tx, hashToken(token), "verify");
    if (!taken) throw isOldLink();
    const { userId, passwordHash, name } = taken;
    if (passwordHash !== null) await removeUnprovedWays(deps, tx, userId, device);
    await store.saveVerified(tx, userId);
    if (passwordHash !== null && name !== null) {
      await store.saveChosen(tx, userId, { passwordHash, name });
      await tokens.removeMailedTokens(tx, userId);
      await revokeAllWithin(deps, tx, userId, "address_proved_by_another", null);
    }
    await noteEvent(deps, tx, {
      action: "account.email_verified",
      actorId: userId,
      subjectId: userId,
      device,
    });
  });

export const isOldLink = (): AppError =>
  new AppError(
    "not_found",
    "This link does not work any more: it was used, it is too old, or a newer one was sent. Nothing was changed; ask for a new one.",
  );

const isClosed = (): AppError =>
  new AppError(
    "forbidden",
    "This server takes no registrations. Ask the people who run it for an account.",
  );

const needsInvitation = (): AppError =>
  new AppError(
    "forbidden",
    "An account here takes an invitation, and this one is not valid: it was used, it is too old, or it is for another address. Ask the people who run this server for a new one.",
  );
