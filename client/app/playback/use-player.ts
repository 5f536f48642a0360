import { createContext, useContext, useSyncExternalStore } from "react";
import type { PlayerState, Progress } from "./deck.ts";
import { player } from "./here.ts";
import type { PlayerModes } from "./modes.ts";
import type { Player } from "./player.ts";

/** Whose controls are shown: the tab's one player, unless a screen brings its own. */
export const PlayerContext = createContext<Player>(player);

export const useControls = (): Player => useContext(PlayerContext);

/** @param select - must return the same value for the same state: a field, or a primitive. */
export function usePlayer<T>(select: (state: PlayerState) => T): T {
  const { state } = useControls();
  return useSyncExternalStore(state.subscribe, () => select(state.get()));
}

export function useModes(): PlayerModes {
  const { modes } = useControls();
  return useSyncExternalStore(modes.subscribe, modes.get);
}

/** Changes several times a second while something plays: for small components only. */
export function useProgress(): Progress {
  const { progress } = useControls();
  return useSyncExternalStore(progress.subscribe, progress.get);
}
