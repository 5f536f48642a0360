import type { Track } from "#contract/library.ts";
import { createStore } from "../playback/store.ts";

export type Listable = Pick<Track, "id" | "bandId" | "title">;

/** The recording that somebody wants to put into a playlist. */
export const listedTrack = createStore<Listable | null>(null);

export const openPlaylistDialog = (track: Listable): void => listedTrack.set(track);
export const closePlaylistDialog = (): void => listedTrack.set(null);
