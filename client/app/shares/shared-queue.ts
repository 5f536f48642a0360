import type { SharedTrack } from "#contract/shares.ts";
import type { PlayedTrack } from "../playback/deck.ts";
import type { Queue } from "../playback/queue.ts";

export const toPlayed = ({ isPresent, ...track }: SharedTrack): PlayedTrack => ({
  ...track,
  state: isPresent ? "present" : "missing",
});

/** All of them at once: a link leads to no list that has pages. */
export const queueOf = (tracks: readonly SharedTrack[], index: number): Queue => ({
  tracks: tracks.map(toPlayed),
  index,
  next: null,
  fetchPage: async () => ({ tracks: [], next: null }),
});
