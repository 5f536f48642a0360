import { describe, expect, test } from "vitest";
import type { PlayedTrack } from "../../client/app/playback/deck.ts";
import { plainModes } from "../../client/app/playback/modes.ts";
import { type FakeSound, type Listening, queueOf, settle, startListening } from "./listening.ts";
import { track, tracks } from "./tracks.ts";

const titleOf = ({ player }: Listening) => player.state.get().track?.title;
const single = (n: number, change: Partial<PlayedTrack> = {}) =>
  track(n, { album: null, ...(change as object) });

/** Three tracks of three minutes, the first one heard up to a few seconds before its end. */
function nearTheEnd(
  { modes, list = tracks(1, 3), index = 0, seconds = 170 } = {} as {
    modes?: Partial<typeof plainModes>;
    list?: readonly ReturnType<typeof track>[];
    index?: number;
    seconds?: number;
  },
): Listening {
  const listening = startListening(undefined, {}, { ...plainModes, ...modes });
  listening.player.playQueue(queueOf([list], index));
  listening.sound.starts();
  listening.sound.playsTo(seconds);
  return listening;
}

/** The sound is where its last moment is due, and the timer for it fires. */
function comesTo(listening: Listening, voice: FakeSound, seconds: number): void {
  voice.playsTo(seconds - 0.3);
  voice.currentTime = seconds;
  listening.waitIsOver();
}

describe("two tracks in a row", () => {
  test("join without a gap: the second voice is loaded before the end and begins at it", () => {
    const listening = nearTheEnd({ seconds: 150 });
    const { sound, spare, player } = listening;
    expect(spare.src, "not half a minute before it is wanted").toBe("");
    sound.playsTo(165);
    expect([spare.src, spare.paused]).toEqual(["/stream/Track 2", true]);
    spare.loads(60);
    comesTo(listening, sound, 179.97);
    expect([spare.paused, sound.paused]).toEqual([false, false]);
    expect(titleOf(listening)).toBe("Track 2");
    expect(player.progress.get()).toMatchObject({ positionSeconds: 0, durationSeconds: 60 });
    sound.ends();
    expect(titleOf(listening), "the end of the one before is nobody's end").toBe("Track 2");
    spare.playsTo(1);
    expect(player.progress.get().positionSeconds).toBe(1);
    expect(player.state.get()).toMatchObject({ isPlaying: true, isLoading: false, trouble: null });
  });

  test("join where the music ends, though a coder has filled up its last frame", () => {
    const titles = [180.042, 181].map((duration) => {
      const listening = nearTheEnd();
      Object.assign(listening.sound, { duration });
      listening.spare.loads();
      comesTo(listening, listening.sound, 179.97);
      return titleOf(listening);
    });
    expect(titles).toEqual(["Track 2", "Track 1"]);
  });

  test("take the voices in turn", async () => {
    const listening = nearTheEnd();
    const { sound, spare } = listening;
    spare.loads();
    comesTo(listening, sound, 179.97);
    sound.ends();
    spare.playsTo(170);
    expect(sound.src).toBe("/stream/Track 3");
    sound.loads();
    comesTo(listening, spare, 179.97);
    expect([titleOf(listening), sound.paused]).toEqual(["Track 3", false]);
    spare.ends();
    sound.ends();
    await settle();
    expect(listening.player.state.get().isPlaying).toBe(false);
    expect(titleOf(listening)).toBe("Track 3");
  });

  test("join at the end itself when the second one has not come by then", () => {
    const listening = nearTheEnd();
    const { sound, spare, player } = listening;
    comesTo(listening, sound, 179.97);
    expect([titleOf(listening), spare.paused]).toEqual(["Track 1", true]);
    sound.ends();
    expect([titleOf(listening), spare.paused]).toEqual(["Track 2", false]);
    expect(player.state.get().isLoading).toBe(true);
    spare.starts(90);
    expect(player.state.get()).toMatchObject({ isLoading: false, isPlaying: true });
    expect(player.progress.get().durationSeconds).toBe(90);
  });

  test("keep to a queue that was changed when the second one was loaded already", () => {
    const listening = nearTheEnd();
    const { sound, spare, player } = listening;
    spare.loads();
    player.playNext(track(9), queueOf([[track(9)]]));
    comesTo(listening, sound, 179.97);
    expect([titleOf(listening), spare.src], "it is not loaded yet").toEqual([
      "Track 1",
      "/stream/Track 9",
    ]);
    sound.ends();
    expect(titleOf(listening)).toBe("Track 9");
  });

  test("do not wait for each other after a jump: what was loaded is dropped", () => {
    const listening = nearTheEnd();
    const { sound, spare, player } = listening;
    spare.loads();
    sound.playsTo(179.7);
    player.jump(2);
    expect(spare.src).toBe("");
    listening.waitIsOver();
    sound.starts();
    expect([titleOf(listening), sound.src]).toEqual(["Track 3", "/stream/Track 3"]);
    expect(spare.paused).toBe(true);
  });

  test("are both silent when the listener pauses in between", () => {
    const listening = nearTheEnd();
    const { sound, spare, player } = listening;
    spare.loads();
    comesTo(listening, sound, 179.97);
    player.pause();
    expect([sound.paused, spare.paused]).toEqual([true, true]);
    player.play();
    expect([sound.paused, spare.paused]).toEqual([true, false]);
  });

  test("are left to the diagnosis when the second one does not come", async () => {
    const listening = nearTheEnd();
    const { sound, spare, player } = listening;
    listening.tell({ kind: "stuck", message: "Reconnect the storage." });
    spare.breaks(4);
    await settle();
    expect(player.state.get().trouble, "while the first one plays it is no trouble").toBeNull();
    sound.ends();
    await settle();
    expect([titleOf(listening), sound.src]).toEqual(["Track 2", "/stream/Track 2"]);
    sound.breaks(4);
    await settle();
    expect(player.state.get().trouble?.message).toBe("Reconnect the storage.");
  });

  test("recover on the voice that plays", async () => {
    const listening = nearTheEnd();
    const { sound, spare } = listening;
    spare.loads();
    comesTo(listening, sound, 179.97);
    spare.playsTo(30);
    listening.tell({ kind: "renewed" });
    spare.breaks(2);
    await settle();
    spare.starts();
    expect([spare.currentTime, spare.src]).toEqual([30, "/stream/Track 2"]);
  });

  test("go on with the voice that was allowed to play where the browser wants a click for each", async () => {
    const listening = nearTheEnd();
    const { sound, spare } = listening;
    spare.loads();
    spare.refusesToPlay("NotAllowedError");
    comesTo(listening, sound, 179.97);
    await settle();
    expect([sound.src, sound.paused]).toEqual(["/stream/Track 2", false]);
    sound.starts();
    expect(listening.player.state.get()).toMatchObject({ isPlaying: true, trouble: null });
    expect(listening.timesBlocked()).toBe(0);
  });

  test("are the same one with 'repeat this one', and the first again with 'repeat all'", () => {
    const one = nearTheEnd({ modes: { repeat: "one" } });
    one.spare.loads();
    comesTo(one, one.sound, 179.97);
    expect([titleOf(one), one.spare.paused]).toEqual(["Track 1", false]);
    const all = nearTheEnd({ modes: { repeat: "all" }, index: 2 });
    expect(all.spare.src).toBe("/stream/Track 1");
    all.player.cycleRepeat();
    all.sound.playsTo(171);
    expect(all.spare.src, "repeated alone from now on").toBe("/stream/Track 3");
  });

  test("join at the speed that is heard", () => {
    const listening = nearTheEnd();
    const { sound, spare, player } = listening;
    player.setRate(2);
    expect(spare).toMatchObject({ playbackRate: 2, defaultPlaybackRate: 2 });
    spare.loads();
    sound.playsTo(179);
    expect(
      listening.waits().filter((ms) => ms > 400 && ms < 500),
      "half a second",
    ).toHaveLength(1);
  });

  test("begin as much earlier as the one before took to be heard", () => {
    const listening = nearTheEnd();
    const { sound, spare } = listening;
    spare.loads();
    comesTo(listening, sound, 179.97);
    listening.timeGoesBy(100);
    spare.playsTo(0.02);
    spare.playsTo(170);
    sound.loads();
    spare.playsTo(179.5);
    expect(listening.waits().map(Math.round)).toContain(420);
  });
});

describe("a crossfade", () => {
  const fading = { modes: { crossfadeSeconds: 4 }, list: [single(1), single(2)] } as const;

  test("lets one out while the other comes in, and both are as loud as each", () => {
    const listening = nearTheEnd(fading);
    const { sound, spare } = listening;
    spare.loads();
    comesTo(listening, sound, 176);
    expect([titleOf(listening), sound.paused]).toEqual(["Track 2", false]);
    expect(spare.volume).toBeCloseTo(0);
    for (let at = 0; at < 50; at += 1) listening.timeGoesBy(40);
    expect(spare.volume ** 2 + sound.volume ** 2).toBeCloseTo(0.64);
    expect(spare.volume).toBeCloseTo(sound.volume);
    for (let at = 0; at < 50; at += 1) listening.timeGoesBy(40);
    expect([spare.volume, sound.paused]).toEqual([0.8, true]);
  });

  test("is not made between two tracks of one album, nor while it is off", () => {
    const albumId = "00000000-0000-7000-8000-0000000000aa" as never;
    const album = [single(1, { albumId }), single(2, { albumId })];
    for (const each of [{ ...fading, list: album }, { list: fading.list }]) {
      const listening = nearTheEnd(each);
      listening.spare.loads();
      comesTo(listening, listening.sound, 176.5);
      expect(titleOf(listening)).toBe("Track 1");
      comesTo(listening, listening.sound, 179.97);
      expect(titleOf(listening)).toBe("Track 2");
    }
  });

  test("is over at once when the listener goes elsewhere in the track", () => {
    const listening = nearTheEnd(fading);
    listening.spare.loads();
    comesTo(listening, listening.sound, 176);
    listening.player.seek(90);
    expect(listening.spare).toMatchObject({ volume: 0.8, currentTime: 90 });
    expect(listening.sound.paused).toBe(true);
  });
});
