import type { Track } from "#contract/library.ts";
import { createStore } from "../playback/store.ts";

/** What is shared of a recording. */
export type Shareable = Pick<Track, "id" | "bandId" | "title">;

/** The recording whose dialog is open: by a button, a row's menu or a command. */
export const sharedTrack = createStore<Shareable | null>(null);

export const openShareDialog = (track: Shareable): void => sharedTrack.set(track);
export const closeShareDialog = (): void => sharedTrack.set(null);
