import { describe, expect, test } from "vitest";
import type { Track } from "#contract/library.ts";
import { loadedAround } from "../../client/app/playback/sound.ts";
import { createFakeSound, queueOf, settle, startListening } from "./listening.ts";
import { track, tracks } from "./tracks.ts";

const titleOf = ({ player }: ReturnType<typeof startListening>) => player.state.get().track?.title;

describe("a listener", () => {
  test("hears the list to its end, pages that were not loaded included", async () => {
    const listening = startListening();
    const heard: (string | undefined)[] = [];
    listening.player.playQueue(queueOf([tracks(1, 3), tracks(4, 5), tracks(6, 6)], 1));
    for (let count = 0; count < 5; count += 1) {
      heard.push(titleOf(listening));
      listening.sound.starts();
      listening.sound.playsTo(1);
      listening.sound.ends();
      await settle();
    }
    expect(heard).toEqual(["Track 2", "Track 3", "Track 4", "Track 5", "Track 6"]);
    expect(listening.player.state.get()).toMatchObject({ isPlaying: false, trouble: null });
  });

  test("is spared what is missing or failed when the list plays on", async () => {
    const listening = startListening();
    const list = [
      track(1),
      track(2, { state: "missing", missingSince: "2026-03-14T19:30:00.000Z" }),
      track(3, { state: "failed", failure: "It is no audio." }),
      track(4),
    ];
    listening.player.playQueue(queueOf([list]));
    listening.player.next();
    await settle();
    expect(titleOf(listening)).toBe("Track 4");
  });

  test("starts a track over after three seconds, and goes to the one before earlier than that", () => {
    const listening = startListening();
    listening.player.playQueue(queueOf([tracks(1, 3)], 2));
    listening.sound.starts();
    listening.sound.playsTo(3.5);
    listening.player.previous();
    expect(titleOf(listening)).toBe("Track 3");
    expect(listening.sound.currentTime).toBe(0);
    listening.sound.playsTo(2.5);
    listening.player.previous();
    expect(titleOf(listening)).toBe("Track 2");
  });

  test("who drags the position while a track still loads hears it from there", () => {
    const listening = startListening();
    listening.player.playQueue(queueOf([tracks(1, 1)]));
    listening.player.seek(90);
    expect(listening.sound.currentTime).toBe(0);
    listening.sound.starts();
    expect(listening.sound.currentTime).toBe(90);
  });

  test("who is called on the phone finds the player paused, not broken", () => {
    const listening = startListening();
    listening.player.playQueue(queueOf([tracks(1, 1)]));
    listening.sound.starts();
    listening.sound.isSilenced();
    expect(listening.player.state.get()).toMatchObject({ isPlaying: false, trouble: null });
  });

  test("finds volume, mute and speed as they were left", () => {
    const first = startListening();
    first.player.setVolume(0.3);
    first.player.setRate(0.75);
    first.player.toggleMute();
    const again = startListening(first.saved.at(-1));
    expect(again.sound).toMatchObject({ volume: 0.3, muted: true, playbackRate: 0.75 });
  });

  test("has the head of the next track fetched once they stay with one", () => {
    const listening = startListening();
    listening.player.playQueue(queueOf([tracks(1, 2)]));
    listening.sound.starts();
    listening.sound.playsTo(7);
    expect(listening.preloaded).toEqual([]);
    listening.sound.playsTo(8.5);
    listening.sound.playsTo(9);
    expect(listening.preloaded).toEqual(["Track 2"]);
  });

  test("puts a track between this one and the next", async () => {
    const listening = startListening();
    listening.player.playQueue(queueOf([tracks(1, 2)]));
    listening.player.playNext(track(9), queueOf([[track(9)]]));
    listening.player.next();
    await settle();
    expect(titleOf(listening)).toBe("Track 9");
  });

  test("sees titles that were read meanwhile, without a gap in the sound", () => {
    const listening = startListening();
    listening.player.playQueue(queueOf([tracks(1, 2)]));
    const source = listening.sound.src;
    listening.player.refresh([track(1, { title: "Harbour lights" })]);
    expect(titleOf(listening)).toBe("Harbour lights");
    expect(listening.sound.src).toBe(source);
  });

  test("hears what follows pages in which nothing can play", async () => {
    const listening = startListening();
    const gone = [track(2, { state: "missing", missingSince: "2026-03-14T19:30:00.000Z" })];
    listening.player.playQueue(queueOf([tracks(1, 1), gone, gone, tracks(3, 3)]));
    listening.sound.starts();
    listening.sound.ends();
    await settle();
    expect(titleOf(listening)).toBe("Track 3");
  });

  test("is led back over what cannot play", () => {
    const listening = startListening();
    const list = [track(1), track(2, { state: "failed", failure: "It is no audio." }), track(3)];
    listening.player.playQueue(queueOf([list], 2));
    listening.sound.starts();
    listening.player.previous();
    expect(titleOf(listening)).toBe("Track 1");
  });

  test("does not wait for the next page at the end of the first", async () => {
    const listening = startListening();
    listening.player.playQueue(queueOf([tracks(1, 9), tracks(10, 12)]));
    await settle();
    expect(listening.player.state.get().queue?.tracks).toHaveLength(9);
    listening.player.jump(5);
    await settle();
    expect(listening.player.state.get().queue?.tracks).toHaveLength(12);
  });

  test("who turns to another list gets nothing of the old one mixed in", async () => {
    const listening = startListening();
    const late = Promise.withResolvers<{ tracks: Track[]; next: null }>();
    listening.player.playQueue({ ...queueOf([tracks(1, 1), []]), fetchPage: () => late.promise });
    const never = () => new Promise<never>(() => {});
    listening.player.playQueue({ ...queueOf([tracks(7, 8), []]), fetchPage: never });
    late.resolve({ tracks: tracks(2, 3), next: null });
    await settle();
    const titles = listening.player.state.get().queue?.tracks.map(({ title }) => title);
    expect(titles).toEqual(["Track 7", "Track 8"]);
  });

  test("who is asked by the browser to click first is told so, and is not playing", async () => {
    const listening = startListening();
    listening.sound.refusesToPlay("NotAllowedError");
    listening.player.playQueue(queueOf([tracks(1, 1)]));
    await settle();
    expect(listening.timesBlocked()).toBe(1);
    expect(listening.player.state.get()).toMatchObject({ isPlaying: false, isLoading: false });
  });

  test("is told nothing when one track took the place of another before it could begin", async () => {
    const listening = startListening();
    listening.sound.refusesToPlay("AbortError");
    listening.player.playQueue(queueOf([tracks(1, 1)]));
    await settle();
    expect(listening.timesBlocked()).toBe(0);
    expect(listening.player.state.get().isPlaying).toBe(true);
  });

  test("goes on listening when a change of track or a failure pauses the sound", () => {
    const listening = startListening();
    listening.player.playQueue(queueOf([tracks(1, 2)]));
    listening.sound.starts();
    listening.player.jump(1);
    listening.sound.isSilenced();
    expect(listening.player.state.get().isPlaying).toBe(true);
    listening.sound.starts();
    listening.sound.breaks(2);
    listening.sound.isSilenced();
    expect(listening.player.state.get().isPlaying).toBe(true);
  });

  test("never gets louder than loud, and turning the volume ends a mute", () => {
    const { player, sound } = startListening();
    player.toggleMute();
    player.setVolume(1.7);
    expect(sound).toMatchObject({ volume: 1, muted: false });
    player.setVolume(-0.1);
    expect(sound.volume).toBe(0);
  });

  test("does not leave the track by seeking", () => {
    const listening = startListening();
    listening.player.playQueue(queueOf([tracks(1, 2)]));
    listening.sound.starts(180);
    listening.player.seek(500);
    expect(listening.sound.currentTime).toBe(180);
    listening.player.seekBy(-900);
    expect(listening.sound.currentTime).toBe(0);
    listening.player.jump(99);
    expect(titleOf(listening)).toBe("Track 2");
  });

  test("sees how long a track is although its file does not say", () => {
    const listening = startListening();
    listening.player.playQueue(queueOf([tracks(1, 1)]));
    listening.sound.starts(Number.POSITIVE_INFINITY);
    expect(listening.player.progress.get().durationSeconds).toBe(180);
  });

  test("has the head of each next track fetched, and of nothing at the end", () => {
    const listening = startListening();
    listening.player.playQueue(queueOf([tracks(1, 2)]));
    for (const index of [0, 1]) {
      listening.player.jump(index);
      listening.sound.starts();
      listening.sound.playsTo(9);
    }
    expect(listening.preloaded).toEqual(["Track 2", null]);
  });

  test("who signs out leaves silence behind", () => {
    const listening = startListening();
    listening.player.playQueue(queueOf([tracks(1, 2)]));
    listening.sound.starts();
    listening.player.clear();
    expect(listening.sound).toMatchObject({ src: "", paused: true });
    expect(listening.player.state.get()).toMatchObject({ track: null, isPlaying: false });
    listening.player.next();
    expect(listening.sound.src).toBe("");
  });
});

test.each([
  ["from the start", 5, 10],
  ["in the part that was sought", 65, 90],
  ["just before a part, where browsers put it", 59.8, 90],
  ["where nothing is loaded", 30, 0],
])("what is loaded %s ends where that part does", (_, currentTime, end) => {
  const parts = [
    [0, 10],
    [60, 90],
  ] as const;
  const buffered = {
    length: parts.length,
    start: (at: number) => parts[at]?.[0] ?? 0,
    end: (at: number) => parts[at]?.[1] ?? 0,
  };
  expect(loadedAround({ ...createFakeSound(), buffered, currentTime })).toBe(end);
});
