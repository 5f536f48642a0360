import { Outlet } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState, useSyncExternalStore } from "react";
import { askedTrack, closeDeleteDialog } from "../library/delete-dialog.ts";
import { closeEditDialog, editedTracks } from "../library/edit-dialog.ts";
import { useLiveEdits } from "../library/live-edits.ts";
import { HeartButton } from "../listening/heart-button.tsx";
import { useListening, useSavedQueue } from "../listening/use-listening.ts";
import { PlayerBar } from "../playback/player-bar.tsx";
import { closePlaylistDialog, listedTracks } from "../playlists/dialog.ts";
import { closeFilingDialog, filedTracks } from "../rehearsals/dialog.ts";
import { closeShareDialog, sharedThing } from "../shares/dialog.ts";
import { useLiveScans } from "../storage/live-scans.ts";
import { frame } from "../words/frame.ts";
import { AdminNotices } from "./admin-notices.tsx";
import { useBandId } from "./band.ts";
import { closeDialog, openedDialog } from "./dialogs.ts";
import s from "./frame.module.css";
import { MaintenanceBanner } from "./maintenance-banner.tsx";
import { OfflineBanner } from "./online.tsx";
import { Rail, RailDrawer } from "./rail.tsx";
import { TopBar } from "./top-bar.tsx";
import { useFocusOnNavigation } from "./use-focus.ts";
import { useShortcuts } from "./use-shortcuts.ts";

const KeyboardHelp = lazy(() =>
  import("./keyboard-help.tsx").then((module) => ({ default: module.KeyboardHelp })),
);
const Commands = lazy(() =>
  import("./commands.tsx").then((module) => ({ default: module.Commands })),
);
const ShareDialog = lazy(() =>
  import("../shares/share-dialog.tsx").then((module) => ({ default: module.ShareDialog })),
);
const AddToPlaylist = lazy(() =>
  import("../playlists/add-to-playlist.tsx").then((module) => ({ default: module.AddToPlaylist })),
);
const FileUnderRehearsal = lazy(() =>
  import("../rehearsals/file-under-rehearsal.tsx").then((module) => ({
    default: module.FileUnderRehearsal,
  })),
);
const DeleteTrack = lazy(() =>
  import("../library/delete-track.tsx").then((module) => ({ default: module.DeleteTrack })),
);
const PlayerMarks = lazy(() =>
  import("../comments/player-marks.tsx").then((module) => ({ default: module.PlayerMarks })),
);
const EditTags = lazy(() =>
  import("../library/edit-tags.tsx").then((module) => ({ default: module.EditTags })),
);

/** What stays while screens come and go: navigation, search, activity and the player. */
export function Frame() {
  const [isRailOpen, setIsRailOpen] = useState(false);
  const opened = useSyncExternalStore(openedDialog.subscribe, openedDialog.get);
  const shared = useSyncExternalStore(sharedThing.subscribe, sharedThing.get);
  const listed = useSyncExternalStore(listedTracks.subscribe, listedTracks.get);
  const filed = useSyncExternalStore(filedTracks.subscribe, filedTracks.get);
  const asked = useSyncExternalStore(askedTrack.subscribe, askedTrack.get);
  const edited = useSyncExternalStore(editedTracks.subscribe, editedTracks.get);
  useShortcuts();
  useFocusOnNavigation();
  useLiveScans();
  useLiveEdits();
  useListening();
  useSavedQueue(useBandId());
  // Whoever signs in next has not asked for it.
  useEffect(
    () => () => {
      closeShareDialog();
      closeDeleteDialog();
      closePlaylistDialog();
      closeFilingDialog();
      closeEditDialog();
    },
    [],
  );

  return (
    <div className={s.frame}>
      <a className={s.skip} href="#main">
        {frame.skip}
      </a>
      <Rail />
      <RailDrawer isOpen={isRailOpen} onClose={() => setIsRailOpen(false)} />
      <TopBar onOpenRail={() => setIsRailOpen(true)} />
      <div className={s.content}>
        <OfflineBanner />
        <MaintenanceBanner />
        <AdminNotices />
        <main id="main" tabIndex={-1} className={s.main}>
          <Outlet />
        </main>
      </div>
      <PlayerBar heart={<HeartButton />} marks={<PlayerMarks />} />
      <Suspense>
        {opened === "help" ? <KeyboardHelp onClose={closeDialog} /> : null}
        {opened === "commands" ? <Commands onClose={closeDialog} /> : null}
        {shared ? <ShareDialog shared={shared} onClose={closeShareDialog} /> : null}
        {listed ? <AddToPlaylist tracks={listed} onClose={closePlaylistDialog} /> : null}
        {filed ? <FileUnderRehearsal tracks={filed} onClose={closeFilingDialog} /> : null}
        {asked ? <DeleteTrack {...asked} onClose={closeDeleteDialog} /> : null}
        {edited ? <EditTags {...edited} onClose={closeEditDialog} /> : null}
      </Suspense>
    </div>
  );
}
