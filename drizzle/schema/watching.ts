import { index, integer, pgTable, text, uuid } from "drizzle-orm/pg-core";
import type { ConnectionId } from "#contract/ids.ts";
import { moment } from "./columns.ts";
import { connections } from "./connections.ts";

/** When each storage is looked at next for changes, and how far the last look has seen. */
export const watches = pgTable(
  "watches",
  {
    connectionId: uuid()
      .$type<ConnectionId>()
      .primaryKey()
      .references(() => connections.id, { onDelete: "cascade" }),
    nextLookAt: moment().notNull().defaultNow(),
    /** When the storage last answered a look. */
    lookedAt: moment(),
    /** The root that the cursor is about; `null` is the top of the storage. */
    rootRef: text(),
    /** What the storage is asked with the next time; `null`: nothing is known of it. */
    cursor: text(),
    /** Looks in a row that got no answer. */
    failures: integer().notNull().default(0),
    /** Scans in a row that failed, or found nothing though a look had said that there was something. */
    vain: integer().notNull().default(0),
    /** Fencing: only whoever was given the newest number may write what the look has seen. */
    lease: integer().notNull().default(0),
    leaseUntil: moment(),
  },
  (t) => [index("watches_next_look_at_index").on(t.nextLookAt)],
);
