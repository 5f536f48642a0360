import { uuid } from "drizzle-orm/pg-core";
import type { BandId, UserId } from "#contract/ids.ts";
import { bands, users } from "./auth.ts";

/** Whose it is: it goes when the band does. */
export const ofBand = () =>
  uuid()
    .$type<BandId>()
    .notNull()
    .references(() => bands.id, { onDelete: "cascade" });

/** Whose it is: it goes when the account does. */
export const ofUser = () =>
  uuid()
    .$type<UserId>()
    .notNull()
    .references(() => users.id, { onDelete: "cascade" });

/** Who did it; nobody any more once the account is gone. */
export const byWhom = () =>
  uuid()
    .$type<UserId>()
    .references(() => users.id, { onDelete: "set null" });
