import type { Track } from "#contract/library.ts";
import { createStore } from "../playback/store.ts";

/** The recording whose tags somebody edits: by a button or a row's menu. */
export const editedTrack = createStore<Track | null>(null);

export const openEditDialog = (track: Track): void => editedTrack.set(track);
export const closeEditDialog = (): void => editedTrack.set(null);
