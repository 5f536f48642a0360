import { z } from "zod";
import { AuditPage, ListAudit } from "#contract/audit.ts";
import { ChangePassword, OneSession, SessionEntry, UpgradeResult } from "#contract/auth.ts";
import { listOwnEvents } from "#server/audit/service.ts";
import { changePassword } from "#server/auth/passwords.ts";
import { endOtherSessions, endSession, listSessions } from "#server/auth/sessions.ts";
import { upgradeToCreator } from "#server/auth/users.ts";
import { procedure, router } from "#server/base/trpc.ts";

export const accountRouter = router({
  changePassword: procedure
    .input(ChangePassword)
    .output(z.void())
    .mutation(({ ctx, input }) => changePassword(ctx.deps, ctx.actor, input, ctx.device)),

  upgradeToCreator: procedure
    .output(UpgradeResult)
    .mutation(({ ctx }) => upgradeToCreator(ctx.deps, ctx.actor, ctx.device)),

  sessions: router({
    list: procedure
      .output(z.array(SessionEntry))
      .query(({ ctx }) => listSessions(ctx.deps, ctx.actor)),

    revoke: procedure
      .input(OneSession)
      .output(z.void())
      .mutation(({ ctx, input }) => endSession(ctx.deps, ctx.actor, input.sessionId, ctx.device)),

    revokeOthers: procedure
      .output(z.void())
      .mutation(({ ctx }) => endOtherSessions(ctx.deps, ctx.actor, ctx.device)),
  }),

  audit: router({
    list: procedure
      .input(ListAudit.omit({ subjectId: true }))
      .output(AuditPage)
      .query(({ ctx, input }) => listOwnEvents(ctx.deps, ctx.actor, input)),
  }),
});
