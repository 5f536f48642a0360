import { expect, test } from "vitest";
import { plainModes } from "../../client/app/playback/modes.ts";
import type { Queue } from "../../client/app/playback/queue.ts";
import { hear, queueOf, settle, startListening, titleOf } from "./listening.ts";
import { track, tracks } from "./tracks.ts";

const titlesOf = ({ tracks }: Pick<Queue, "tracks">) => tracks.map(({ title }) => title);

/** A list of which the first page is known, and which the server can give in another order. */
function drawable(pages: Parameters<typeof queueOf>[0], drawn: Parameters<typeof queueOf>[0]) {
  const seeds: number[] = [];
  const other = queueOf(drawn);
  const queue: Queue = {
    ...queueOf(pages, 1),
    async fetchDrawn(seed, cursor) {
      seeds.push(seed);
      return cursor === null ? { tracks: other.tracks, next: other.next } : other.fetchPage(cursor);
    },
  };
  return { queue, seeds };
}

const DRAWN = [
  [track(6), track(2)],
  [track(4), track(1)],
  [track(3), track(5)],
];

test("a long list is heard in the order that the server draws from all of it, each track once", async () => {
  const listening = startListening(undefined, {}, { ...plainModes, isShuffled: true });
  const { queue, seeds } = drawable([tracks(1, 3), tracks(4, 6)], DRAWN);
  listening.player.playQueue(queue);
  await settle();
  const heard = await hear(listening, 6);
  expect(heard).toEqual(["Track 2", "Track 6", "Track 4", "Track 1", "Track 3", "Track 5"]);
  expect(listening.player.state.get().isPlaying).toBe(false);
  expect(new Set(seeds).size, "one order, not one for each page").toBe(1);
  expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31)).toBe(true);
});

test("the order of a long list comes back, with what plays in it", async () => {
  const listening = startListening(undefined, {}, { ...plainModes, isShuffled: true });
  listening.player.playQueue(drawable([tracks(1, 3), tracks(4, 6)], DRAWN).queue);
  await settle();
  await hear(listening, 1);
  expect(titleOf(listening)).toBe("Track 6");
  listening.player.jump(3);
  const { queue } = listening.player.state.get();
  expect(queue && titlesOf(queue).slice(0, 4), "what is chosen passes over nothing").toEqual([
    "Track 2",
    "Track 6",
    "Track 1",
    "Track 4",
  ]);
  expect(queue?.ranks, "further pages are not mixed in").toBeUndefined();
  listening.player.toggleShuffle();
  await hear(listening, 1);
  expect(titleOf(listening)).toBe("Track 2");
});

test("a track further on than the list is known is heard before that goes on", async () => {
  const listening = startListening(undefined, {}, { ...plainModes, isShuffled: true });
  listening.player.playQueue(
    drawable([tracks(1, 9), tracks(10, 12)], [[track(12), track(2)]]).queue,
  );
  await settle();
  await hear(listening, 1);
  listening.player.toggleShuffle();
  expect(await hear(listening, 3)).toEqual(["Track 12", "Track 3", "Track 4"]);
});

test("when the server draws nothing the known tracks are shuffled, and the rest is mixed in", async () => {
  const listening = startListening(undefined, {}, { ...plainModes, isShuffled: true });
  const { queue } = drawable([tracks(1, 3), tracks(4, 6)], DRAWN);
  const fetchDrawn = () => Promise.reject(new Error("The network is down."));
  listening.player.playQueue({ ...queue, fetchDrawn });
  await settle();
  const heard = await hear(listening, 6);
  expect(heard.toSorted()).toEqual(titlesOf({ tracks: tracks(1, 6) }));
});
