import { useMantineColorScheme } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useIsAdmin } from "../auth/session.ts";
import { player } from "../playback/here.ts";
import { frame, commands as words } from "../words/frame.ts";
import { useSignOut } from "./account-menu.tsx";
import { useBandId, useIsOwner } from "./band.ts";
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

function useScreenCommands(): readonly Command[] {
  const navigate = useNavigate();
  const isOwner = useIsOwner();
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
