import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { CsrfToken, Me, SetUp, SignIn, SignInResult } from "#contract/auth.ts";
import { AppError } from "#server/base/errors.ts";
import { type Context, procedure, publicProcedure, router } from "#server/base/trpc.ts";
import { clearCookie, clearSessionCookies, findCookie, setSessionCookies } from "./cookies.ts";
import { giveCsrfToken } from "./csrf.ts";
import { countTry, type Limited } from "./rate-limits.ts";
import { renewSession } from "./rotation.ts";
import type { Device, Grant } from "./service.ts";
import { setUp } from "./setup.ts";
import { getMe, signIn, signOut } from "./sign-in.ts";

/** A batch would be many tries in one request, and a streamed answer can't set cookies any more. */
const alone = publicProcedure.use(({ ctx, next }) => {
  requireAlone(ctx);
  return next();
});

const limited = (name: Limited) =>
  alone.use(async ({ ctx, next }) => {
    await countTry(ctx.request, ctx.reply, name);
    return next();
  });

export const authRouter = router({
  csrf: alone
    .output(CsrfToken)
    .query(({ ctx }) => ({ token: giveCsrfToken(ctx.deps, ctx.request, ctx.reply) })),

  me: procedure.output(Me).query(({ ctx }) => getMe(ctx.deps, ctx.actor)),

  setup: limited("setUp")
    .input(SetUp)
    .output(SignInResult)
    .mutation(async ({ ctx, input }) =>
      welcome(ctx, await setUp(ctx.deps, input, deviceOf(ctx.request))),
    ),

  signIn: limited("signIn")
    .input(SignIn)
    .output(SignInResult)
    .mutation(async ({ ctx, input }) =>
      welcome(ctx, await signIn(ctx.deps, input, deviceOf(ctx.request))),
    ),

  refresh: limited("refresh")
    .output(z.void())
    .mutation(async ({ ctx }) => {
      const { http } = ctx.deps.config;
      const token = findCookie(http, ctx.request, "refresh");
      setSessionCookies(http, ctx.reply, await renewSession(ctx.deps, token));
    }),

  signOut: alone.output(z.void()).mutation(async ({ ctx }) => {
    await signOut(ctx.deps, ctx.request.signedSessionId);
    clearSessionCookies(ctx.deps.config.http, ctx.reply);
  }),
});

/** The session goes into cookies and nowhere else; the token of before is bound to nothing now. */
function welcome(ctx: Context, { me, ...grant }: Grant & { readonly me: Me }): SignInResult {
  const { http } = ctx.deps.config;
  setSessionCookies(http, ctx.reply, grant);
  clearCookie(http, ctx.reply, "pre");
  return { status: "signed_in", me };
}

const deviceOf = (request: FastifyRequest): Device => ({
  userAgent: (request.headers["user-agent"] ?? "").slice(0, 300),
  ipAddress: request.ip.slice(0, 64),
});

function requireAlone(ctx: Context): void {
  const accepted = [ctx.request.headers["trpc-accept"], ctx.request.headers.accept];
  const isStreamed = accepted.some((each) => String(each).includes("application/jsonl"));
  if (ctx.batchSize === 1 && !isStreamed) return;
  throw new AppError(
    "invalid_input",
    "Signing in and out is asked for one at a time, and not as a stream. Nothing was done.",
  );
}
