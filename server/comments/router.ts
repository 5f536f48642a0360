import { z } from "zod";
import {
  CreateComment,
  EditComment,
  ListComments,
  OneComment,
  ReplyToComment,
  ResolveComment,
  Thread,
  ThreadPage,
  WatchComments,
} from "#contract/comments.ts";
import { procedure, router } from "#server/base/trpc.ts";
import * as service from "./service.ts";

/** Merged into `library`. */
export const commentsRouter = router({
  comments: router({
    list: procedure
      .input(ListComments)
      .output(ThreadPage)
      .query(({ ctx, input }) => service.listThreads(ctx.deps, ctx.actor, input)),

    create: procedure
      .input(CreateComment)
      .output(Thread)
      .mutation(({ ctx, input }) => service.createComment(ctx.deps, ctx.actor, input)),

    reply: procedure
      .input(ReplyToComment)
      .output(Thread)
      .mutation(({ ctx, input }) => service.replyToComment(ctx.deps, ctx.actor, input)),

    edit: procedure
      .input(EditComment)
      .output(Thread)
      .mutation(({ ctx, input }) => service.editComment(ctx.deps, ctx.actor, input)),

    remove: procedure
      .input(OneComment)
      .output(z.void())
      .mutation(({ ctx, input }) => service.removeComment(ctx.deps, ctx.actor, input.commentId)),

    resolve: procedure
      .input(ResolveComment)
      .output(Thread)
      .mutation(({ ctx, input }) => service.resolveThread(ctx.deps, ctx.actor, input)),

    changed: procedure
      .input(WatchComments)
      .subscription(({ ctx, input, signal }) =>
        service.watchComments(ctx.deps, ctx.actor, input.trackId, signal ?? ctx.request.signal),
      ),
  }),
});
