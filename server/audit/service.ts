import type { AuditAction, AuditDetails, AuditPage, ListAudit } from "#contract/audit.ts";
import type { BandId, UserId } from "#contract/ids.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import type { Tx } from "#server/base/db.ts";
import { createId } from "#server/base/ids.ts";
import type { Deps } from "#server/deps.ts";
import * as store from "./store.ts";

export interface NewAuditEvent {
  readonly action: AuditAction;
  /** Who does it; `null` for nobody we know. */
  readonly actorId: UserId | null;
  /** Whose account it is about; `null` for none. */
  readonly subjectId: UserId | null;
  readonly bandId?: BandId;
  /** Left out for what the server does by itself. */
  readonly device?: Device;
  readonly details?: AuditDetails;
}

/** Writes down what happened, with the change itself: both are kept or neither. */
export const noteEvent = (deps: Pick<Deps, "now">, tx: Tx, event: NewAuditEvent): Promise<void> =>
  store.insertEvent(tx, {
    id: createId(deps.now()),
    action: event.action,
    actorId: event.actorId,
    subjectId: event.subjectId,
    bandId: event.bandId ?? null,
    ipAddress: event.device?.ipAddress ?? null,
    userAgent: event.device?.userAgent ?? null,
    details: event.details ?? {},
  });

/** What happened to the actor's own account. */
export const listOwnEvents = (
  deps: Pick<Deps, "db">,
  actor: Actor,
  list: Omit<ListAudit, "subjectId">,
): Promise<AuditPage> => listAllEvents(deps, { ...list, subjectId: actor.userId });

/** Everybody's, for administrators. */
export async function listAllEvents(deps: Pick<Deps, "db">, list: ListAudit): Promise<AuditPage> {
  const { subjectId, action, before, limit } = list;
  const rows = await store.listEvents(deps.db, { subjectId, action, before, limit: limit + 1 });
  const events = rows.slice(0, limit);
  const next = rows.length > limit ? (events.at(-1)?.id ?? null) : null;
  return { events: events.map((row) => ({ ...row, at: row.at.toISOString() })), next };
}

/** Nothing that is written down names somebody any more whose account was deleted 30 days ago. */
export async function forgetInEvents(tx: Tx, userId: UserId): Promise<void> {
  await store.deleteEventsAbout(tx, userId);
  await store.blankActor(tx, userId);
}
