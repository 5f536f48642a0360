import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Loop,
  markEnd,
  markStart,
  nudge,
  SHORTEST_LOOP_SECONDS,
} from "../../client/app/playback/looping.ts";
import { plainModes } from "../../client/app/playback/modes.ts";
import { type Listening, queueOf, settle, startListening } from "./listening.ts";
import { tracks } from "./tracks.ts";

const seconds = fc.double({ min: 0, max: 180, noNaN: true });

function aMinuteIn(count = 2): Listening {
  const listening = startListening();
  listening.player.playQueue(queueOf([tracks(1, count)]));
  listening.sound.starts();
  listening.sound.playsTo(60);
  return listening;
}

/** A part of ten seconds, from a minute in. */
function looping(): Listening {
  const listening = aMinuteIn();
  listening.player.markLoopStart();
  listening.sound.playsTo(70);
  listening.player.markLoopEnd();
  return listening;
}

describe("a part that is practised", () => {
  test("has its start before its end, whatever was pressed and nudged in whatever order", () => {
    const step = fc.oneof(
      seconds.map((at) => (loop: Loop | null) => markStart(loop, at)),
      seconds.map((at) => (loop: Loop | null) => markEnd(loop, at)),
      fc
        .tuple(
          fc.constantFrom("from" as const, "to" as const),
          fc.double({ min: -5, max: 5, noNaN: true }),
        )
        .map(
          ([end, by]) =>
            (loop: Loop | null) =>
              loop && nudge(loop, end, by, 181),
        ),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const loop = steps.reduce<Loop | null>((before, take) => take(before), null);
        if (!loop) return;
        expect(loop.fromSeconds).toBeGreaterThanOrEqual(0);
        const end = loop.toSeconds ?? 181;
        expect(end - loop.fromSeconds).toBeGreaterThan(SHORTEST_LOOP_SECONDS - 1e-9);
        expect(end).toBeLessThanOrEqual(181);
      }),
    );
  });

  test("is set by A and B, where the sound is by then, and taken away by pressing them again", () => {
    const { player, sound } = aMinuteIn();
    sound.currentTime = 60.2;
    player.markLoopStart();
    sound.currentTime = 64.7;
    player.markLoopEnd();
    expect(player.state.get().loop).toEqual({ fromSeconds: 60.2, toSeconds: 64.7 });
    expect(sound.currentTime, "and it is heard at once").toBe(60.2);
    player.markLoopEnd();
    expect(player.state.get().loop).toEqual({ fromSeconds: 60.2, toSeconds: null });
    player.markLoopStart();
    expect(player.state.get().loop).toBeNull();
  });

  test("is heard again when it has come to its end, exactly there", () => {
    const listening = looping();
    const { sound } = listening;
    sound.playsTo(69.6);
    expect(listening.waits().map(Math.round)).toContain(400);
    sound.currentTime = 69.99;
    listening.waitIsOver();
    expect(sound.currentTime, "a timer that is early waits on").toBe(69.99);
    sound.currentTime = 70;
    listening.waitIsOver();
    expect(sound.currentTime).toBe(60);
    sound.playsTo(69.8);
    sound.playsTo(70.3);
    expect(sound.currentTime, "and when the timer was late").toBe(60);
  });

  test("is heard from its start when its end is moved before what plays", () => {
    const { player, sound } = looping();
    sound.playsTo(69.9);
    player.nudgeLoop("to", -0.2);
    expect(sound.currentTime).toBe(60);
  });

  test("is left by whoever goes behind it", () => {
    const listening = looping();
    listening.player.seek(80);
    listening.sound.playsTo(81);
    listening.waitIsOver();
    expect(listening.sound.currentTime).toBe(81);
  });

  test("may reach to the end of the track, which nothing follows then", async () => {
    const listening = aMinuteIn();
    const { player, sound, spare } = listening;
    player.markLoopStart();
    sound.playsTo(170);
    sound.currentTime = 180;
    player.markLoopEnd();
    sound.ends();
    await settle();
    expect(sound).toMatchObject({ currentTime: 60, paused: false });
    expect(spare.src).toBe("/stream/Track 2");
    expect(player.state.get().track?.title).toBe("Track 1");
  });

  test("ends with its track, and not with a failure of it", async () => {
    const listening = looping();
    listening.tell({ kind: "renewed" });
    listening.sound.breaks(2);
    await settle();
    listening.sound.starts();
    expect(listening.player.state.get().loop).toEqual({ fromSeconds: 60, toSeconds: 70 });
    listening.player.next();
    await settle();
    expect(listening.player.state.get().loop).toBeNull();
  });
});

describe("a sleep timer", () => {
  const inMinutes = (count: number) => ({ kind: "time", untilMs: count * 60_000 }) as const;
  const goBy = (listening: Listening, count: number) => {
    for (let at = 0; at < count; at += 1) listening.timeGoesBy(1000);
  };

  test("stops when its minutes are over, and is quieter in the last seconds", () => {
    const listening = aMinuteIn();
    const { player, sound } = listening;
    player.setSleep(inMinutes(1));
    goBy(listening, 49);
    expect(sound.volume).toBe(0.8);
    goBy(listening, 6);
    expect(sound.volume).toBeCloseTo(0.4);
    goBy(listening, 5);
    expect(player.state.get()).toMatchObject({ isPlaying: false, sleep: null });
    expect(sound).toMatchObject({ paused: true, volume: 0.8 });
  });

  test("is called off, and it is as loud as before", () => {
    const listening = aMinuteIn();
    listening.player.setSleep(inMinutes(1));
    goBy(listening, 55);
    listening.player.setSleep(null);
    expect(listening.sound.volume).toBe(0.8);
    goBy(listening, 60);
    expect(listening.player.state.get().isPlaying).toBe(true);
  });

  test("lets the track end, and nothing begin", async () => {
    const listening = aMinuteIn();
    const { player, sound, spare } = listening;
    player.setSleep({ kind: "track" });
    sound.playsTo(175);
    goBy(listening, 1);
    expect(sound.volume).toBeCloseTo(0.4);
    sound.ends();
    await settle();
    expect(player.state.get()).toMatchObject({ isPlaying: false, sleep: null });
    expect([player.state.get().track?.title, spare.src]).toEqual(["Track 1", ""]);
  });

  test.each(["all", "one"] as const)("lets the queue end, with repeat %s too", async (repeat) => {
    const listening = startListening(undefined, {}, { ...plainModes, repeat });
    const { player, sound } = listening;
    player.playQueue(queueOf([tracks(1, 2)]));
    player.setSleep({ kind: "queue" });
    for (const title of ["Track 1", "Track 2"]) {
      expect(player.state.get().track?.title).toBe(title);
      sound.starts();
      sound.playsTo(1);
      sound.ends();
      await settle();
    }
    expect(player.state.get()).toMatchObject({ isPlaying: false, sleep: null });
  });
});
