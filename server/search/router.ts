import { Matches, SearchBand } from "#contract/search.ts";
import { procedure, router } from "#server/base/trpc.ts";
import { searchBand } from "./service.ts";

/** Merged into `library`. */
export const searchRouter = router({
  search: procedure
    .input(SearchBand)
    .output(Matches)
    .query(({ ctx, input }) => searchBand(ctx.deps, ctx.actor, input)),
});
