import { z } from "zod";
import {
  Browse,
  Connection,
  CreateConnection,
  CreateDemo,
  FolderPage,
  ListConnections,
  OneConnection,
  ProviderOffer,
  Reconnect,
  SavedForm,
  SetRoot,
  SetSwitch,
  SuggestedFolders,
} from "#contract/connections.ts";
import {
  BeginNextcloudLogin,
  NextcloudLogin,
  NextcloudLoginProgress,
  OneNextcloudLogin,
} from "#contract/nextcloud.ts";
import {
  BeginOAuth,
  OAuthBegun,
  OAuthClient,
  OneOAuthClient,
  SaveOAuthClient,
} from "#contract/oauth.ts";
import { procedure, router } from "#server/base/trpc.ts";
import * as connecting from "./connecting.ts";
import { renewOAuthCookie } from "./cookies.ts";
import { setDirect } from "./direct.ts";
import * as health from "./health.ts";
import * as logins from "./nextcloud-login.ts";
import { beginOAuth } from "./oauth.ts";
import * as oauthClients from "./oauth-clients.ts";
import * as pausing from "./pause.ts";
import { setPrimary } from "./primary.ts";
import * as roots from "./roots.ts";
import * as service from "./service.ts";
import { suggestFolders } from "./suggestions.ts";
import { setDeleting } from "./switches.ts";

export const connectionsRouter = router({
  providers: procedure
    .output(z.array(ProviderOffer))
    .query(({ ctx }) => service.listOffers(ctx.deps)),

  list: procedure
    .input(ListConnections)
    .output(z.array(Connection))
    .query(({ ctx, input }) => service.listConnections(ctx.deps, ctx.actor, input.bandId)),

  create: procedure
    .input(CreateConnection)
    .output(Connection)
    .mutation(({ ctx, input }) => connecting.createConnection(ctx.deps, ctx.actor, input)),

  beginNextcloudLogin: procedure
    .input(BeginNextcloudLogin)
    .output(NextcloudLogin)
    .mutation(({ ctx, input }) => logins.beginNextcloudLogin(ctx.deps, ctx.actor, input)),

  pollNextcloudLogin: procedure
    .input(OneNextcloudLogin)
    .output(NextcloudLoginProgress)
    .mutation(({ ctx, input }) => logins.pollNextcloudLogin(ctx.deps, ctx.actor, input.loginId)),

  cancelNextcloudLogin: procedure
    .input(OneNextcloudLogin)
    .output(z.void())
    .mutation(({ ctx, input }) => logins.cancelNextcloudLogin(ctx.deps, ctx.actor, input.loginId)),

  createDemo: procedure
    .input(CreateDemo)
    .output(Connection)
    .mutation(({ ctx, input }) => connecting.createDemo(ctx.deps, ctx.actor, input.bandId)),

  beginOAuth: procedure
    .input(BeginOAuth)
    .output(OAuthBegun)
    .mutation(({ ctx, input }) => {
      const browser = renewOAuthCookie(ctx.deps.config.http, ctx.request, ctx.reply);
      return beginOAuth(ctx.deps, ctx.actor, input, browser);
    }),

  oauthClient: procedure
    .input(OneOAuthClient)
    .output(OAuthClient)
    .query(({ ctx, input }) => oauthClients.getOAuthClient(ctx.deps, ctx.actor, input)),

  saveOAuthClient: procedure
    .input(SaveOAuthClient)
    .output(OAuthClient)
    .mutation(({ ctx, input }) =>
      oauthClients.saveOAuthClient(ctx.deps, ctx.actor, input, ctx.device),
    ),

  browse: procedure
    .input(Browse)
    .output(FolderPage)
    .query(({ ctx, input }) => roots.browse(ctx.deps, ctx.actor, input)),

  suggestFolders: procedure
    .input(OneConnection)
    .output(SuggestedFolders)
    .query(({ ctx, input }) => suggestFolders(ctx.deps, ctx.actor, input)),

  setRoot: procedure
    .input(SetRoot)
    .output(Connection)
    .mutation(({ ctx, input }) => roots.setRoot(ctx.deps, ctx.actor, input)),

  pause: procedure
    .input(OneConnection)
    .output(Connection)
    .mutation(({ ctx, input }) =>
      pausing.pauseConnection(ctx.deps, ctx.actor, input.connectionId, ctx.device),
    ),

  resume: procedure
    .input(OneConnection)
    .output(Connection)
    .mutation(({ ctx, input }) =>
      pausing.resumeConnection(ctx.deps, ctx.actor, input.connectionId, ctx.device),
    ),

  check: procedure
    .input(OneConnection)
    .output(Connection)
    .mutation(({ ctx, input }) => health.checkConnection(ctx.deps, ctx.actor, input.connectionId)),

  savedForm: procedure
    .input(OneConnection)
    .output(SavedForm)
    .query(({ ctx, input }) => connecting.getSavedForm(ctx.deps, ctx.actor, input.connectionId)),

  reconnect: procedure
    .input(Reconnect)
    .output(Connection)
    .mutation(({ ctx, input }) => connecting.reconnect(ctx.deps, ctx.actor, input)),

  setDirect: procedure
    .input(SetSwitch)
    .output(Connection)
    .mutation(({ ctx, input }) => setDirect(ctx.deps, ctx.actor, input, ctx.device)),

  setDeleting: procedure
    .input(SetSwitch)
    .output(Connection)
    .mutation(({ ctx, input }) => setDeleting(ctx.deps, ctx.actor, input, ctx.device)),

  setPrimary: procedure
    .input(OneConnection)
    .output(Connection)
    .mutation(({ ctx, input }) => setPrimary(ctx.deps, ctx.actor, input.connectionId)),
});
