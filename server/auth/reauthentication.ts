import type { Reauthenticate } from "#contract/auth.ts";
import { noteEvent } from "#server/audit/service.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { verifyPassword } from "./password.ts";
import * as sessionStore from "./session-store.ts";
import { findPasswordHash } from "./store.ts";

/** For so long after showing who they are a session may do what matters. */
const RECENT_SECONDS = 600;

/**
 * Shows the password again, for what asks for it.
 *
 * @throws AppError `forbidden` for a wrong one: the session stays.
 */
export async function reauthenticate(
  deps: Pick<Deps, "db" | "now">,
  actor: Actor,
  { password }: Reauthenticate,
  device: Device,
): Promise<void> {
  const hash = await findPasswordHash(deps.db, actor.userId);
  const { isRight } = await verifyPassword(hash, password);
  await write(deps, async (tx) => {
    if (isRight) await sessionStore.markAuthenticated(tx, actor.sessionId);
    await noteEvent(deps, tx, {
      action: isRight ? "session.reauthenticated" : "session.refused",
      actorId: actor.userId,
      subjectId: actor.userId,
      device,
    });
  });
  if (!isRight) {
    throw new AppError("forbidden", "The password is not right. Nothing was changed; try again.");
  }
}

/** @throws AppError `reauthentication_required` when the password was shown longer than ten minutes ago. */
export async function requireRecent(deps: Pick<Deps, "db">, actor: Actor): Promise<void> {
  if (await sessionStore.isRecent(deps.db, actor.sessionId, RECENT_SECONDS)) return;
  throw new AppError(
    "reauthentication_required",
    "This matters enough to ask for your password once more. Nothing was changed yet.",
  );
}
