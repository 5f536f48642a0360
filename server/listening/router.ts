import { z } from "zod";
import { TrackId } from "#contract/ids.ts";
import {
  FavouritePage,
  ListFavourites,
  OfBand,
  RecentPlay,
  RecentPlays,
  RecordedPlay,
  RecordPlay,
  SavedQueue,
  SaveQueue,
  SetFavourite,
  SetFavourites,
} from "#contract/listening.ts";
import { procedure, router } from "#server/base/trpc.ts";
import * as service from "./service.ts";

/** Merged into `playback`. */
export const listeningRouter = router({
  plays: router({
    record: procedure
      .input(RecordPlay)
      .output(RecordedPlay)
      .mutation(({ ctx, input }) => service.recordPlay(ctx.deps, ctx.actor, input)),

    recent: procedure
      .input(RecentPlays)
      .output(z.array(RecentPlay))
      .query(({ ctx, input }) => service.listRecentPlays(ctx.deps, ctx.actor, input)),
  }),

  favourites: router({
    set: procedure
      .input(SetFavourite)
      .output(z.void())
      .mutation(({ ctx, input }) => service.setFavourite(ctx.deps, ctx.actor, input)),

    setMany: procedure
      .input(SetFavourites)
      .output(z.void())
      .mutation(({ ctx, input }) => service.setFavourites(ctx.deps, ctx.actor, input)),

    ids: procedure
      .input(OfBand)
      .output(z.array(TrackId))
      .query(({ ctx, input }) => service.listFavouriteIds(ctx.deps, ctx.actor, input.bandId)),

    list: procedure
      .input(ListFavourites)
      .output(FavouritePage)
      .query(({ ctx, input }) => service.listFavourites(ctx.deps, ctx.actor, input)),
  }),

  queue: router({
    get: procedure
      .input(OfBand)
      .output(SavedQueue.nullable())
      .query(({ ctx, input }) => service.getQueue(ctx.deps, ctx.actor, input.bandId)),

    save: procedure
      .input(SaveQueue)
      .output(z.void())
      .mutation(({ ctx, input }) => service.saveQueue(ctx.deps, ctx.actor, input)),
  }),
});
