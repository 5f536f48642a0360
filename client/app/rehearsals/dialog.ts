import type { Listable } from "../lists/listable.ts";
import { createStore } from "../playback/store.ts";

/** The recordings of one band that somebody wants to file under a rehearsal; at least one. */
export const filedTracks = createStore<readonly Listable[] | null>(null);

export const openFilingDialog = (tracks: readonly Listable[]): void => filedTracks.set(tracks);
export const closeFilingDialog = (): void => filedTracks.set(null);
