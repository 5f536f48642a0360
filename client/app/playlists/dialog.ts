import type { Track } from "#contract/library.ts";
import { createStore } from "../playback/store.ts";

export type Listable = Pick<Track, "id" | "bandId" | "title">;

/** The recordings of one band that somebody wants to put into a playlist; at least one. */
export const listedTracks = createStore<readonly Listable[] | null>(null);

export const openPlaylistDialog = (tracks: readonly Listable[]): void => listedTracks.set(tracks);
export const closePlaylistDialog = (): void => listedTracks.set(null);
