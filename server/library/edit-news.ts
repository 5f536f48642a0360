import type { LibraryChanged } from "#contract/edits.ts";
import type { BandId } from "#contract/ids.ts";
import { whenRevoked } from "#server/auth/service.ts";
import { requireMember } from "#server/bands/service.ts";
import type { Actor } from "#server/base/actor.ts";
import type { Deps } from "#server/deps.ts";
import { findNewestEdit } from "./edits-store.ts";
import { findNaming } from "./naming-store.ts";

/** What people have changed of a band's tracks, once for each transaction. Scans have their own. */
export const editsTopic = (bandId: BandId): string => `edits:${bandId}`;

/**
 * Says at once, and then whenever people have changed how tracks of a band are shown, up to where.
 *
 * @throws AppError `not_found` as soon as the actor is not in the band any more, `unauthenticated` when
 *   the session has ended.
 */
export async function* watchEdits(
  deps: Pick<Deps, "db" | "events">,
  actor: Actor,
  bandId: BandId,
  signal: AbortSignal,
): AsyncGenerator<LibraryChanged> {
  const revoked = whenRevoked(deps, actor.sessionId, signal);
  const untilRevoked = AbortSignal.any([signal, revoked]);
  for await (const _ of deps.events.subscribe(editsTopic(bandId), untilRevoked)) {
    yield await findState(deps, actor, bandId);
  }
  revoked.throwIfAborted();
}

async function findState(
  deps: Pick<Deps, "db">,
  actor: Actor,
  bandId: BandId,
): Promise<LibraryChanged> {
  const member = await requireMember(deps, actor, bandId, "listener");
  const editId = await findNewestEdit(deps.db, member);
  const { version, appliedVersion, appliedUntil } = await findNaming(deps.db, member);
  return {
    mark: [editId, appliedVersion, appliedUntil].join(" "),
    isGoingOn: appliedVersion !== version,
  };
}
