import { notifications } from "@mantine/notifications";
import type { Track } from "#contract/library.ts";
import { player } from "../playback/here.ts";
import type { Queue } from "../playback/queue.ts";
import { playback } from "../words/playback.ts";
import { type KeptList, toQueue } from "./track-lists.ts";

/** Plays the list from a row, from the start of its track. */
export function playFrom(kept: KeptList, index: number): void {
  const track = kept.list.state.get().rows[index];
  if (track && canPlay(track)) player.playQueue(toQueue(kept, index));
}

/** The same, but on the row that plays already it pauses or goes on. */
export function toggleFrom(kept: KeptList, index: number): void {
  const track = kept.list.state.get().rows[index];
  if (track && track.id === player.state.get().track?.id) player.toggle();
  else playFrom(kept, index);
}

/** Plays a few tracks that are all known, from one of them. */
export function playTracks(tracks: readonly Track[], index: number): void {
  const track = tracks[index];
  if (!track) return;
  if (player.state.get().track?.id === track.id) player.toggle();
  else if (canPlay(track)) player.playQueue(queueOf(tracks, index));
}

export function playAfterCurrent(track: Track): void {
  if (canPlay(track)) player.playNext(track, queueOf([track], 0));
}

const queueOf = (tracks: readonly Track[], index: number): Queue => ({
  tracks,
  index,
  next: null,
  fetchPage: async () => ({ tracks: [], next: null }),
});

function canPlay(track: Track): boolean {
  if (track.state !== "missing") return true;
  notifications.show({ title: playback.missing(track.title), message: playback.missingText });
  return false;
}
