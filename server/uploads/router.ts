import { z } from "zod";
import { OneConnection } from "#contract/connections.ts";
import {
  GetUploadTarget,
  ListUploads,
  SetFolderPattern,
  Upload,
  UploadTarget,
} from "#contract/uploads.ts";
import { procedure, router } from "#server/base/trpc.ts";
import { disconnectStorage } from "./discarding.ts";
import { listUploads } from "./service.ts";
import { getTarget, setPattern } from "./target.ts";

export const uploadsRouter = router({
  list: procedure
    .input(ListUploads)
    .output(z.array(Upload))
    .query(({ ctx, input }) => listUploads(ctx.deps, ctx.actor, input.bandId)),

  target: procedure
    .input(GetUploadTarget)
    .output(UploadTarget)
    .query(({ ctx, input }) => getTarget(ctx.deps, ctx.actor, input.bandId)),

  setPattern: procedure
    .input(SetFolderPattern)
    .output(UploadTarget)
    .mutation(({ ctx, input }) => setPattern(ctx.deps, ctx.actor, input)),
});

/** Merged into `connections`: what people do to a storage and uploads have a part in. */
export const disconnectRouter = router({
  remove: procedure
    .input(OneConnection)
    .output(z.void())
    .mutation(({ ctx, input }) =>
      disconnectStorage(ctx.deps, ctx.actor, input.connectionId, ctx.device),
    ),
});
