import { useSyncExternalStore } from "react";
import type { PlayerState, Progress } from "./deck.ts";
import { player } from "./here.ts";

/** @param select - must return the same value for the same state: a field, or a primitive. */
export const usePlayer = <T>(select: (state: PlayerState) => T): T =>
  useSyncExternalStore(player.state.subscribe, () => select(player.state.get()));

/** Changes several times a second while something plays: for small components only. */
export const useProgress = (): Progress =>
  useSyncExternalStore(player.progress.subscribe, player.progress.get);
