import { notifications } from "@mantine/notifications";
import type { Track } from "#contract/library.ts";
import { player } from "../playback/here.ts";
import type { Queue } from "../playback/queue.ts";
import { drawSeed } from "../playback/shuffle.ts";
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

/** Plays the first that can be played of what is known of a list; what follows is fetched as it goes. */
export function playQueueOf(queue: Queue): void {
  const index = queue.tracks.findIndex(({ state }, at) => at >= queue.index && state === "present");
  if (index >= 0) player.playQueue({ ...queue, index });
}

/** All of a list in an order that is drawn, however much of it is known. */
export async function toDrawn(queue: Queue): Promise<Queue> {
  const { fetchDrawn } = queue;
  const seed = drawSeed(Math.random);
  // When it does not come, what is known plays.
  const page = queue.next === null ? null : await fetchDrawn?.(seed, null).catch(() => null);
  if (!fetchDrawn || !page) return { ...queue, tracks: shuffled(queue.tracks) };
  return { ...page, index: 0, fetchPage: (cursor) => fetchDrawn(seed, cursor) };
}

/** A fair draw (Fisher and Yates). */
function shuffled<Item>(items: readonly Item[]): Item[] {
  const drawn = items.slice();
  for (let last = drawn.length - 1; last > 0; last -= 1) {
    const at = Math.floor(Math.random() * (last + 1));
    const [left, right] = [drawn[at], drawn[last]];
    if (left !== undefined && right !== undefined) [drawn[at], drawn[last]] = [right, left];
  }
  return drawn;
}

/** Plays a few tracks that are all known, from one of them. */
export function playTracks(tracks: readonly Track[], index: number): void {
  const track = tracks[index];
  if (!track) return;
  if (player.state.get().track?.id === track.id) player.toggle();
  else if (canPlay(track)) player.playQueue(queueOf(tracks, index));
}

/** Plays a track from a time on, in seconds. */
export function playAt(track: Track, seconds: number): void {
  if (player.state.get().track?.id !== track.id) playTracks([track], 0);
  player.seek(seconds);
  if (!player.state.get().isPlaying) player.play();
}

/** The same, but it waits for somebody to play it, and leaves alone what plays. */
export function cueAt(track: Track, seconds: number): void {
  const { track: current, isPlaying } = player.state.get();
  if (current?.id === track.id) player.seek(seconds);
  else if (!isPlaying && track.state !== "missing") player.cueQueue(queueOf([track], 0), seconds);
}

export function playAfterCurrent(track: Track): void {
  if (canPlay(track)) player.playNext(track, queueOf([track], 0));
}

/** In their order: the last one goes in first, as each goes right after the one that plays. */
export function playAllAfterCurrent(tracks: readonly Track[]): void {
  for (const track of tracks.toReversed()) playAfterCurrent(track);
}

/** A few tracks that are all known. */
export const queueOf = (tracks: readonly Track[], index: number): Queue => ({
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
