import type { Track } from "#contract/library.ts";
import { createStore } from "../playback/store.ts";

interface Edited {
  /** Of one band; at least one. */
  readonly tracks: readonly Track[];
  readonly onSaved: (saved: readonly Track[]) => void;
}

/** The recordings whose tags somebody edits: by a button, a row's menu or a selection. */
export const editedTracks = createStore<Edited | null>(null);

export const openEditDialog = (
  tracks: readonly Track[],
  onSaved: Edited["onSaved"] = () => {},
): void => editedTracks.set({ tracks, onSaved });
export const closeEditDialog = (): void => editedTracks.set(null);
