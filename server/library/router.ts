import { z } from "zod";
import { OneConnection, RemovalPreview } from "#contract/connections.ts";
import { EditPage, ListEdits, RestoreEdits, SaveEdits, WatchEdits } from "#contract/edits.ts";
import { ListTracks, OneTrack, Track, TrackPage, WholeTrack } from "#contract/library.ts";
import {
  Naming,
  NamingPreview,
  OneBandsNaming,
  PreviewNaming,
  SaveNaming,
} from "#contract/naming.ts";
import { ScanProgress, StartScan } from "#contract/scans.ts";
import { OneBandsTagWriting, SetTagWriting, TagWriting } from "#contract/tag-writing.ts";
import {
  AlbumPage,
  AlbumWithTracks,
  ArtistPage,
  ArtistWithAlbums,
  FolderPage,
  Genre,
  GenrePage,
  ListAlbums,
  ListFolders,
  ListNames,
  OneAlbum,
  OneArtist,
  OneGenre,
} from "#contract/views.ts";
import { procedure, router } from "#server/base/trpc.ts";
import { deleteTrack } from "./deleting.ts";
import * as disconnecting from "./disconnecting.ts";
import { watchEdits } from "./edit-news.ts";
import * as edits from "./edits.ts";
import * as naming from "./naming.ts";
import * as scans from "./scans.ts";
import * as service from "./service.ts";
import * as tagWriting from "./tag-writing.ts";
import * as views from "./views.ts";

export const libraryRouter = router({
  tracks: router({
    list: procedure
      .input(ListTracks)
      .output(TrackPage)
      .query(({ ctx, input }) => service.listTracks(ctx.deps, ctx.actor, input)),

    get: procedure
      .input(OneTrack)
      .output(WholeTrack)
      .query(({ ctx, input }) => service.getTrack(ctx.deps, ctx.actor, input.trackId)),

    delete: procedure
      .input(OneTrack)
      .output(z.void())
      .mutation(({ ctx, input }) => deleteTrack(ctx.deps, ctx.actor, input.trackId, ctx.device)),
  }),

  albums: router({
    list: procedure
      .input(ListAlbums)
      .output(AlbumPage)
      .query(({ ctx, input }) => views.listAlbums(ctx.deps, ctx.actor, input)),

    get: procedure
      .input(OneAlbum)
      .output(AlbumWithTracks)
      .query(({ ctx, input }) => views.getAlbum(ctx.deps, ctx.actor, input)),
  }),

  artists: router({
    list: procedure
      .input(ListNames)
      .output(ArtistPage)
      .query(({ ctx, input }) => views.listArtists(ctx.deps, ctx.actor, input)),

    get: procedure
      .input(OneArtist)
      .output(ArtistWithAlbums)
      .query(({ ctx, input }) => views.getArtist(ctx.deps, ctx.actor, input)),
  }),

  genres: router({
    list: procedure
      .input(ListNames)
      .output(GenrePage)
      .query(({ ctx, input }) => views.listGenres(ctx.deps, ctx.actor, input)),

    get: procedure
      .input(OneGenre)
      .output(Genre)
      .query(({ ctx, input }) => views.getGenre(ctx.deps, ctx.actor, input)),
  }),

  folders: router({
    list: procedure
      .input(ListFolders)
      .output(FolderPage)
      .query(({ ctx, input }) => views.listFolders(ctx.deps, ctx.actor, input)),
  }),

  edits: router({
    list: procedure
      .input(ListEdits)
      .output(EditPage)
      .query(({ ctx, input }) => edits.listEdits(ctx.deps, ctx.actor, input)),

    save: procedure
      .input(SaveEdits)
      .output(z.array(Track))
      .mutation(({ ctx, input }) => edits.saveEdits(ctx.deps, ctx.actor, input)),

    restore: procedure
      .input(RestoreEdits)
      .output(Track)
      .mutation(({ ctx, input }) => edits.restoreEdits(ctx.deps, ctx.actor, input)),

    changed: procedure
      .input(WatchEdits)
      .subscription(({ ctx, input, signal }) =>
        watchEdits(ctx.deps, ctx.actor, input.bandId, signal ?? ctx.request.signal),
      ),
  }),

  tagWriting: router({
    get: procedure
      .input(OneBandsTagWriting)
      .output(TagWriting)
      .query(({ ctx, input }) => tagWriting.getTagWriting(ctx.deps, ctx.actor, input.bandId)),

    set: procedure
      .input(SetTagWriting)
      .output(TagWriting)
      .mutation(({ ctx, input }) =>
        tagWriting.setTagWriting(ctx.deps, ctx.actor, input, ctx.device),
      ),

    writeAll: procedure
      .input(OneBandsTagWriting)
      .output(TagWriting)
      .mutation(({ ctx, input }) => tagWriting.writeAllTags(ctx.deps, ctx.actor, input.bandId)),
  }),

  naming: router({
    get: procedure
      .input(OneBandsNaming)
      .output(Naming)
      .query(({ ctx, input }) => naming.getNaming(ctx.deps, ctx.actor, input.bandId)),

    preview: procedure
      .input(PreviewNaming)
      .output(NamingPreview)
      .query(({ ctx, input }) => naming.previewNaming(ctx.deps, ctx.actor, input)),

    save: procedure
      .input(SaveNaming)
      .output(Naming)
      .mutation(({ ctx, input }) => naming.saveNaming(ctx.deps, ctx.actor, input)),
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
