import type { Listable } from "../lists/listable.ts";
import { createStore } from "../playback/store.ts";

/** The recordings of one band that somebody wants to put into a playlist; at least one. */
export const listedTracks = createStore<readonly Listable[] | null>(null);

export const openPlaylistDialog = (tracks: readonly Listable[]): void => listedTracks.set(tracks);
export const closePlaylistDialog = (): void => listedTracks.set(null);
