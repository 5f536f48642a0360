import { accountRouter } from "#server/account/router.ts";
import { adminRouter } from "#server/admin/router.ts";
import { authRouter } from "#server/auth/router.ts";
import { bandsRouter } from "#server/bands/router.ts";
import { mergeRouters, router } from "#server/base/trpc.ts";
import { commentsRouter } from "#server/comments/router.ts";
import { connectionsRouter } from "#server/connections/router.ts";
import { leavingRouter } from "#server/leaving/router.ts";
import { libraryRouter, scanRouter } from "#server/library/router.ts";
import { listeningRouter } from "#server/listening/router.ts";
import { playbackRouter } from "#server/playback/router.ts";
import { playlistsRouter } from "#server/playlists/router.ts";
import { rehearsalsRouter } from "#server/rehearsals/router.ts";
import { searchRouter } from "#server/search/router.ts";
import { sharesRouter } from "#server/shares/router.ts";
import { systemRouter } from "#server/system/router.ts";
import { disconnectRouter, uploadsRouter } from "#server/uploads/router.ts";

/** All that the SDK sees. */
export const appRouter = router({
  system: systemRouter,
  auth: authRouter,
  account: mergeRouters(accountRouter, leavingRouter),
  bands: bandsRouter,
  connections: mergeRouters(connectionsRouter, scanRouter, disconnectRouter),
  library: mergeRouters(libraryRouter, commentsRouter, rehearsalsRouter, searchRouter),
  uploads: uploadsRouter,
  playback: mergeRouters(playbackRouter, sharesRouter, listeningRouter, playlistsRouter),
  admin: adminRouter,
});

export type AppRouter = typeof appRouter;
