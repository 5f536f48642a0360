import { AskTicket, MediaTicket } from "#contract/tickets.ts";
import { procedure, router } from "#server/base/trpc.ts";
import { giveTicket } from "./tickets.ts";

export const playbackRouter = router({
  ticket: procedure
    .input(AskTicket)
    .output(MediaTicket)
    .query(({ ctx, input }) => giveTicket(ctx.deps, ctx.actor, input)),
});
