import { and, desc, eq, lt } from "drizzle-orm";
import type { AuditAction } from "#contract/audit.ts";
import type { UserId } from "#contract/ids.ts";
import { auditEvents } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";

export type AuditRow = typeof auditEvents.$inferSelect;

export async function insertEvent(tx: Tx, event: Omit<AuditRow, "at">): Promise<void> {
  await tx.insert(auditEvents).values(event);
}

/** The newest first. Ids are in the order of time. */
export const listEvents = (
  db: Db,
  choice: {
    readonly subjectId: UserId | undefined;
    readonly action: AuditAction | undefined;
    readonly before: string | null;
    readonly limit: number;
  },
): Promise<AuditRow[]> =>
  db
    .select()
    .from(auditEvents)
    .where(
      and(
        choice.subjectId && eq(auditEvents.subjectId, choice.subjectId),
        choice.action && eq(auditEvents.action, choice.action),
        choice.before ? lt(auditEvents.id, choice.before) : undefined,
      ),
    )
    .orderBy(desc(auditEvents.id))
    .limit(choice.limit);

/** What was written about somebody. The database refuses it before they have been gone for 30 days. */
export async function deleteEventsAbout(tx: Tx, userId: UserId): Promise<void> {
  await tx.delete(auditEvents).where(eq(auditEvents.subjectId, userId));
}

/** What somebody did to others stays written down, but not who they were. */
export async function blankActor(tx: Tx, userId: UserId): Promise<void> {
  await tx
    .update(auditEvents)
    .set({ actorId: null, ipAddress: null, userAgent: null })
    .where(eq(auditEvents.actorId, userId));
}
