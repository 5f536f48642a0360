import type { SignInSecondFactor } from "#contract/auth.ts";
import type { UserId } from "#contract/ids.ts";
import { noteEvent } from "#server/audit/service.ts";
import type { Device } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { hashToken } from "./crypto.ts";
import { giveCodeTryBack, takeCodeTry, tooManyCodes } from "./guess-limits.ts";
import { isWrongCode, spendCode } from "./second-factor.ts";
import { deleteTicket, findTicketOwner, takeTicketTry } from "./second-factor-store.ts";
import { type Grant, openSession } from "./service.ts";
import { getMe, isSuspended, type SignedIn } from "./sign-in.ts";
import * as store from "./store.ts";
import { hasTokens, moveTokensTo } from "./upstream-tokens.ts";

type StepDeps = Pick<
  Deps,
  "config" | "counters" | "db" | "maintenance" | "now" | "sessionKeys" | "vault"
>;

const TICKET_TRIES = 5;

interface Step extends SignInSecondFactor {
  readonly device: Device;
  /** Whose this browser has been before; `null` for nobody's. */
  readonly knownUserId: UserId | null;
}

type Opened = Grant & Pick<SignedIn["me"], "sessionId">;

/**
 * Opens a session for whoever has shown a password and now a code, of the app or a backup code.
 *
 * @throws AppError `unauthenticated` when the ticket is old or used up: begin with the password;
 *   `forbidden` for a wrong code, or a suspended user; `rate_limited`; `maintenance`.
 */
export async function signInSecondFactor(deps: StepDeps, step: Step): Promise<SignedIn> {
  const userId = await findTicketOwner(deps.db, hashToken(step.ticket), TICKET_TRIES);
  if (userId === undefined) throw isOldTicket();
  const isCounted = userId !== step.knownUserId;
  if (isCounted && !(await takeCodeTry(deps, userId))) throw tooManyCodes();
  const giveBack = async () => {
    if (isCounted) await giveCodeTryBack(deps, userId);
  };

  // A wrong code is written down, so it is not thrown inside, where that would be undone.
  const outcome = await write(deps, (tx) => enter(deps, tx, step)).catch(async (error) => {
    // Whoever is not let in although the code is right has not guessed.
    if (error instanceof AppError) await giveBack();
    throw error;
  });
  if (outcome === "wrong") throw isWrongCode();
  await giveBack();
  if (outcome === "late") throw isOldTicket();
  return { ...outcome, me: await getMe(deps, { userId, sessionId: outcome.sessionId }) };
}

async function enter(deps: StepDeps, tx: Tx, step: Step): Promise<Opened | "late" | "wrong"> {
  const tokenHash = hashToken(step.ticket);
  const taken = await takeTicketTry(tx, tokenHash, TICKET_TRIES);
  if (!taken) return "late";
  const { userId, rememberMe } = taken;
  if (!(await isRight(deps, tx, userId, step))) return "wrong";
  await deleteTicket(tx, tokenHash);
  if ((await store.lockUser(tx, userId))?.isSuspended) throw isSuspended();
  const way = (await hasTokens(tx, tokenHash)) ? "jellyfin" : undefined;
  const session = await openSession(deps, tx, { userId, rememberMe, device: step.device, way });
  await moveTokensTo(tx, tokenHash, session.sessionId);
  return session;
}

async function isRight(
  deps: StepDeps,
  tx: Tx,
  userId: UserId,
  { code, device }: Step,
): Promise<boolean> {
  const spent = await spendCode(deps, tx, userId, code);
  const about = { subjectId: userId, device };
  if (spent === null) {
    await noteEvent(deps, tx, { action: "second_factor.refused", actorId: null, ...about });
    return false;
  }
  if (spent === "backup") {
    await noteEvent(deps, tx, { action: "backup_codes.used", actorId: userId, ...about });
  }
  return true;
}

const isOldTicket = (): AppError =>
  new AppError(
    "unauthenticated",
    "Signing in took too long, or there were too many wrong codes. Begin again with your password.",
  );
