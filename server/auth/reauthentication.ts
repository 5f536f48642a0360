import type { Reauthenticate } from "#contract/auth.ts";
import { noteEvent } from "#server/audit/service.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { isOwnJellyfin, type JellyfinDeps } from "./jellyfin-identity.ts";
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
export async function reauthenticate(
  deps: JellyfinDeps,
  actor: Actor,
  shown: Reauthenticate,
  device: Device,
): Promise<void> {
  if (shown.way === "passkey") {
    return reauthenticatePasskey(deps, actor, shown.assertion, device);
  }
  const isRight = await isOwn(deps, actor, shown, device);
  await write(deps, async (tx) => {
    if (isRight) await sessionStore.markAuthenticated(tx, actor.sessionId);
    await noteEvent(deps, tx, {
      action: isRight ? "session.reauthenticated" : "session.refused",
      actorId: actor.userId,
      subjectId: actor.userId,
      device,
      details: shown.way === "password" ? {} : { way: shown.way },
    });
  });
  if (!isRight) {
    throw new AppError("forbidden", "The password is not right. Nothing was changed; try again.");
  }
}

async function isOwn(
  deps: JellyfinDeps,
  actor: Actor,
  shown: Exclude<Reauthenticate, { way: "passkey" }>,
  device: Device,
): Promise<boolean> {
  switch (shown.way) {
    case "password": {
      const hash = await findPasswordHash(deps.db, actor.userId);
      return (await verifyPassword(hash, shown.password)).isRight;
    }
    case "jellyfin":
      return isOwnJellyfin(deps, actor, shown, device);
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
