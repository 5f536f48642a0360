import { sql } from "drizzle-orm";
import { pgTable, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import type { UserId } from "#contract/ids.ts";
import { users } from "./auth.ts";
import { moment } from "./columns.ts";

/** The Nextcloud in which administrators make accounts for people here; one at most. */
export const accountClouds = pgTable(
  "account_clouds",
  {
    id: uuid().primaryKey(),
    /** Where it is installed; ends in `/`. */
    url: text().notNull(),
    product: text().notNull(),
    username: text().notNull(),
    /** `v1.kid.…`, bound to this row. */
    sealedPassword: text().notNull(),
    createdAt: moment().notNull().defaultNow(),
  },
  () => [uniqueIndex("account_clouds_one_unique").on(sql`(true)`)],
);

/** Accounts that were made there. They stay there whatever becomes of the person here. */
export const cloudAccounts = pgTable(
  "cloud_accounts",
  {
    userId: uuid()
      .$type<UserId>()
      .primaryKey()
      .references(() => users.id, { onDelete: "cascade" }),
    cloudId: uuid()
      .notNull()
      .references(() => accountClouds.id, { onDelete: "cascade" }),
    /** The user id over there. */
    username: text().notNull(),
    createdAt: moment().notNull().defaultNow(),
  },
  (t) => [uniqueIndex("cloud_accounts_username_unique").on(t.cloudId, t.username)],
);
