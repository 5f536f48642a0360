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
import { deleteTicket, takeTicketTry } from "./second-factor-store.ts";
import { type Grant, openSession } from "./service.ts";
import { getMe, isSuspended, type SignedIn } from "./sign-in.ts";
import * as store from "./store.ts";
import { hasTokens, moveTokensTo } from "./upstream-tokens.ts";

type StepDeps = Pick<Deps, "config" | "db" | "now" | "sessionKeys" | "vault">;

const TICKET_TRIES = 5;

interface Step extends SignInSecondFactor {
  readonly device: Device;
  /** Whose this browser has been before; `null` for nobody's. */
  readonly knownUserId: UserId | null;
}

type Opened = Grant & { readonly userId: UserId; readonly sessionId: SignedIn["me"]["sessionId"] };

/**
 * Opens a session for whoever has shown a password and now a code, of the app or a backup code.
 *
 * @throws AppError `unauthenticated` when the ticket is old or used up: begin with the password;
 *   `forbidden` for a wrong code, or a suspended user; `rate_limited`.
 */
export async function signInSecondFactor(deps: StepDeps, step: Step): Promise<SignedIn> {
  // A wrong code counts as a try, so it is not thrown inside, where it would be undone.
  const outcome = await write(deps, (tx) => enter(deps, tx, step));
  switch (outcome) {
    case "late":
      throw isOldTicket();
    case "slow":
      throw tooManyCodes();
    case "wrong":
      throw isWrongCode();
    default: {
      const { userId, ...session } = outcome;
      return { ...session, me: await getMe(deps, { userId, sessionId: session.sessionId }) };
    }
  }
}

async function enter(
  deps: StepDeps,
  tx: Tx,
  step: Step,
): Promise<Opened | "late" | "slow" | "wrong"> {
  const tokenHash = hashToken(step.ticket);
  const taken = await takeTicketTry(tx, tokenHash, TICKET_TRIES);
  if (!taken) return "late";
  const { userId, rememberMe } = taken;
  const verdict = await judge(deps, tx, userId, step);
  if (verdict !== "right") return verdict;
  await deleteTicket(tx, tokenHash);
  if ((await store.lockUser(tx, userId))?.isSuspended) throw isSuspended();
  const way = (await hasTokens(tx, tokenHash)) ? "jellyfin" : undefined;
  const session = await openSession(deps, tx, { userId, rememberMe, device: step.device, way });
  await moveTokensTo(tx, tokenHash, session.sessionId);
  return { userId, ...session };
}

async function judge(
  deps: StepDeps,
  tx: Tx,
  userId: UserId,
  { code, device, knownUserId }: Step,
): Promise<"right" | "slow" | "wrong"> {
  const isCounted = userId !== knownUserId;
  if (isCounted && !(await takeCodeTry(tx, userId))) return "slow";
  const spent = await spendCode(deps, tx, userId, code);
  const about = { subjectId: userId, device };
  if (spent === null) {
    await noteEvent(deps, tx, { action: "second_factor.refused", actorId: null, ...about });
    return "wrong";
  }
  if (isCounted) await giveCodeTryBack(tx, userId);
  if (spent === "backup") {
    await noteEvent(deps, tx, { action: "backup_codes.used", actorId: userId, ...about });
  }
  return "right";
}

const isOldTicket = (): AppError =>
  new AppError(
    "unauthenticated",
    "Signing in took too long, or there were too many wrong codes. Begin again with your password.",
  );
