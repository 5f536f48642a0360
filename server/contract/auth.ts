import { z } from "zod";
import { BandId, SessionId, UserId } from "./ids.ts";

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

export const Me = z.strictObject({
  user: z.strictObject({
    id: UserId,
    email: z.string(),
    name: z.string(),
    role: UserRole,
  }),
  sessionId: SessionId,
  personalBandId: BandId,
});
export type Me = z.infer<typeof Me>;

export const SignInResult = z.discriminatedUnion("status", [
  z.strictObject({ status: z.literal("signed_in"), me: Me }),
]);
export type SignInResult = z.infer<typeof SignInResult>;

/** Sent back in the header `x-csrf-token` with every change that is authorised by a cookie. */
export const CsrfToken = z.strictObject({ token: z.string() });
export type CsrfToken = z.infer<typeof CsrfToken>;
