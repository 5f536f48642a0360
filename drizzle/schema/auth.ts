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
import type { UserRole } from "#contract/auth.ts";
import type { BandRole } from "#contract/bands.ts";
import type { BandId, SessionId, UserId } from "#contract/ids.ts";
import { moment } from "./columns.ts";

/** `verify`: the address of a new account. `reset`: a forgotten password. `change`: a new address. */
export type MailedTokenKind = "verify" | "reset" | "change";

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
    /** As the person typed it; `null` for who signs in through another server and gave none. */
    email: text(),
    /** Lower case, NFKC: what is compared. */
    emailKey: text(),
    name: text().notNull(),
    role: text().$type<UserRole>().notNull(),
    /** PHC string; `null` for an account that signs in another way. */
    passwordHash: text(),
    emailVerifiedAt: moment(),
    suspendedAt: moment(),
    /** BCP 47, such as `de-CH`; `null`: as the browser says. */
    locale: text(),
    /** IANA, such as `Europe/Zurich`; `null`: as the browser says. */
    timeZone: text(),
    /** Only for whoever made themselves a creator; an admin's promotion leaves it alone. */
    promotedToCreatorAt: moment(),
    /** Deleted by its owner: nobody can use it any more, and 30 days later nothing is left of it. */
    deletedAt: moment(),
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
  /** Folders that uploads go into; `null`: as it is where nobody has chosen. */
  uploadPattern: text(),
  /** What its members edit goes into the files themselves. Off until an owner wants it. */
  writesTags: boolean().notNull().default(false),
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

/** SHA-256 of every link that was mailed to prove an address or a person, one of a kind a user. */
export const mailedTokens = pgTable(
  "mailed_tokens",
  {
    tokenHash: text().primaryKey(),
    kind: text().$type<MailedTokenKind>().notNull(),
    userId: uuid()
      .$type<UserId>()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    /** The address that the link proves. */
    email: text().notNull(),
    /**
     * `verify` of an address that somebody else had registered before without proving it: what its
     * owner chose, which counts from the proof on.
     */
    passwordHash: text(),
    name: text(),
    expiresAt: moment().notNull(),
  },
  (t) => [
    uniqueIndex("mailed_tokens_user_kind_unique").on(t.userId, t.kind),
    check("mailed_tokens_kind_check", sql`${t.kind} in ('verify', 'reset', 'change')`),
  ],
);

/** Somebody whom an administrator lets register while registration is by invitation. */
export const registrationInvitations = pgTable("registration_invitations", {
  tokenHash: text().primaryKey(),
  id: uuid().notNull(),
  /** `null`: whoever has the link. */
  email: text(),
  createdBy: uuid()
    .$type<UserId>()
    .references(() => users.id, { onDelete: "set null" }),
  createdAt: moment().notNull().defaultNow(),
  expiresAt: moment().notNull(),
});

/** The shared secret of somebody's authenticator app. */
export const totpFactors = pgTable("totp_factors", {
  userId: uuid()
    .$type<UserId>()
    .primaryKey()
    .references(() => users.id, { onDelete: "cascade" }),
  sealedSecret: text().notNull(),
  /** `null` until a first code has proved that the app has the secret. */
  confirmedAt: moment(),
  /** The newest time step whose code was used: none at or before it counts again (RFC 6238 §5.2). */
  lastStep: bigint({ mode: "number" }).notNull().default(0),
});

/** SHA-256 of the codes for whoever has lost their app; a used one is gone. */
export const backupCodes = pgTable(
  "backup_codes",
  {
    userId: uuid()
      .$type<UserId>()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    codeHash: text().notNull(),
  },
  (t) => [primaryKey({ name: "backup_codes_pkey", columns: [t.userId, t.codeHash] })],
);

/** Somebody who has shown a password and still owes the second factor. Never a session. */
export const signInTickets = pgTable(
  "sign_in_tickets",
  {
    tokenHash: text().primaryKey(),
    userId: uuid()
      .$type<UserId>()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    rememberMe: boolean().notNull(),
    tries: integer().notNull().default(0),
    expiresAt: moment().notNull(),
  },
  (t) => [index("sign_in_tickets_user_id_index").on(t.userId)],
);

/** Counts of a fixed window, shared by all replicas. Not logged: a crash forgets them. */
export const rateLimits = pgTable("rate_limits", {
  key: text().primaryKey(),
  hits: integer().notNull(),
  windowEndsAt: moment().notNull(),
});
