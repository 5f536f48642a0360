import { z } from "zod";
import { ConfirmEmailChange } from "#contract/account.ts";
import {
  AskSubscriptionTicket,
  CsrfToken,
  Me,
  NameEmail,
  Reauthenticate,
  Register,
  ResetPassword,
  SetUp,
  SignedIn,
  SignIn,
  SignInResult,
  SignInSecondFactor,
  SubscriptionTicket,
  VerifyEmail,
} from "#contract/auth.ts";
import type { UserId } from "#contract/ids.ts";
import { SignInJellyfin } from "#contract/jellyfin.ts";
import { PasskeyRequest, SignInPasskey } from "#contract/passkeys.ts";
import { signInFirst } from "#server/base/actor.ts";
import { AppError } from "#server/base/errors.ts";
import { type Context, procedure, publicProcedure, router } from "#server/base/trpc.ts";
import {
  clearCookie,
  clearSessionCookies,
  findCookie,
  setLastingCookie,
  setSessionCookies,
} from "./cookies.ts";
import { createToken, isToken } from "./crypto.ts";
import { giveCsrfToken, requireBrowser } from "./csrf.ts";
import { confirmEmailChange } from "./email-change.ts";
import { signInJellyfin } from "./jellyfin-sign-in.ts";
import { readKnownDevice, toKnownDevice } from "./known-device.ts";
import { offerReauthentication, offerSignIn, signInPasskey } from "./passkey-sign-in.ts";
import * as passwords from "./passwords.ts";
import { countTry, type Limited } from "./rate-limits.ts";
import { reauthenticate } from "./reauthentication.ts";
import * as registration from "./registration.ts";
import { renewSession } from "./rotation.ts";
import { signInSecondFactor } from "./second-step.ts";
import type { Grant } from "./service.ts";
import { setUp } from "./setup.ts";
import { getMe, signIn, signOut } from "./sign-in.ts";
import { createSubscriptionTicket } from "./tickets.ts";

type Granted = Grant & { readonly me: Me };

/** A batch would be many tries in one request, and a streamed answer can't set cookies any more. */
const alone = publicProcedure.use(({ ctx, next }) => {
  requireAlone(ctx);
  return next();
});

/**
 * Whoever signs in is asked who they are during maintenance too, because administrators are let in
 * (`admission.ts`); and nobody who is signed in is thrown out.
 */
const IN_MAINTENANCE: readonly Limited[] = ["setUp", "signIn", "passkey", "refresh"];

const limited = (name: Limited) =>
  alone
    .meta({ hasOwnLimit: true, goesOnInMaintenance: IN_MAINTENANCE.includes(name) })
    .use(async ({ ctx, next }) => {
      await countTry(ctx.request, ctx.reply, name);
      return next();
    });

/** A try to show that one is whoever is signed in. */
const ownTry = limited("signIn")
  .meta({ goesOnInMaintenance: false })
  .use(({ ctx, next }) => {
    if (!ctx.actor) throw signInFirst();
    return next({ ctx: { ...ctx, actor: ctx.actor } });
  });

export const authRouter = router({
  csrf: alone
    .output(CsrfToken)
    .query(({ ctx }) => ({ token: giveCsrfToken(ctx.deps, ctx.request, ctx.reply) })),

  me: procedure.output(Me).query(({ ctx }) => getMe(ctx.deps, ctx.actor)),

  setup: limited("setUp")
    .input(SetUp)
    .output(SignedIn)
    .mutation(async ({ ctx, input }) => welcome(ctx, await setUp(ctx.deps, input, ctx.device))),

  signIn: limited("signIn")
    .input(SignIn)
    .output(SignInResult)
    .mutation(async ({ ctx, input }) => {
      return toResult(ctx, await signIn(ctx.deps, input, ctx.device, knownUserOf(ctx)));
    }),

  signInJellyfin: limited("signIn")
    .input(SignInJellyfin)
    .output(SignInResult)
    .mutation(async ({ ctx, input }) => {
      const place = keepBrowser(ctx);
      const showing = { device: ctx.device, knownUserId: knownUserOf(ctx), place };
      return toResult(ctx, await signInJellyfin(ctx.deps, input, showing));
    }),

  signInSecondFactor: limited("signIn")
    .input(SignInSecondFactor)
    .output(SignedIn)
    .mutation(async ({ ctx, input }) => {
      const step = { ...input, device: ctx.device, knownUserId: knownUserOf(ctx) };
      return welcome(ctx, await signInSecondFactor(ctx.deps, step));
    }),

  passkeyOptions: limited("passkey")
    .output(PasskeyRequest)
    .mutation(({ ctx }) => offerSignIn(ctx.deps, requireBrowser(ctx.deps, ctx.request))),

  signInPasskey: limited("passkey")
    .input(SignInPasskey)
    .output(SignedIn)
    .mutation(async ({ ctx, input }) => {
      const browser = requireBrowser(ctx.deps, ctx.request);
      return welcome(ctx, await signInPasskey(ctx.deps, input, browser, ctx.device));
    }),

  register: limited("register")
    .input(Register)
    .output(z.void())
    .mutation(({ ctx, input }) => registration.register(ctx.deps, input, ctx.device)),

  resendVerification: limited("register")
    .input(NameEmail)
    .output(z.void())
    .mutation(({ ctx, input }) =>
      registration.resendVerification(ctx.deps, input.email, ctx.device),
    ),

  verifyEmail: limited("link")
    .input(VerifyEmail)
    .output(z.void())
    .mutation(({ ctx, input }) => registration.verifyEmail(ctx.deps, input.token, ctx.device)),

  confirmEmailChange: limited("link")
    .input(ConfirmEmailChange)
    .output(z.void())
    .mutation(({ ctx, input }) => confirmEmailChange(ctx.deps, input.token, ctx.device)),

  requestPasswordReset: limited("register")
    .input(NameEmail)
    .output(z.void())
    .mutation(({ ctx, input }) =>
      passwords.requestPasswordReset(ctx.deps, input.email, ctx.device),
    ),

  resetPassword: limited("link")
    .input(ResetPassword)
    .output(z.void())
    .mutation(({ ctx, input }) => passwords.resetPassword(ctx.deps, input, ctx.device)),

  reauthenticate: ownTry
    .input(Reauthenticate)
    .output(z.void())
    .mutation(({ ctx, input }) => reauthenticate(ctx.deps, ctx.actor, input, ctx.device)),

  subscriptionTicket: procedure
    .input(AskSubscriptionTicket)
    .output(SubscriptionTicket)
    .query(({ ctx, input }) => createSubscriptionTicket(ctx.deps, ctx.actor, input)),

  reauthenticationOptions: procedure
    .output(PasskeyRequest)
    .mutation(({ ctx }) => offerReauthentication(ctx.deps, ctx.actor)),

  refresh: limited("refresh")
    .output(z.void())
    .mutation(async ({ ctx }) => {
      const { http } = ctx.deps.config;
      const token = findCookie(http, ctx.request, "refresh");
      setSessionCookies(http, ctx.reply, await renewSession(ctx.deps, token));
    }),

  signOut: alone
    .meta({ goesOnInMaintenance: true })
    .output(z.void())
    .mutation(async ({ ctx }) => {
      await signOut(ctx.deps, ctx.request.signedSessionId, ctx.device);
      clearSessionCookies(ctx.deps.config.http, ctx.reply);
    }),
});

/** Who owes a second factor gets no session yet. */
const toResult = (ctx: Context, granted: Granted | { readonly ticket: string }): SignInResult =>
  "ticket" in granted ? { status: "second_factor", ticket: granted.ticket } : welcome(ctx, granted);

/** The session goes into cookies and nowhere else; the token of before is bound to nothing now. */
function welcome(ctx: Context, { me, ...grant }: Granted): SignedIn {
  const { http } = ctx.deps.config;
  setSessionCookies(http, ctx.reply, grant);
  setLastingCookie(http, ctx.reply, "device", toKnownDevice(ctx.deps, me.user.id));
  clearCookie(http, ctx.reply, "pre");
  return { status: "signed_in", me };
}

const knownUserOf = (ctx: Context): UserId | null =>
  readKnownDevice(ctx.deps, findCookie(ctx.deps.config.http, ctx.request, "device"));

/** One that signs in through another server is told from others by a cookie that stays. */
function keepBrowser(ctx: Context): string {
  const { http } = ctx.deps.config;
  const known = findCookie(http, ctx.request, "browser");
  const browser = known !== undefined && isToken(known) ? known : createToken();
  setLastingCookie(http, ctx.reply, "browser", browser);
  return `browser ${browser}`;
}

function requireAlone(ctx: Context): void {
  const accepted = [ctx.request.headers["trpc-accept"], ctx.request.headers.accept];
  const isStreamed = accepted.some((each) => String(each).includes("application/jsonl"));
  if (ctx.batchSize === 1 && !isStreamed) return;
  throw new AppError(
    "invalid_input",
    "Signing in and out is asked for one at a time, and not as a stream. Nothing was done.",
  );
}
