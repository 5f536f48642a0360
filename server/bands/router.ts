import { z } from "zod";
import { Band } from "#contract/bands.ts";
import { procedure, router } from "#server/base/trpc.ts";
import { listBands } from "./service.ts";

export const bandsRouter = router({
  list: procedure.output(z.array(Band)).query(({ ctx }) => listBands(ctx.deps, ctx.actor)),
});
