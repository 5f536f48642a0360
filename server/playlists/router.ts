import { z } from "zod";
import {
  AddItems,
  CreatePlaylist,
  ImportedPlaylist,
  ImportPlaylist,
  ItemPage,
  ListItems,
  ListPlaylists,
  MoveItems,
  OnePlaylist,
  Playlist,
  PlaylistFile,
  RemoveItems,
  RenamePlaylist,
} from "#contract/playlists.ts";
import { procedure, router } from "#server/base/trpc.ts";
import * as files from "./files.ts";
import * as service from "./service.ts";

/** Merged into `playback`. */
export const playlistsRouter = router({
  playlists: router({
    list: procedure
      .input(ListPlaylists)
      .output(z.array(Playlist))
      .query(({ ctx, input }) => service.listPlaylists(ctx.deps, ctx.actor, input.bandId)),

    get: procedure
      .input(OnePlaylist)
      .output(Playlist)
      .query(({ ctx, input }) => service.getPlaylist(ctx.deps, ctx.actor, input.playlistId)),

    items: procedure
      .input(ListItems)
      .output(ItemPage)
      .query(({ ctx, input }) => service.listItems(ctx.deps, ctx.actor, input)),

    create: procedure
      .input(CreatePlaylist)
      .output(Playlist)
      .mutation(({ ctx, input }) => service.createPlaylist(ctx.deps, ctx.actor, input)),

    rename: procedure
      .input(RenamePlaylist)
      .output(Playlist)
      .mutation(({ ctx, input }) => service.renamePlaylist(ctx.deps, ctx.actor, input)),

    remove: procedure
      .input(OnePlaylist)
      .output(z.void())
      .mutation(({ ctx, input }) => service.removePlaylist(ctx.deps, ctx.actor, input.playlistId)),

    add: procedure
      .input(AddItems)
      .output(Playlist)
      .mutation(({ ctx, input }) => service.addItems(ctx.deps, ctx.actor, input)),

    moveItems: procedure
      .input(MoveItems)
      .output(Playlist)
      .mutation(({ ctx, input }) => service.moveItems(ctx.deps, ctx.actor, input)),

    removeItems: procedure
      .input(RemoveItems)
      .output(Playlist)
      .mutation(({ ctx, input }) => service.removeItems(ctx.deps, ctx.actor, input)),

    export: procedure
      .input(OnePlaylist)
      .output(PlaylistFile)
      .query(({ ctx, input }) => files.exportPlaylist(ctx.deps, ctx.actor, input.playlistId)),

    import: procedure
      .input(ImportPlaylist)
      .output(ImportedPlaylist)
      .mutation(({ ctx, input }) => files.importPlaylist(ctx.deps, ctx.actor, input)),
  }),
});
