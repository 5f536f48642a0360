import type { Track } from "#contract/library.ts";
import { createStore } from "../playback/store.ts";

export type Fileable = Pick<Track, "id" | "bandId" | "title">;

/** The recordings of one band that somebody wants to file under a rehearsal; at least one. */
export const filedTracks = createStore<readonly Fileable[] | null>(null);

export const openFilingDialog = (tracks: readonly Fileable[]): void => filedTracks.set(tracks);
export const closeFilingDialog = (): void => filedTracks.set(null);
