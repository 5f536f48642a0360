import { integer, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

/** Mails on their way out. What a mail says is sealed, because links in it open accounts. */
export const mails = pgTable("mails", {
  id: uuid().primaryKey(),
  kind: text().notNull(),
  /** Recipient and text as JSON; `null` once it is sent or given up. */
  sealedMessage: text(),
  tries: integer().notNull().default(0),
  createdAt: moment().notNull().defaultNow(),
  sentAt: moment(),
  givenUpAt: moment(),
});
