import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import type { UserRole } from "#contract/auth.ts";
import type { BandRole } from "#contract/bands.ts";
import type { BandId, SessionId, UserId } from "#contract/ids.ts";

const moment = () => timestamp({ withTimezone: true, mode: "date" });

/** Facts about this installation that every replica must agree on, by name. */
export const settings = pgTable("settings", {
  key: text().primaryKey(),
  value: jsonb().notNull(),
  updatedAt: moment().notNull().defaultNow(),
});

/** SHA-256 of every setup token that has been printed and not used. */
export const setupTokens = pgTable("setup_tokens", {
  tokenHash: text().primaryKey(),
  createdAt: moment().notNull().defaultNow(),
});

export const users = pgTable(
  "users",
  {
    id: uuid().$type<UserId>().primaryKey(),
    /** As the person typed it. */
    email: text().notNull(),
    /** Lower case, NFKC: what is compared. */
    emailKey: text().notNull(),
    name: text().notNull(),
    role: text().$type<UserRole>().notNull(),
    /** PHC string; `null` for an account that signs in another way. */
    passwordHash: text(),
    emailVerifiedAt: moment(),
    suspendedAt: moment(),
    createdAt: moment().notNull().defaultNow(),
  },
  (t) => [
    uniqueIndex("users_email_key_unique").on(t.emailKey),
    check("users_role_check", sql`${t.role} in ('user', 'creator', 'admin')`),
  ],
);

export const sessions = pgTable(
  "sessions",
  {
    id: uuid().$type<SessionId>().primaryKey(),
    userId: uuid()
      .$type<UserId>()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    rememberMe: boolean().notNull(),
    userAgent: text().notNull(),
    ipAddress: text().notNull(),
    createdAt: moment().notNull().defaultNow(),
    lastUsedAt: moment().notNull().defaultNow(),
    /** When the person last proved who they are, for what asks for it again. */
    authenticatedAt: moment().notNull().defaultNow(),
    idleExpiresAt: moment().notNull(),
    absoluteExpiresAt: moment().notNull(),
    revokedAt: moment(),
    revokedBecause: text(),
  },
  (t) => [
    index("sessions_user_id_index").on(t.userId),
    index("sessions_absolute_expires_at_index").on(t.absoluteExpiresAt),
  ],
);

/** The line of refresh tokens of a session: all but the newest are spent. */
export const refreshTokens = pgTable(
  "refresh_tokens",
  {
    /** SHA-256 of the token, base64url. */
    tokenHash: text().primaryKey(),
    sessionId: uuid()
      .$type<SessionId>()
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    generation: integer().notNull(),
    createdAt: moment().notNull().defaultNow(),
    spentAt: moment(),
  },
  (t) => [uniqueIndex("refresh_tokens_session_generation_unique").on(t.sessionId, t.generation)],
);

export const bands = pgTable("bands", {
  id: uuid().$type<BandId>().primaryKey(),
  name: text().notNull(),
  isPersonal: boolean().notNull(),
  createdAt: moment().notNull().defaultNow(),
});

export const members = pgTable(
  "members",
  {
    bandId: uuid()
      .$type<BandId>()
      .notNull()
      .references(() => bands.id, { onDelete: "cascade" }),
    userId: uuid()
      .$type<UserId>()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    role: text().$type<BandRole>().notNull(),
    createdAt: moment().notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ name: "members_pkey", columns: [t.bandId, t.userId] }),
    index("members_user_id_index").on(t.userId),
    check("members_role_check", sql`${t.role} in ('listener', 'editor', 'owner')`),
  ],
);

/** Counts of a fixed window, shared by all replicas. Not logged: a crash forgets them. */
export const rateLimits = pgTable("rate_limits", {
  key: text().primaryKey(),
  hits: integer().notNull(),
  windowEndsAt: moment().notNull(),
});
