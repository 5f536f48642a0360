import type { Reauthenticate } from "#contract/auth.ts";
import { noteEvent } from "#server/audit/service.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { reauthenticatePasskey } from "./passkey-sign-in.ts";
import { verifyPassword } from "./password.ts";
import * as sessionStore from "./session-store.ts";
import { findPasswordHash } from "./store.ts";

/** For so long after showing who they are a session may do what matters. */
const RECENT_SECONDS = 600;

/**
 * Shows again who it is, for what asks for it.
 *
 * @throws AppError `forbidden` for what is not right: the session stays.
 */
export function reauthenticate(
  deps: Pick<Deps, "config" | "db" | "now">,
  actor: Actor,
  shown: Reauthenticate,
  device: Device,
): Promise<void> {
  switch (shown.way) {
    case "password":
      return reauthenticatePassword(deps, actor, shown.password, device);
    case "passkey":
      return reauthenticatePasskey(deps, actor, shown.assertion, device);
  }
}

async function reauthenticatePassword(
  deps: Pick<Deps, "db" | "now">,
  actor: Actor,
  password: string,
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

/** @throws AppError `reauthentication_required` when they showed who they are longer than ten minutes ago. */
export async function requireRecent(deps: Pick<Deps, "db">, actor: Actor): Promise<void> {
  if (await sessionStore.isRecent(deps.db, actor.sessionId, RECENT_SECONDS)) return;
  throw new AppError(
    "reauthentication_required",
    "This matters enough to ask once more who you are. Nothing was changed yet.",
  );
}
