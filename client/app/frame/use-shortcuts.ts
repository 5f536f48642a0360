import { useEffect } from "react";
import { player } from "../playback/here.ts";
import { startShortcuts } from "../playback/shortcuts.ts";
import { openCommands, openHelp } from "./dialogs.ts";

export const SEARCH_ID = "search";

const focusSearch = (): void => document.getElementById(SEARCH_ID)?.focus();

/** Keys that work on every screen. */
export function useShortcuts(): void {
  useEffect(
    () => startShortcuts(player, { focusSearch, showHelp: openHelp, showCommands: openCommands }),
    [],
  );
}
