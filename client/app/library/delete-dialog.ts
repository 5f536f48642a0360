import type { Track } from "#contract/library.ts";
import { createStore } from "../playback/store.ts";

interface Asked {
  readonly track: Track;
  readonly onDeleted: () => void;
}

/** The recording that somebody is asked about: by a button or a row's menu. */
export const askedTrack = createStore<Asked | null>(null);

export const openDeleteDialog = (track: Track, onDeleted: () => void = () => {}): void =>
  askedTrack.set({ track, onDeleted });
export const closeDeleteDialog = (): void => askedTrack.set(null);
