import { useEffect, useState, useSyncExternalStore } from "react";
import { useBandId } from "../frame/band.ts";
import { player } from "../playback/here.ts";
import { libraryChange } from "./changes.ts";
import type { KeptList } from "./track-lists.ts";

/** A list of one page is simply loaded again; a longer one would lose the reader's place. */
const SHORT_LIST = 200;

/** Not more often than this while a scan is going on. */
const RELOAD_EVERY_MS = 1500;

/**
 * Keeps a list in step with scans: a short one follows by itself, for a long one the person
 * decides when.
 */
export function useLibraryChanges(kept: KeptList) {
  const bandId = useBandId();
  const change = useSyncExternalStore(libraryChange.subscribe, libraryChange.get);
  const [hasNews, setHasNews] = useState(false);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another list has no news yet
  useEffect(() => setHasNews(false), [kept]);

  useEffect(() => {
    if (change?.bandId !== bandId) return;
    if (kept.list.state.get().loaded > SHORT_LIST) {
      if (change.kind === "over") setHasNews(true);
      return;
    }
    const delayMs = change.kind === "over" ? 0 : RELOAD_EVERY_MS;
    return schedule(() => void reload(kept), delayMs);
  }, [bandId, kept, change]);

  const showNews = () => {
    kept.scrollTop = 0;
    setHasNews(false);
    void kept.list.reload().catch(() => setHasNews(true));
  };
  return { hasNews, showNews };
}

async function reload({ list, selection }: KeptList): Promise<void> {
  try {
    await list.reload();
    const { rows } = list.state.get();
    player.refresh(rows);
    selection.refresh(rows);
  } catch {
    // What is shown stays; the next change tries again.
  }
}

let lastReloadMs = 0;

/** Runs once the pause since the last run is over, however often it is asked for. */
function schedule(run: () => void, pauseMs: number): () => void {
  const waitMs = Math.max(0, lastReloadMs + pauseMs - Date.now());
  const timer = setTimeout(() => {
    lastReloadMs = Date.now();
    run();
  }, waitMs);
  return () => clearTimeout(timer);
}
