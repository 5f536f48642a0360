import { z } from "zod";
import { BandId, SessionId, UserId } from "./ids.ts";
import { JellyfinCredentials } from "./jellyfin.ts";
import { PasskeyAssertion } from "./passkeys.ts";
import { Timestamp } from "./time.ts";

export const UserRole = z.enum(["user", "creator", "admin"]);
export type UserRole = z.infer<typeof UserRole>;

/** Trimmed; compared without regard to case. At most 254 characters (RFC 5321 §4.5.3.1.3). */
export const Email = z.string().trim().max(254).pipe(z.email());

/** Any Unicode, never cut. 8 characters at least, 1,024 at most so that hashing stays bounded. */
export const NewPassword = z
  .string()
  .min(8, "A password needs at least 8 characters")
  .max(1024, "A password can have at most 1,024 characters");

/** What a person may write in one line: Postgres keeps no NUL, and nobody reads the others. */
const OneLine = z.string().regex(/^\P{Cc}*$/u, "Control characters can't be used here");

export const PersonName = OneLine.trim().min(1).max(100);

export const SetUp = z.strictObject({
  /** The one-time token that the server printed when it started. */
  setupToken: z.string().trim().min(1).max(200),
  email: Email,
  name: PersonName,
  password: NewPassword,
});
export type SetUp = z.infer<typeof SetUp>;

export const SignIn = z.strictObject({
  email: OneLine.trim().min(1).max(254),
  password: z.string().min(1).max(1024),
  /** 30 days instead of until the browser is closed. */
  rememberMe: z.boolean(),
});
export type SignIn = z.infer<typeof SignIn>;

/** How somebody can show again who they are. */
export const SignInWay = z.enum(["password", "passkey", "jellyfin"]);
export type SignInWay = z.infer<typeof SignInWay>;

export const Me = z.strictObject({
  user: z.strictObject({
    id: UserId,
    /** `null` for who signs in through another server and gave none. */
    email: z.string().nullable(),
    /** They have shown that the address is theirs. */
    isEmailVerified: z.boolean(),
    name: z.string(),
    role: UserRole,
    ways: z.array(SignInWay),
    /** BCP 47; `null`: dates are written as the browser says. */
    locale: z.string().nullable(),
    /** IANA; `null`: the clock is where the browser is. */
    timeZone: z.string().nullable(),
    pictureHash: z.string().nullable(),
  }),
  sessionId: SessionId,
  personalBandId: BandId,
});
export type Me = z.infer<typeof Me>;

export const SignedIn = z.strictObject({ status: z.literal("signed_in"), me: Me });
export type SignedIn = z.infer<typeof SignedIn>;

export const SignInResult = z.discriminatedUnion("status", [
  SignedIn,
  /** A code is owed: `signInSecondFactor` with this ticket, within five minutes. */
  z.strictObject({ status: z.literal("second_factor"), ticket: z.string() }),
]);
export type SignInResult = z.infer<typeof SignInResult>;

/** Sent back in the header `x-csrf-token` with every change that is authorised by a cookie. */
export const CsrfToken = z.strictObject({ token: z.string() });
export type CsrfToken = z.infer<typeof CsrfToken>;

/** The subscription that a ticket is for: exactly this procedure, asked exactly this. */
export const AskSubscriptionTicket = z.strictObject({
  path: z.string().regex(/^[A-Za-z]+(\.[A-Za-z]+){1,3}$/, "Name one procedure"),
  /** As it goes into the query, in JSON; empty for none. */
  input: z.string().max(4_000),
});
export type AskSubscriptionTicket = z.infer<typeof AskSubscriptionTicket>;

/** Goes into the query as `ticket`, within five minutes. */
export const SubscriptionTicket = z.strictObject({ ticket: z.string(), expiresAt: Timestamp });
export type SubscriptionTicket = z.infer<typeof SubscriptionTicket>;

export const Register = z.strictObject({
  email: Email,
  name: PersonName,
  password: NewPassword,
  /** Where this server asks for one. */
  invitation: z.string().trim().min(1).max(200).nullable(),
});
export type Register = z.infer<typeof Register>;

/** The secret of a link that was mailed. */
export const LinkToken = z.string().trim().min(1).max(200);

export const VerifyEmail = z.strictObject({ token: LinkToken });
export const NameEmail = z.strictObject({ email: Email });

export const ResetPassword = z.strictObject({ token: LinkToken, password: NewPassword });
export type ResetPassword = z.infer<typeof ResetPassword>;

export const ChangePassword = z.strictObject({ password: NewPassword });
export type ChangePassword = z.infer<typeof ChangePassword>;

/** Who is signed in shows once more that it is them, in a way that they have. */
export const Reauthenticate = z.discriminatedUnion("way", [
  z.strictObject({ way: z.literal("password"), password: z.string().min(1).max(1024) }),
  z.strictObject({ way: z.literal("passkey"), assertion: PasskeyAssertion }),
  JellyfinCredentials.extend({ way: z.literal("jellyfin") }),
]);
export type Reauthenticate = z.infer<typeof Reauthenticate>;

/** A device that is signed in. */
export const SessionEntry = z.strictObject({
  id: SessionId,
  /** As the browser calls itself. */
  userAgent: z.string(),
  ipAddress: z.string(),
  rememberMe: z.boolean(),
  createdAt: Timestamp,
  /** To the minute. */
  lastUsedAt: Timestamp,
  /** The one that asks. */
  isThis: z.boolean(),
});
export type SessionEntry = z.infer<typeof SessionEntry>;

export const OneSession = z.strictObject({ sessionId: SessionId });

export const Invite = z.strictObject({
  /** The only address that may use it, which it is mailed to; `null`: whoever has the link. */
  email: Email.nullable(),
});
export type Invite = z.infer<typeof Invite>;

/** The link is never shown again. */
export const NewInvitation = z.strictObject({ url: z.url() });
export type NewInvitation = z.infer<typeof NewInvitation>;

export const Invitation = z.strictObject({
  id: z.uuid(),
  email: z.string().nullable(),
  createdAt: Timestamp,
  expiresAt: Timestamp,
});
export type Invitation = z.infer<typeof Invitation>;

export const ListUsers = z.strictObject({
  /** Within the name or the address. */
  search: OneLine.trim().max(200).default(""),
  /** The id of the last user of the page before. */
  before: UserId.nullable().default(null),
  limit: z.number().int().min(1).max(200).default(50),
});
export type ListUsers = z.infer<typeof ListUsers>;

export const UserEntry = z.strictObject({
  id: UserId,
  email: z.string().nullable(),
  name: z.string(),
  role: UserRole,
  isEmailVerified: z.boolean(),
  suspendedAt: Timestamp.nullable(),
  createdAt: Timestamp,
  /** `null` while they have no session. */
  lastSeenAt: Timestamp.nullable(),
});
export type UserEntry = z.infer<typeof UserEntry>;

export const UserPage = z.strictObject({
  /** The newest first. */
  users: z.array(UserEntry),
  next: UserId.nullable(),
});
export type UserPage = z.infer<typeof UserPage>;

export const OneUser = z.strictObject({ userId: UserId });

export const SetRole = z.strictObject({ userId: UserId, role: UserRole });
export type SetRole = z.infer<typeof SetRole>;

export const UpgradeResult = z.strictObject({
  role: UserRole,
  /** They were a creator or an administrator before. */
  alreadyElevated: z.boolean(),
});
export type UpgradeResult = z.infer<typeof UpgradeResult>;

/** Six digits of an app, or a backup code. */
const Code = OneLine.trim().min(1).max(40);

export const SignInSecondFactor = z.strictObject({
  ticket: z.string().trim().min(1).max(200),
  code: Code,
});
export type SignInSecondFactor = z.infer<typeof SignInSecondFactor>;

export const SecondFactor = z.strictObject({
  isOn: z.boolean(),
  backupCodesLeft: z.number().int(),
});
export type SecondFactor = z.infer<typeof SecondFactor>;

/** For an authenticator app: to type in, and as a QR code. */
export const TotpOffer = z.strictObject({ secret: z.string(), uri: z.string() });
export type TotpOffer = z.infer<typeof TotpOffer>;

export const ConfirmSecondFactor = z.strictObject({ code: Code });

/** Shown once; each works once. */
export const BackupCodes = z.strictObject({ codes: z.array(z.string()) });
export type BackupCodes = z.infer<typeof BackupCodes>;
