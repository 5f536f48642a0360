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
import type { Health, ProviderId } from "#contract/connections.ts";
import type { ConnectionId, SessionId, StorageLoginId } from "#contract/ids.ts";
import { sessions } from "./auth.ts";
import { moment } from "./columns.ts";
import { ofBand, ofUser } from "./owners.ts";

export const connections = pgTable(
  "connections",
  {
    id: uuid().$type<ConnectionId>().primaryKey(),
    bandId: ofBand(),
    provider: text().$type<ProviderId>().notNull(),
    name: text().notNull(),
    identity: text(),
    /** What the storage calls that person; it may change, and says nothing of who it is. */
    displayName: text(),
    product: text(),
    /** `v1.kid.…`, see `base/vault.ts`; bound to this row and its band. */
    sealedCredential: text().notNull(),
    /** Moves by one with each new credential; who holds an older one reads again. */
    credentialVersion: integer().notNull().default(1),
    /** Whoever renews the credential just now; `null` with a time: nobody before then. */
    renewalLeaseId: uuid(),
    renewalLeaseUntil: moment(),
    /** When the provider ends the access by itself, as far as it says so. */
    accessEndsAt: moment(),
    /** False until a person has chosen the root. */
    hasRoot: boolean().notNull().default(false),
    /** The root folder's ref; `null` is the top of the storage. */
    rootRef: text(),
    rootPath: text(),
    isDemo: boolean().notNull().default(false),
    isPrimary: boolean().notNull(),
    /** An owner of the band lets browsers fetch from the storage itself. */
    isDirect: boolean().notNull().default(false),
    /** An owner of the band lets its owners delete recordings in the storage. */
    allowsDeleting: boolean().notNull().default(false),
    health: text().$type<Exclude<Health, "paused">>().notNull().default("active"),
    healthMessage: text(),
    unavailableSince: moment(),
    /** Since when nothing is asked of it, because a person said so; its health is as it was then. */
    pausedAt: moment(),
    /** As the storage said at that time; `null` without a time: it has never said. */
    quotaUsedBytes: bigint({ mode: "number" }),
    /** `null` with a time: without a limit. */
    quotaTotalBytes: bigint({ mode: "number" }),
    quotaCheckedAt: moment(),
    createdAt: moment().notNull().defaultNow(),
  },
  (t) => [
    index("connections_band_id_index").on(t.bandId),
    uniqueIndex("connections_one_primary_unique").on(t.bandId).where(sql`${t.isPrimary}`),
    check(
      "connections_health_check",
      sql`${t.health} in ('active', 'needs_reconnect', 'unavailable', 'paused')`,
    ),
  ],
);

/** Of which storage it is: it goes when the connection does. */
export const ofConnection = () =>
  uuid()
    .$type<ConnectionId>()
    .notNull()
    .references(() => connections.id, { onDelete: "cascade" });

/** Sign-ins at a Nextcloud's own pages that are under way. Each makes one connection at most. */
export const nextcloudLogins = pgTable(
  "nextcloud_logins",
  {
    id: uuid().$type<StorageLoginId>().primaryKey(),
    bandId: ofBand(),
    userId: ofUser(),
    /** The browser that began it, and the only one that may go on. */
    sessionId: uuid()
      .$type<SessionId>()
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    /** Which one gets new access; once it is done, the one that was connected. */
    connectionId: uuid()
      .$type<ConnectionId>()
      .references(() => connections.id, { onDelete: "cascade" }),
    /**
     * `v1.kid.…` of what the Nextcloud is asked with, and then of what it has granted, which it tells
     * once; bound to this row, its band, user and session. `null` when it is used up.
     */
    sealedState: text(),
    expiresAt: moment().notNull(),
  },
  (t) => [
    index("nextcloud_logins_user_id_index").on(t.userId),
    index("nextcloud_logins_band_id_index").on(t.bandId),
    index("nextcloud_logins_session_id_index").on(t.sessionId),
    index("nextcloud_logins_connection_id_index").on(t.connectionId),
    index("nextcloud_logins_expires_at_index").on(t.expiresAt),
  ],
);

/**
 * Access to storages that nobody here uses any more, kept until the storage has been told, and for a
 * day at most. It belongs to no band, because the band may be gone.
 */
export const releasedCredentials = pgTable("released_credentials", {
  id: uuid().primaryKey(),
  provider: text().$type<ProviderId>().notNull(),
  /** `v1.kid.…` of the credential and of who was connected; bound to this row. */
  sealedCredential: text().notNull(),
  releasedAt: moment().notNull().defaultNow(),
});

/** People who are at a provider's sign-in page just now. A row is used up by the first who comes back. */
export const oauthStates = pgTable(
  "oauth_states",
  {
    stateHash: text().primaryKey(),
    /** Of the cookie of the browser that began. */
    browserHash: text().notNull(),
    provider: text().$type<ProviderId>().notNull(),
    userId: ofUser(),
    sessionId: uuid()
      .$type<SessionId>()
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    bandId: ofBand(),
    /** The connection that gets new access; `null`: a new one. */
    connectionId: uuid()
      .$type<ConnectionId>()
      .references(() => connections.id, { onDelete: "cascade" }),
    clientId: text().notNull(),
    /** `v1.kid.…` of the PKCE verifier; bound to this row and its band. */
    sealedVerifier: text().notNull(),
    expiresAt: moment().notNull(),
  },
  (t) => [
    index("oauth_states_expires_at_index").on(t.expiresAt),
    index("oauth_states_session_id_index").on(t.sessionId),
    index("oauth_states_user_id_index").on(t.userId),
    index("oauth_states_band_id_index").on(t.bandId),
    index("oauth_states_connection_id_index").on(t.connectionId),
  ],
);

/** As what a band is known to a provider, where it is not as this server. */
export const oauthClients = pgTable(
  "oauth_clients",
  {
    bandId: ofBand(),
    provider: text().$type<ProviderId>().notNull(),
    clientId: text().notNull(),
    /** `v1.kid.…`; bound to this row and its band. */
    sealedSecret: text().notNull(),
  },
  (t) => [primaryKey({ name: "oauth_clients_pkey", columns: [t.bandId, t.provider] })],
);
