import { describe, expect, test } from "vitest";
import { queueOf, settle, startListening } from "./listening.ts";
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
});
