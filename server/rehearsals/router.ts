import { z } from "zod";
import {
  CreateRehearsal,
  FileTakes,
  ListRehearsals,
  OneRehearsal,
  RehearsalPage,
  RemoveTakes,
  SuggestedRehearsal,
  SuggestRehearsals,
  UpdateRehearsal,
  WholeRehearsal,
} from "#contract/rehearsals.ts";
import { procedure, router } from "#server/base/trpc.ts";
import * as service from "./service.ts";

/** Merged into `library`. */
export const rehearsalsRouter = router({
  rehearsals: router({
    list: procedure
      .input(ListRehearsals)
      .output(RehearsalPage)
      .query(({ ctx, input }) => service.listRehearsals(ctx.deps, ctx.actor, input)),

    get: procedure
      .input(OneRehearsal)
      .output(WholeRehearsal)
      .query(({ ctx, input }) => service.getRehearsal(ctx.deps, ctx.actor, input.rehearsalId)),

    suggest: procedure
      .input(SuggestRehearsals)
      .output(z.array(SuggestedRehearsal))
      .query(({ ctx, input }) => service.suggestRehearsals(ctx.deps, ctx.actor, input.bandId)),

    create: procedure
      .input(CreateRehearsal)
      .output(WholeRehearsal)
      .mutation(({ ctx, input }) => service.createRehearsal(ctx.deps, ctx.actor, input)),

    update: procedure
      .input(UpdateRehearsal)
      .output(WholeRehearsal)
      .mutation(({ ctx, input }) => service.updateRehearsal(ctx.deps, ctx.actor, input)),

    remove: procedure
      .input(OneRehearsal)
      .output(z.void())
      .mutation(({ ctx, input }) =>
        service.removeRehearsal(ctx.deps, ctx.actor, input.rehearsalId),
      ),

    fileTakes: procedure
      .input(FileTakes)
      .output(WholeRehearsal)
      .mutation(({ ctx, input }) => service.fileTakes(ctx.deps, ctx.actor, input)),

    removeTakes: procedure
      .input(RemoveTakes)
      .output(WholeRehearsal)
      .mutation(({ ctx, input }) => service.removeTakes(ctx.deps, ctx.actor, input)),
  }),
});
