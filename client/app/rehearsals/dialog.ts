import type { Track } from "#contract/library.ts";
import { createStore } from "../playback/store.ts";

export type Fileable = Pick<Track, "id" | "bandId" | "title">;

/** The recording that somebody wants to file under a rehearsal. */
export const filedTrack = createStore<Fileable | null>(null);

export const openFilingDialog = (track: Fileable): void => filedTrack.set(track);
export const closeFilingDialog = (): void => filedTrack.set(null);
