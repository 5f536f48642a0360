import { z } from "zod";
import {
  DeleteAccount,
  DeletionPreview,
  ExportEntry,
  ExportLink,
  OneExport,
} from "#contract/leaving.ts";
import { procedure, router } from "#server/base/trpc.ts";
import { deleteAccount, previewDeletion } from "./deletion.ts";
import { getExportLink, listExports, requestExport } from "./exports.ts";

/** Merged into `account`: it stands here because it needs what comes after accounts. */
export const leavingRouter = router({
  deletion: router({
    preview: procedure
      .output(DeletionPreview)
      .query(({ ctx }) => previewDeletion(ctx.deps, ctx.actor)),
  }),

  delete: procedure
    .input(DeleteAccount)
    .output(z.void())
    .mutation(({ ctx, input }) => deleteAccount(ctx.deps, ctx.actor, input, ctx.device)),

  exports: router({
    list: procedure
      .output(z.array(ExportEntry))
      .query(({ ctx }) => listExports(ctx.deps, ctx.actor)),

    request: procedure
      .output(ExportEntry)
      .mutation(({ ctx }) => requestExport(ctx.deps, ctx.actor, ctx.device)),

    link: procedure
      .input(OneExport)
      .output(ExportLink)
      .query(({ ctx, input }) => getExportLink(ctx.deps, ctx.actor, input.exportId)),
  }),
});
