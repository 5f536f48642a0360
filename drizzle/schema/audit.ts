import { index, jsonb, pgTable, text, uuid } from "drizzle-orm/pg-core";
import type { AuditAction, AuditDetails } from "#contract/audit.ts";
import type { BandId, UserId } from "#contract/ids.ts";
import { moment } from "./columns.ts";

/**
 * What happened to accounts and access. Rows are only ever added: a trigger refuses the rest, whoever
 * asks. Ids are no foreign keys, so that an entry outlives what it speaks of.
 */
export const auditEvents = pgTable(
  "audit_events",
  {
    id: uuid().primaryKey(),
    at: moment().notNull().defaultNow(),
    action: text().$type<AuditAction>().notNull(),
    /** Who did it; `null` for nobody we know. */
    actorId: uuid().$type<UserId>(),
    /** Whose account it is about; `null` for none. */
    subjectId: uuid().$type<UserId>(),
    bandId: uuid().$type<BandId>(),
    ipAddress: text(),
    userAgent: text(),
    /** A few words; never a secret. */
    details: jsonb().$type<AuditDetails>().notNull(),
  },
  (t) => [
    index("audit_events_subject_index").on(t.subjectId, t.id),
    index("audit_events_action_index").on(t.action, t.id),
  ],
);
