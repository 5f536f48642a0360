import { OneConnection, RemovalPreview } from "#contract/connections.ts";
import { ListTracks, OneTrack, Track, TrackPage } from "#contract/library.ts";
import { ScanProgress, StartScan } from "#contract/scans.ts";
import { procedure, router } from "#server/base/trpc.ts";
import * as disconnecting from "./disconnecting.ts";
import * as scans from "./scans.ts";
import * as service from "./service.ts";

export const libraryRouter = router({
  tracks: router({
    list: procedure
      .input(ListTracks)
      .output(TrackPage)
      .query(({ ctx, input }) => service.listTracks(ctx.deps, ctx.actor, input)),

    get: procedure
      .input(OneTrack)
      .output(Track)
      .query(({ ctx, input }) => service.getTrack(ctx.deps, ctx.actor, input.trackId)),
  }),
});

/** Merged into `connections`: what people do to a storage and the library has a part in. */
export const scanRouter = router({
  removalPreview: procedure
    .input(OneConnection)
    .output(RemovalPreview)
    .query(({ ctx, input }) =>
      disconnecting.previewRemoval(ctx.deps, ctx.actor, input.connectionId),
    ),

  scan: procedure
    .input(StartScan)
    .output(ScanProgress)
    .mutation(({ ctx, input }) => scans.requestScan(ctx.deps, ctx.actor, input)),

  cancelScan: procedure
    .input(OneConnection)
    .output(ScanProgress.nullable())
    .mutation(({ ctx, input }) => scans.cancelScan(ctx.deps, ctx.actor, input.connectionId)),

  scanProgress: procedure
    .input(OneConnection)
    .subscription(({ ctx, input, signal }) =>
      scans.watchScan(ctx.deps, ctx.actor, input.connectionId, signal ?? ctx.request.signal),
    ),
});
