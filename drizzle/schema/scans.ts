import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import type { ScanId, TrackId } from "#contract/ids.ts";
import type { ScanState } from "#contract/scans.ts";
import { moment } from "./columns.ts";
import { ofConnection } from "./connections.ts";
import { byWhom, ofBand } from "./owners.ts";

export const scans = pgTable(
  "scans",
  {
    id: uuid().$type<ScanId>().primaryKey(),
    connectionId: ofConnection(),
    bandId: ofBand(),
    requestedBy: byWhom(),
    state: text().$type<ScanState>().notNull(),
    confirmMissing: boolean().notNull().default(false),
    /** Nobody asked for it: a look at the storage has seen that something is new. */
    isWatched: boolean().notNull().default(false),
    /** Fencing: every write of a scanner carries the lease it was given; an older one writes nothing. */
    lease: integer().notNull().default(0),
    leaseUntil: moment(),
    cancelRequestedAt: moment(),
    /** When a job was last sent for it. */
    enqueuedAt: moment().notNull().defaultNow(),
    /** The root changed meanwhile: once this one has ended, another begins. */
    isRepeated: boolean().notNull().default(false),
    foldersFound: integer().notNull().default(0),
    foldersDone: integer().notNull().default(0),
    foldersFailed: integer().notNull().default(0),
    found: integer().notNull().default(0),
    toRead: integer().notNull().default(0),
    read: integer().notNull().default(0),
    failed: integer().notNull().default(0),
    bytesRead: bigint({ mode: "number" }).notNull().default(0),
    libraryBytes: bigint({ mode: "number" }).notNull().default(0),
    added: integer().notNull().default(0),
    changed: integer().notNull().default(0),
    moved: integer().notNull().default(0),
    missing: integer().notNull().default(0),
    withheld: integer().notNull().default(0),
    message: text(),
    startedAt: moment().notNull().defaultNow(),
    finishedAt: moment(),
  },
  (t) => [
    index("scans_connection_id_index").on(t.connectionId, t.startedAt),
    uniqueIndex("scans_one_running_unique")
      .on(t.connectionId)
      .where(sql`${t.state} in ('queued', 'listing', 'reading')`),
    check(
      "scans_state_check",
      sql`${t.state} in ('queued', 'listing', 'reading', 'done', 'failed', 'cancelled')`,
    ),
  ],
);

/** The folders of a scan: what is done, what waits, what failed. A resumed scan goes on here. */
export const scanFolders = pgTable(
  "scan_folders",
  {
    scanId: uuid()
      .$type<ScanId>()
      .notNull()
      .references(() => scans.id, { onDelete: "cascade" }),
    /** The folder's ref; the empty string is the top of the storage. */
    ref: text().notNull(),
    path: text().notNull(),
    /** `unchanged`: as in an earlier scan, with all that lies below; it was not listed again. */
    state: text().$type<"waiting" | "done" | "unchanged" | "failed">().notNull(),
    failure: text(),
    treeTag: text(),
    /** The picture of this folder's album, where one lies in it. */
    coverRef: text(),
  },
  (t) => [
    primaryKey({ name: "scan_folders_pkey", columns: [t.scanId, t.ref] }),
    index("scan_folders_state_index").on(t.scanId, t.state),
  ],
);

/** The audio files that a scan has listed. Merged into `tracks` once the listing is complete. */
export const scanEntries = pgTable(
  "scan_entries",
  {
    scanId: uuid()
      .$type<ScanId>()
      .notNull()
      .references(() => scans.id, { onDelete: "cascade" }),
    ref: text().notNull(),
    path: text().notNull(),
    fileId: text(),
    sizeBytes: bigint({ mode: "number" }),
    etag: text(),
    modifiedAt: moment(),
    /** The track that this file is, once that is known. */
    trackId: uuid().$type<TrackId>(),
  },
  (t) => [primaryKey({ name: "scan_entries_pkey", columns: [t.scanId, t.ref] })],
);

/**
 * Folders as the last complete scan saw them, where the storage says by a tag whether anything
 * below has changed: those with the same tag need not be listed again.
 */
export const knownFolders = pgTable(
  "known_folders",
  {
    connectionId: ofConnection(),
    ref: text().notNull(),
    path: text().notNull(),
    treeTag: text().notNull(),
    /** Something in it has changed since: it is listed, whatever its tag. */
    isStale: boolean().notNull().default(false),
    /** Of the audio files directly in it. */
    fileCount: integer().notNull(),
    fileBytes: bigint({ mode: "number" }).notNull(),
    /** Of the connection then; with another credential it may be another storage. */
    credentialVersion: integer().notNull(),
    listedAt: moment().notNull(),
  },
  (t) => [primaryKey({ name: "known_folders_pkey", columns: [t.connectionId, t.ref] })],
);
