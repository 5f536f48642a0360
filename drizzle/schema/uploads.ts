import { sql } from "drizzle-orm";
import {
  bigint,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import type { UploadId } from "#contract/ids.ts";
import type { UploadState } from "#contract/uploads.ts";
import { moment } from "./columns.ts";
import { ofConnection } from "./connections.ts";
import { ofBand, ofUser } from "./owners.ts";

/** Recordings on their way into a band's storage, and for a day those that are there. */
export const uploads = pgTable(
  "uploads",
  {
    id: uuid().$type<UploadId>().primaryKey(),
    bandId: ofBand(),
    userId: ofUser(),
    connectionId: ofConnection(),
    /** As the file was called where it comes from, made fit to be a name. */
    name: text().notNull(),
    /** The root that it goes below, as it was when it began. */
    rootRef: text(),
    rootPath: text().notNull(),
    /** Folders below that root, joined by `/`; empty for none. */
    folder: text().notNull(),
    sizeBytes: bigint({ mode: "number" }).notNull(),
    offsetBytes: bigint({ mode: "number" }).notNull().default(0),
    /** Of every part but the last. */
    partBytes: bigint({ mode: "number" }).notNull(),
    state: text().$type<UploadState>().notNull(),
    /** A sentence, when it failed. */
    message: text(),
    /**
     * What the storage goes on by, which opens nothing without its credential. While it is not begun,
     * the storage may have something of it or not; `null`: it has nothing.
     */
    session: jsonb().$type<{ readonly isBegun: boolean; readonly held: unknown }>(),
    /** What it is, or is being, called in the storage; `null` until that is tried. */
    finalName: text(),
    /** When one that has all its bytes is tried again by itself. */
    retryAt: moment(),
    /** Fencing: only whoever was given the newest number goes on with it. */
    lease: integer().notNull().default(0),
    leaseUntil: moment(),
    createdAt: moment().notNull().defaultNow(),
    expiresAt: moment().notNull(),
  },
  (t) => [
    index("uploads_user_id_index").on(t.userId),
    index("uploads_band_id_index").on(t.bandId),
    index("uploads_connection_id_index").on(t.connectionId),
    index("uploads_expires_at_index").on(t.expiresAt),
    index("uploads_retry_at_index").on(t.retryAt).where(sql`${t.state} = 'finishing'`),
    // Two that are under way do not reach for the same name.
    uniqueIndex("uploads_final_name_unique")
      .on(t.connectionId, sql`md5(${t.rootPath} || '//' || ${t.folder} || '/' || ${t.finalName})`)
      .where(sql`${t.state} in ('receiving', 'finishing')`),
    check("uploads_state_check", sql`${t.state} in ('receiving', 'finishing', 'done', 'failed')`),
    check("uploads_offset_check", sql`${t.offsetBytes} between 0 and ${t.sizeBytes}`),
  ],
);

/** What the storage said of each part that it has. */
export const uploadParts = pgTable(
  "upload_parts",
  {
    uploadId: uuid()
      .$type<UploadId>()
      .notNull()
      .references(() => uploads.id, { onDelete: "cascade" }),
    index: integer().notNull(),
    receipt: jsonb().$type<unknown>(),
  },
  (t) => [primaryKey({ name: "upload_parts_pkey", columns: [t.uploadId, t.index] })],
);
