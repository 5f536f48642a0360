import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { NothingHere } from "./frame/broken.tsx";
import {
  parseAddSearch,
  parseAdminSearch,
  parseAlbum,
  parseArtist,
  parseBand,
  parseConnection,
  parseGenre,
  parsePlaylist,
  parseRehearsal,
  parseTrack,
  parseTrackSearch,
  requireAdmin,
  requireBand,
  requireEditor,
  requireSession,
} from "./guards.ts";
import { parseLibrarySearch } from "./library/list-query.ts";
import { parseFolderSearch, parseViewSearch } from "./library/view-query.ts";
import { rootRoute } from "./root-route.tsx";

const bandRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/b/$bandId",
  params: { parse: parseBand, stringify: (params) => params },
  async beforeLoad({ location, params }) {
    await requireSession(location);
    await requireBand(params.bandId);
  },
  component: lazyRouteComponent(() => import("./frame/frame.tsx"), "Frame"),
  notFoundComponent: NothingHere,
});

const homeRoute = createRoute({
  getParentRoute: () => bandRoute,
  path: "/",
  component: lazyRouteComponent(() => import("./home/home-page.tsx"), "HomePage"),
});

const libraryRoute = createRoute({
  getParentRoute: () => bandRoute,
  path: "/library",
  validateSearch: parseLibrarySearch,
  component: lazyRouteComponent(() => import("./library/library-page.tsx"), "LibraryPage"),
});

const albumsRoute = createRoute({
  getParentRoute: () => bandRoute,
  path: "/library/albums",
  validateSearch: parseViewSearch,
  component: lazyRouteComponent(() => import("./library/albums-page.tsx"), "AlbumsPage"),
});

const albumRoute = createRoute({
  getParentRoute: () => bandRoute,
  path: "/library/albums/$albumId",
  params: { parse: parseAlbum, stringify: (params) => params },
  component: lazyRouteComponent(() => import("./library/album-page.tsx"), "AlbumPage"),
});

const artistsRoute = createRoute({
  getParentRoute: () => bandRoute,
  path: "/library/artists",
  validateSearch: parseViewSearch,
  component: lazyRouteComponent(() => import("./library/artists-page.tsx"), "ArtistsPage"),
});

const artistRoute = createRoute({
  getParentRoute: () => bandRoute,
  path: "/library/artists/$artistId",
  params: { parse: parseArtist, stringify: (params) => params },
  component: lazyRouteComponent(() => import("./library/artist-page.tsx"), "ArtistPage"),
});

const genresRoute = createRoute({
  getParentRoute: () => bandRoute,
  path: "/library/genres",
  validateSearch: parseViewSearch,
  component: lazyRouteComponent(() => import("./library/genres-page.tsx"), "GenresPage"),
});

const genreRoute = createRoute({
  getParentRoute: () => bandRoute,
  path: "/library/genres/$genreId",
  params: { parse: parseGenre, stringify: (params) => params },
  component: lazyRouteComponent(() => import("./library/genre-page.tsx"), "GenrePage"),
});

const foldersRoute = createRoute({
  getParentRoute: () => bandRoute,
  path: "/library/folders",
  validateSearch: parseFolderSearch,
  component: lazyRouteComponent(() => import("./library/folders-page.tsx"), "FoldersPage"),
});

const trackRoute = createRoute({
  getParentRoute: () => bandRoute,
  path: "/tracks/$trackId",
  params: { parse: parseTrack, stringify: (params) => params },
  validateSearch: parseTrackSearch,
  component: lazyRouteComponent(() => import("./library/track-page.tsx"), "TrackPage"),
});

const playlistsRoute = createRoute({
  getParentRoute: () => bandRoute,
  path: "/playlists",
  component: lazyRouteComponent(() => import("./playlists/playlists-page.tsx"), "PlaylistsPage"),
});

const playlistRoute = createRoute({
  getParentRoute: () => bandRoute,
  path: "/playlists/$playlistId",
  params: { parse: parsePlaylist, stringify: (params) => params },
  component: lazyRouteComponent(() => import("./playlists/playlist-page.tsx"), "PlaylistPage"),
});

const rehearsalsRoute = createRoute({
  getParentRoute: () => bandRoute,
  path: "/rehearsals",
  component: lazyRouteComponent(() => import("./rehearsals/rehearsals-page.tsx"), "RehearsalsPage"),
});

const rehearsalRoute = createRoute({
  getParentRoute: () => bandRoute,
  path: "/rehearsals/$rehearsalId",
  params: { parse: parseRehearsal, stringify: (params) => params },
  component: lazyRouteComponent(() => import("./rehearsals/rehearsal-page.tsx"), "RehearsalPage"),
});

const sharesRoute = createRoute({
  getParentRoute: () => bandRoute,
  path: "/shares",
  beforeLoad: ({ params }) => requireEditor(params.bandId),
  component: lazyRouteComponent(() => import("./shares/shares-page.tsx"), "SharesPage"),
});

const storageRoute = createRoute({
  getParentRoute: () => bandRoute,
  path: "/storage",
  component: lazyRouteComponent(() => import("./storage/storage-page.tsx"), "StoragePage"),
});

const addRoute = createRoute({
  getParentRoute: () => bandRoute,
  path: "/storage/add",
  validateSearch: parseAddSearch,
  component: lazyRouteComponent(() => import("./storage/add-page.tsx"), "AddPage"),
});

const folderRoute = createRoute({
  getParentRoute: () => bandRoute,
  path: "/storage/$connectionId/folder",
  params: { parse: parseConnection, stringify: (params) => params },
  component: lazyRouteComponent(() => import("./storage/folder-page.tsx"), "FolderPage"),
});

const reconnectRoute = createRoute({
  getParentRoute: () => bandRoute,
  path: "/storage/$connectionId/reconnect",
  params: { parse: parseConnection, stringify: (params) => params },
  component: lazyRouteComponent(() => import("./storage/reconnect-page.tsx"), "ReconnectPage"),
});

const settingsRoute = createRoute({
  getParentRoute: () => bandRoute,
  path: "/settings",
  component: lazyRouteComponent(() => import("./settings/settings-page.tsx"), "SettingsPage"),
});

const namingRoute = createRoute({
  getParentRoute: () => bandRoute,
  path: "/settings/naming",
  component: lazyRouteComponent(() => import("./naming/naming-page.tsx"), "NamingPage"),
});

const deleteAccountRoute = createRoute({
  getParentRoute: () => bandRoute,
  path: "/settings/delete-account",
  component: lazyRouteComponent(
    () => import("./settings/delete-account-page.tsx"),
    "DeleteAccountPage",
  ),
});

const adminRoute = createRoute({
  getParentRoute: () => bandRoute,
  path: "/admin",
  validateSearch: parseAdminSearch,
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(() => import("./admin/admin-page.tsx"), "AdminPage"),
});

/** Every screen within the frame, which is of one band. */
export const bandRoutes = bandRoute.addChildren([
  homeRoute,
  libraryRoute,
  albumsRoute,
  albumRoute,
  artistsRoute,
  artistRoute,
  genresRoute,
  genreRoute,
  foldersRoute,
  trackRoute,
  playlistsRoute,
  playlistRoute,
  rehearsalsRoute,
  rehearsalRoute,
  sharesRoute,
  storageRoute,
  addRoute,
  folderRoute,
  reconnectRoute,
  settingsRoute,
  namingRoute,
  deleteAccountRoute,
  adminRoute,
]);
