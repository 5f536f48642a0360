import { customType, timestamp } from "drizzle-orm/pg-core";

export const moment = () => timestamp({ withTimezone: true, mode: "date" });

export const bytes = customType<{ data: Buffer }>({ dataType: () => "bytea" });

/** Text that sorts by code point, so that keyset pages need no collation of the machine. */
export const sortText = customType<{ data: string }>({ dataType: () => 'text collate "C"' });
