import { useMantineColorScheme } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMatch, useNavigate } from "@tanstack/react-router";
import type { TrackId } from "#contract/ids.ts";
import { trpc } from "../api.ts";
import { useIsAdmin } from "../auth/session.ts";
import { player } from "../playback/here.ts";
import { openShareDialog } from "../shares/dialog.ts";
import { frame, commands as words } from "../words/frame.ts";
import { shares } from "../words/shares.ts";
import { useSignOut } from "./account-menu.tsx";
import { useBandId, useIsEditor, useIsOwner } from "./band.ts";
import { openHelp } from "./dialogs.ts";

export interface Command {
  readonly label: string;
  readonly run: () => void;
}

export function useCommands(): readonly Command[] {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const out = useSignOut();
  const isDark = colorScheme === "dark";
  return [
    ...useShareCommand(),
    ...useScreenCommands(),
    { label: words.playPause, run: player.toggle },
    { label: words.next, run: player.next },
    { label: words.previous, run: player.previous },
    { label: words.mute, run: player.toggleMute },
    {
      label: isDark ? words.light : words.dark,
      run: () => setColorScheme(isDark ? "light" : "dark"),
    },
    { label: words.help, run: openHelp },
    { label: frame.signOut, run: out.mutate },
  ];
}

/** For the recording whose screen is open. */
function useShareCommand(): readonly Command[] {
  const isEditor = useIsEditor();
  const match = useMatch({ from: "/b/$bandId/tracks/$trackId", shouldThrow: false });
  const { data: track } = useQuery({
    ...trpc.library.tracks.get.queryOptions({ trackId: match?.params.trackId ?? ("" as TrackId) }),
    enabled: match !== undefined,
  });
  if (!isEditor || !track) return [];
  return [{ label: shares.command, run: () => openShareDialog(track) }];
}

function useScreenCommands(): readonly Command[] {
  const navigate = useNavigate();
  const isOwner = useIsOwner();
  const isEditor = useIsEditor();
  const isAdmin = useIsAdmin();
  const params = { bandId: useBandId() };
  const library = "/b/$bandId/library" as const;
  const newest = { sort: "added", dir: "desc" } as const;
  return [
    { label: words.goTo(frame.home), run: () => void navigate({ to: "/b/$bandId", params }) },
    {
      label: words.goTo(frame.library),
      run: () => void navigate({ to: library, params, search: {} }),
    },
    ...(isEditor
      ? [
          {
            label: words.goTo(frame.shares),
            run: () => void navigate({ to: "/b/$bandId/shares", params }),
          },
        ]
      : []),
    {
      label: words.goTo(frame.storage),
      run: () => void navigate({ to: "/b/$bandId/storage", params }),
    },
    {
      label: words.goTo(frame.settings),
      run: () => void navigate({ to: "/b/$bandId/settings", params }),
    },
    ...(isAdmin
      ? [
          {
            label: words.goTo(frame.admin),
            run: () => void navigate({ to: "/b/$bandId/admin", params, search: {} }),
          },
        ]
      : []),
    { label: words.newest, run: () => void navigate({ to: library, params, search: newest }) },
    ...(isOwner
      ? [
          {
            label: words.addStorage,
            run: () => void navigate({ to: "/b/$bandId/storage/add", params, search: {} }),
          },
        ]
      : []),
  ];
}
