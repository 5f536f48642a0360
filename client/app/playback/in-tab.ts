import type { Player } from "./player.ts";
import { createStore } from "./store.ts";

/** The player of this tab; `null` until a screen needs one, so that signing in loads none. */
export const playerInTab = createStore<Player | null>(null);

export const isPlaying = (): boolean => playerInTab.get()?.state.get().isPlaying ?? false;
