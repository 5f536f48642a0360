import { z } from "zod";
import { AuditPage, ListAudit } from "#contract/audit.ts";
import {
  Invitation,
  Invite,
  ListUsers,
  NewInvitation,
  OneUser,
  SetRole,
  UserPage,
} from "#contract/auth.ts";
import { JellyfinServer, SetJellyfin } from "#contract/jellyfin.ts";
import { EncryptionKeys } from "#contract/keys.ts";
import {
  AccountCloud,
  CloudAccount,
  CreateCloudAccount,
  SetAccountCloud,
  SetCloudQuota,
} from "#contract/nextcloud.ts";
import { MaintenanceChoice, RegistrationMode, SetMaintenance } from "#contract/system.ts";
import { listAllEvents } from "#server/audit/service.ts";
import { invite, listInvitations, removeInvitation } from "#server/auth/invitations.ts";
import * as jellyfin from "#server/auth/jellyfin-settings.ts";
import { setRegistrationMode } from "#server/auth/registration.ts";
import * as users from "#server/auth/users.ts";
import { adminProcedure, router } from "#server/base/trpc.ts";
import { getMaintenance, setMaintenance } from "./maintenance.ts";
import { getAccountCloud, removeAccountCloud, setAccountCloud } from "./nextcloud.ts";
import * as accounts from "./nextcloud-accounts.ts";
import { getEncryptionKeys } from "./resealing.ts";

export const adminRouter = router({
  audit: router({
    list: adminProcedure
      .input(ListAudit)
      .output(AuditPage)
      .query(({ ctx, input }) => listAllEvents(ctx.deps, input)),
  }),

  users: router({
    list: adminProcedure
      .input(ListUsers)
      .output(UserPage)
      .query(({ ctx, input }) => users.listUsers(ctx.deps, input)),

    suspend: adminProcedure
      .input(OneUser)
      .output(z.void())
      .mutation(({ ctx, input }) =>
        users.suspendUser(ctx.deps, ctx.actor, input.userId, ctx.device),
      ),

    restore: adminProcedure
      .input(OneUser)
      .output(z.void())
      .mutation(({ ctx, input }) =>
        users.restoreUser(ctx.deps, ctx.actor, input.userId, ctx.device),
      ),

    setRole: adminProcedure
      .input(SetRole)
      .output(z.void())
      .mutation(({ ctx, input }) => users.setRole(ctx.deps, ctx.actor, input, ctx.device)),

    endSessions: adminProcedure
      .input(OneUser)
      .output(z.void())
      .mutation(({ ctx, input }) =>
        users.endUserSessions(ctx.deps, ctx.actor, input.userId, ctx.device),
      ),
  }),

  registration: router({
    set: adminProcedure
      .input(z.strictObject({ mode: RegistrationMode }))
      .output(z.void())
      .mutation(({ ctx, input }) =>
        setRegistrationMode(ctx.deps, ctx.actor, input.mode, ctx.device),
      ),
  }),

  jellyfin: router({
    get: adminProcedure
      .output(JellyfinServer.nullable())
      .query(({ ctx }) => jellyfin.getJellyfin(ctx.deps)),

    set: adminProcedure
      .input(SetJellyfin)
      .output(JellyfinServer)
      .mutation(({ ctx, input }) => jellyfin.setJellyfin(ctx.deps, ctx.actor, input, ctx.device)),

    remove: adminProcedure
      .output(z.void())
      .mutation(({ ctx }) => jellyfin.removeJellyfin(ctx.deps, ctx.actor, ctx.device)),
  }),

  nextcloud: router({
    get: adminProcedure
      .output(AccountCloud.nullable())
      .query(({ ctx }) => getAccountCloud(ctx.deps)),

    set: adminProcedure
      .input(SetAccountCloud)
      .output(AccountCloud)
      .mutation(({ ctx, input }) => setAccountCloud(ctx.deps, ctx.actor, input, ctx.device)),

    remove: adminProcedure
      .output(z.void())
      .mutation(({ ctx }) => removeAccountCloud(ctx.deps, ctx.actor, ctx.device)),

    accounts: router({
      list: adminProcedure
        .output(z.array(CloudAccount))
        .query(({ ctx }) => accounts.listCloudAccounts(ctx.deps)),

      create: adminProcedure
        .input(CreateCloudAccount)
        .output(CloudAccount)
        .mutation(({ ctx, input }) =>
          accounts.createCloudAccount(ctx.deps, ctx.actor, input, ctx.device),
        ),

      setQuota: adminProcedure
        .input(SetCloudQuota)
        .output(CloudAccount)
        .mutation(({ ctx, input }) => accounts.setCloudQuota(ctx.deps, input)),
    }),
  }),

  maintenance: router({
    get: adminProcedure.output(MaintenanceChoice).query(({ ctx }) => getMaintenance(ctx.deps)),

    set: adminProcedure
      .input(SetMaintenance)
      .output(z.void())
      .mutation(({ ctx, input }) => setMaintenance(ctx.deps, ctx.actor, input, ctx.device)),
  }),

  keys: router({
    list: adminProcedure.output(EncryptionKeys).query(({ ctx }) => getEncryptionKeys(ctx.deps)),
  }),

  invitations: router({
    list: adminProcedure.output(z.array(Invitation)).query(({ ctx }) => listInvitations(ctx.deps)),

    create: adminProcedure
      .input(Invite)
      .output(NewInvitation)
      .mutation(({ ctx, input }) => invite(ctx.deps, ctx.actor, input, ctx.device)),

    remove: adminProcedure
      .input(z.strictObject({ id: z.uuid() }))
      .output(z.void())
      .mutation(({ ctx, input }) => removeInvitation(ctx.deps, input.id)),
  }),
});
