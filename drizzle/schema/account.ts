import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
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
import type { SessionId, UserId } from "#contract/ids.ts";
import { bytes, moment } from "./columns.ts";
import { ofUser } from "./owners.ts";

const ownerId = () => ofUser();

/** A key pair that somebody's device made for this server; we keep the public half. */
export const passkeys = pgTable(
  "passkeys",
  {
    id: uuid().primaryKey(),
    userId: ownerId(),
    /** As the device names it, base64url. */
    credentialId: text().notNull(),
    /** COSE (RFC 9052). */
    publicKey: bytes().notNull(),
    /** The last one the device told; one that falls speaks of a copy (WebAuthn §6.1.1). */
    signCount: bigint({ mode: "number" }).notNull(),
    transports: jsonb().$type<string[]>().notNull(),
    name: text().notNull(),
    /** It lies in somebody's password manager and not in one device alone. */
    isSynced: boolean().notNull(),
    createdAt: moment().notNull().defaultNow(),
    lastUsedAt: moment(),
  },
  (t) => [
    uniqueIndex("passkeys_credential_id_unique").on(t.credentialId),
    index("passkeys_user_id_index").on(t.userId),
  ],
);

/** What a device has to sign. Each is used once, by the browser that asked for it. */
export const passkeyChallenges = pgTable(
  "passkey_challenges",
  {
    challengeHash: text().primaryKey(),
    purpose: text().$type<"add" | "sign_in" | "reauthenticate">().notNull(),
    /** SHA-256 of what the browser is known by: its session, or its cookie from before signing in. */
    browserHash: text().notNull(),
    expiresAt: moment().notNull(),
  },
  (t) => [
    index("passkey_challenges_expires_at_index").on(t.expiresAt),
    check(
      "passkey_challenges_purpose_check",
      sql`${t.purpose} in ('add', 'sign_in', 'reauthenticate')`,
    ),
  ],
);

/** Who somebody is at another server; its id and theirs there, never a name or an address. */
export const externalIdentities = pgTable(
  "external_identities",
  {
    provider: text().$type<"jellyfin">().notNull(),
    serverId: text().notNull(),
    externalId: text().notNull(),
    userId: ownerId(),
    /** As they are called there, for people to read. */
    name: text().notNull(),
    createdAt: moment().notNull().defaultNow(),
  },
  (t) => [
    primaryKey({
      name: "external_identities_pkey",
      columns: [t.provider, t.serverId, t.externalId],
    }),
    index("external_identities_user_id_index").on(t.userId),
  ],
);

/** Tokens that another server gave us when somebody signed in through it. */
export const upstreamTokens = pgTable(
  "upstream_tokens",
  {
    id: uuid().primaryKey(),
    /** No foreign keys: it is revoked over there after the session, or the person, is gone. */
    sessionId: uuid().$type<SessionId>().notNull(),
    userId: uuid().$type<UserId>().notNull(),
    serverUrl: text().notNull(),
    /** What the device called itself; Jellyfin binds the token to it. */
    deviceId: text().notNull(),
    sealedToken: text().notNull(),
    expiresAt: moment().notNull(),
  },
  (t) => [
    index("upstream_tokens_session_id_index").on(t.sessionId),
    index("upstream_tokens_user_id_index").on(t.userId),
  ],
);

/** Somebody's picture, drawn anew in two sizes. */
export const userPictures = pgTable("user_pictures", {
  userId: ownerId().primaryKey(),
  /** SHA-256 of the large one, base64url. */
  hash: text().notNull(),
  small: bytes().notNull(),
  large: bytes().notNull(),
});

/** Everything of somebody's, packed for them. */
export const accountExports = pgTable(
  "account_exports",
  {
    id: uuid().primaryKey(),
    userId: ownerId(),
    state: text().$type<"waiting" | "ready" | "failed" | "downloaded" | "expired">().notNull(),
    sizeBytes: bigint({ mode: "number" }),
    requestedAt: moment().notNull().defaultNow(),
    readyAt: moment(),
    expiresAt: moment(),
    /** The one download that has it at the moment; it renews its claim while bytes go out. */
    claimId: uuid(),
    claimedUntil: moment(),
  },
  (t) => [
    index("account_exports_user_id_index").on(t.userId, t.requestedAt),
    check(
      "account_exports_state_check",
      sql`${t.state} in ('waiting', 'ready', 'failed', 'downloaded', 'expired')`,
    ),
  ],
);

/** The bytes of an export, in order; gone as soon as nobody may fetch them any more. */
export const accountExportParts = pgTable(
  "account_export_parts",
  {
    exportId: uuid()
      .notNull()
      .references(() => accountExports.id, { onDelete: "cascade" }),
    part: integer().notNull(),
    bytes: bytes().notNull(),
  },
  (t) => [primaryKey({ name: "account_export_parts_pkey", columns: [t.exportId, t.part] })],
);
