import { z } from "zod";
import { GuestThread, ListAsGuest, ReplyAsGuest, WriteAsGuest } from "#contract/comments.ts";
import {
  BeginListen,
  CreateShare,
  ListShares,
  OneShare,
  OpenedShare,
  OpenShare,
  Share,
  SharedLink,
  SharePage,
  UpdateShare,
} from "#contract/shares.ts";
import { type Context, procedure, publicProcedure, router } from "#server/base/trpc.ts";
import { findGuestCookie, setGuestCookie } from "./cookies.ts";
import { commentAsGuest, listAsGuest, replyAsGuest } from "./guest-comments.ts";
import { beginListen, type Opened, openShare } from "./guests.ts";
import { createShare, listShares, removeShare, renewShareLink, updateShare } from "./service.ts";

/** Merged into `playback`. */
export const sharesRouter = router({
  shares: router({
    list: procedure
      .input(ListShares)
      .output(SharePage)
      .query(({ ctx, input }) => listShares(ctx.deps, ctx.actor, input)),

    create: procedure
      .input(CreateShare)
      .output(SharedLink)
      .mutation(({ ctx, input }) => createShare(ctx.deps, ctx.actor, input, ctx.device)),

    update: procedure
      .input(UpdateShare)
      .output(Share)
      .mutation(({ ctx, input }) => updateShare(ctx.deps, ctx.actor, input, ctx.device)),

    renewLink: procedure
      .input(OneShare)
      .output(SharedLink)
      .mutation(({ ctx, input }) => renewShareLink(ctx.deps, ctx.actor, input.shareId, ctx.device)),

    remove: procedure
      .input(OneShare)
      .output(z.void())
      .mutation(({ ctx, input }) => removeShare(ctx.deps, ctx.actor, input.shareId, ctx.device)),

    open: publicProcedure
      .input(OpenShare)
      .output(OpenedShare)
      .mutation(async ({ ctx, input }) =>
        letIn(ctx, await openShare(ctx.deps, input, guestOf(ctx), ctx.device)),
      ),

    beginListen: publicProcedure
      .input(BeginListen)
      .output(z.void())
      .mutation(({ ctx, input }) => beginListen(ctx.deps, input, guestOf(ctx))),

    comments: publicProcedure
      .input(ListAsGuest)
      .output(z.array(GuestThread))
      .query(({ ctx, input }) => listAsGuest(ctx.deps, input, guestOf(ctx))),

    comment: publicProcedure
      .input(WriteAsGuest)
      .output(z.array(GuestThread))
      .mutation(({ ctx, input }) => commentAsGuest(ctx.deps, input, guestOf(ctx), ctx.device)),

    reply: publicProcedure
      .input(ReplyAsGuest)
      .output(z.array(GuestThread))
      .mutation(({ ctx, input }) => replyAsGuest(ctx.deps, input, guestOf(ctx), ctx.device)),
  }),
});

const guestOf = (ctx: Context): string | undefined =>
  findGuestCookie(ctx.deps.config.http, ctx.request);

function letIn(ctx: Context, { opened, guestToken }: Opened): OpenedShare {
  if (guestToken !== null) setGuestCookie(ctx.deps.config.http, ctx.reply, guestToken);
  return opened;
}
