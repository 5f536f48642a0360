import type { SessionEntry } from "#contract/auth.ts";
import type { SessionId } from "#contract/ids.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { revokeAllWithin, revokeWithin } from "./service.ts";
import * as store from "./session-store.ts";

/** The devices that are signed in to the actor's account, this one first, then by last use. */
export async function listSessions(deps: Pick<Deps, "db">, actor: Actor): Promise<SessionEntry[]> {
  const rows = await store.listSessions(deps.db, actor.userId);
  const entries = rows.map(({ createdAt, lastUsedAt, ...row }) => ({
    ...row,
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt.toISOString(),
    isThis: row.id === actor.sessionId,
  }));
  return entries.toSorted((one, other) => Number(other.isThis) - Number(one.isThis));
}

/** @throws AppError `not_found` for a session that is over or somebody else's, as if there were none. */
export const endSession = (
  deps: Pick<Deps, "db" | "events" | "jobs" | "now">,
  actor: Actor,
  sessionId: SessionId,
  device: Device,
): Promise<void> =>
  write(deps, async (tx) => {
    if (!(await store.isOwnSession(tx, sessionId, actor.userId))) {
      throw new AppError("not_found", "That device is not signed in any more.");
    }
    await revokeWithin(deps, tx, sessionId, "signed_out_elsewhere", device);
  });

/** Signs every device out but the one that asks. */
export const endOtherSessions = (
  deps: Pick<Deps, "db" | "events" | "jobs" | "now">,
  actor: Actor,
  device: Device,
): Promise<void> =>
  write(deps, (tx) =>
    revokeAllWithin(deps, tx, actor.userId, "signed_out_elsewhere", actor.sessionId, device),
  );
