import { z } from "zod";
import { ChangeEmail, SetPicture, UpdateProfile } from "#contract/account.ts";
import { AuditPage, ListAudit } from "#contract/audit.ts";
import {
  BackupCodes,
  ChangePassword,
  ConfirmSecondFactor,
  OneSession,
  SecondFactor,
  SessionEntry,
  TotpOffer,
  UpgradeResult,
} from "#contract/auth.ts";
import { JellyfinCredentials, OwnJellyfin } from "#contract/jellyfin.ts";
import {
  AddPasskey,
  OnePasskey,
  Passkey,
  PasskeyCreation,
  RenamePasskey,
} from "#contract/passkeys.ts";
import { listOwnEvents } from "#server/audit/service.ts";
import { changeEmail } from "#server/auth/email-change.ts";
import { getOwnJellyfin, linkJellyfin, unlinkJellyfin } from "#server/auth/jellyfin-link.ts";
import * as passkeys from "#server/auth/passkeys.ts";
import { changePassword } from "#server/auth/passwords.ts";
import { updateProfile } from "#server/auth/profile.ts";
import * as factor from "#server/auth/second-factor.ts";
import { endOtherSessions, endSession, listSessions } from "#server/auth/sessions.ts";
import { upgradeToCreator } from "#server/auth/users.ts";
import { procedure, router } from "#server/base/trpc.ts";
import { removePicture, setPicture } from "./pictures.ts";

export const accountRouter = router({
  updateProfile: procedure
    .input(UpdateProfile)
    .output(z.void())
    .mutation(({ ctx, input }) => updateProfile(ctx.deps, ctx.actor, input, ctx.device)),

  picture: router({
    set: procedure
      .input(SetPicture)
      .output(z.void())
      .mutation(({ ctx, input }) => setPicture(ctx.deps, ctx.actor, input.picture, ctx.device)),

    remove: procedure
      .output(z.void())
      .mutation(({ ctx }) => removePicture(ctx.deps, ctx.actor, ctx.device)),
  }),

  changeEmail: procedure
    .input(ChangeEmail)
    .output(z.void())
    .mutation(({ ctx, input }) => changeEmail(ctx.deps, ctx.actor, input.email, ctx.device)),

  changePassword: procedure
    .input(ChangePassword)
    .output(z.void())
    .mutation(({ ctx, input }) => changePassword(ctx.deps, ctx.actor, input, ctx.device)),

  upgradeToCreator: procedure
    .output(UpgradeResult)
    .mutation(({ ctx }) => upgradeToCreator(ctx.deps, ctx.actor, ctx.device)),

  twoFactor: router({
    get: procedure
      .output(SecondFactor)
      .query(({ ctx }) => factor.describeSecondFactor(ctx.deps, ctx.actor)),

    begin: procedure
      .output(TotpOffer)
      .mutation(({ ctx }) => factor.offerSecondFactor(ctx.deps, ctx.actor)),

    confirm: procedure
      .input(ConfirmSecondFactor)
      .output(BackupCodes)
      .mutation(({ ctx, input }) =>
        factor.confirmSecondFactor(ctx.deps, ctx.actor, input.code, ctx.device),
      ),

    disable: procedure
      .output(z.void())
      .mutation(({ ctx }) => factor.disableSecondFactor(ctx.deps, ctx.actor, ctx.device)),

    renewBackupCodes: procedure
      .output(BackupCodes)
      .mutation(({ ctx }) => factor.renewBackupCodes(ctx.deps, ctx.actor, ctx.device)),
  }),

  passkeys: router({
    list: procedure
      .output(z.array(Passkey))
      .query(({ ctx }) => passkeys.listPasskeys(ctx.deps, ctx.actor)),

    begin: procedure
      .output(PasskeyCreation)
      .mutation(({ ctx }) => passkeys.beginPasskey(ctx.deps, ctx.actor)),

    add: procedure
      .input(AddPasskey)
      .output(z.void())
      .mutation(({ ctx, input }) => passkeys.addPasskey(ctx.deps, ctx.actor, input, ctx.device)),

    rename: procedure
      .input(RenamePasskey)
      .output(z.void())
      .mutation(({ ctx, input }) => passkeys.renamePasskey(ctx.deps, ctx.actor, input, ctx.device)),

    remove: procedure
      .input(OnePasskey)
      .output(z.void())
      .mutation(({ ctx, input }) =>
        passkeys.removePasskey(ctx.deps, ctx.actor, input.id, ctx.device),
      ),
  }),

  jellyfin: router({
    get: procedure.output(OwnJellyfin).query(({ ctx }) => getOwnJellyfin(ctx.deps, ctx.actor)),

    link: procedure
      .input(JellyfinCredentials)
      .output(z.void())
      .mutation(({ ctx, input }) => linkJellyfin(ctx.deps, ctx.actor, input, ctx.device)),

    unlink: procedure
      .output(z.void())
      .mutation(({ ctx }) => unlinkJellyfin(ctx.deps, ctx.actor, ctx.device)),
  }),

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
