import { describe, expect, test } from "vitest";
import { playback } from "../../client/app/words/playback.ts";
import { type Listening, queueOf, settle, startListening } from "./listening.ts";
import { tracks } from "./tracks.ts";

const NETWORK = 2;
const FORMAT = 4;

/** A minute into the first of three tracks. */
function aMinuteIn(): Listening {
  const listening = startListening();
  listening.player.playQueue(queueOf([tracks(1, 3)]));
  listening.sound.starts();
  listening.sound.playsTo(60);
  return listening;
}

async function breakWith({ sound }: Listening, code: number): Promise<void> {
  sound.breaks(code);
  await settle();
}

const stateOf = ({ player }: Listening) => player.state.get();

describe("when something fails, a listener", () => {
  test("goes on from the same second once the network is back", async () => {
    const listening = aMinuteIn();
    listening.goOffline();
    await breakWith(listening, NETWORK);
    expect(stateOf(listening).trouble).toEqual({
      message: playback.trouble.network,
      isRetrying: true,
    });
    listening.player.wake();
    listening.sound.starts();
    expect(listening.sound.currentTime).toBe(60);
    expect(stateOf(listening)).toMatchObject({ isPlaying: true, trouble: null });
  });

  test("is tried for again and again, ever less often", async () => {
    const listening = aMinuteIn();
    listening.tell({ kind: "unreachable" });
    const waits: (number | undefined)[] = [];
    for (let count = 0; count < 8; count += 1) {
      await breakWith(listening, NETWORK);
      waits.push(listening.waits()[0]);
      listening.waitIsOver();
    }
    expect(waits.slice(0, 5)).toEqual([1000, 2000, 4000, 8000, 16_000]);
    expect(waits.at(-1)).toBe(30_000);
  });

  test("reads the storage's own sentence, and comes back when it said", async () => {
    const listening = aMinuteIn();
    const message = "The storage is unavailable. Your library is kept.";
    listening.tell({ kind: "later", message, retryAfterSeconds: 7 });
    await breakWith(listening, NETWORK);
    expect(stateOf(listening).trouble).toEqual({ message, isRetrying: true });
    expect(listening.waits()).toEqual([7000]);
    listening.waitIsOver();
    listening.sound.starts();
    expect(listening.sound.currentTime).toBe(60);
  });

  test("who presses pause is not played to later", async () => {
    const listening = aMinuteIn();
    listening.tell({ kind: "later", message: "The storage is unavailable." });
    await breakWith(listening, NETWORK);
    listening.player.pause();
    expect(listening.waits()).toEqual([]);
    listening.player.wake();
    expect(stateOf(listening)).toMatchObject({ isPlaying: false });
    expect(stateOf(listening).trouble?.isRetrying).toBe(false);
  });

  test("is not kept waiting for a storage that somebody has to reconnect", async () => {
    const listening = aMinuteIn();
    listening.tell({ kind: "stuck", message: "Reconnect the storage." });
    await breakWith(listening, NETWORK);
    expect(stateOf(listening)).toMatchObject({
      isPlaying: false,
      trouble: { message: "Reconnect the storage.", isRetrying: false },
    });
    expect(listening.waits()).toEqual([]);
    listening.tell({ kind: "fine" });
    listening.player.retry();
    listening.sound.starts();
    expect(stateOf(listening)).toMatchObject({ isPlaying: true, trouble: null });
    expect(listening.sound.currentTime).toBe(60);
  });

  test("does not notice that the session had to be renewed", async () => {
    const listening = aMinuteIn();
    listening.tell({ kind: "renewed" });
    await breakWith(listening, FORMAT);
    listening.sound.starts();
    expect(stateOf(listening)).toMatchObject({ isPlaying: true, trouble: null });
    expect(listening.sound.currentTime).toBe(60);
    expect(listening.skipped).toEqual([]);
  });

  test("goes on through the server where a storage did not send what it should have", async () => {
    const listening = aMinuteIn();
    const { src } = listening.sound;
    listening.tell({ kind: "elsewhere" });
    await breakWith(listening, FORMAT);
    listening.sound.starts();
    expect(listening.sound.src).toBe(`${src}?direct=0`);
    expect(listening.sound.currentTime).toBe(60);
    expect(stateOf(listening)).toMatchObject({ isPlaying: true, trouble: null });
  });

  test("who was signed out elsewhere is told so", async () => {
    const listening = aMinuteIn();
    listening.tell({ kind: "signed_out" });
    await breakWith(listening, NETWORK);
    expect(listening.wasSignedOut()).toBe(true);
    expect(stateOf(listening).isPlaying).toBe(false);
  });

  test("hears the next track when this one cannot be played, and why", async () => {
    const listening = aMinuteIn();
    await breakWith(listening, FORMAT);
    expect(listening.skipped, "it may have been a bad moment: tried once more").toEqual([]);
    await breakWith(listening, FORMAT);
    expect(listening.skipped).toEqual([["Track 1", playback.skippedFormat]]);
    expect(stateOf(listening).track?.title).toBe("Track 2");
  });

  test("hears the next track when the file is gone, in the server's words", async () => {
    const listening = aMinuteIn();
    listening.tell({ kind: "gone", message: "The file is not there any more." });
    await breakWith(listening, FORMAT);
    expect(listening.skipped).toEqual([["Track 1", "The file is not there any more."]]);
    expect(stateOf(listening).track?.title).toBe("Track 2");
  });

  test("is not led through a whole library that does not play", async () => {
    const listening = startListening();
    listening.player.playQueue(queueOf([tracks(1, 40)]));
    listening.tell({ kind: "gone", message: "The file is not there any more." });
    for (let count = 0; count < 5; count += 1) await breakWith(listening, FORMAT);
    expect(listening.skipped).toHaveLength(5);
    expect(stateOf(listening).trouble?.message).toBe(playback.trouble.gaveUp);
  });

  test("who has chosen another track meanwhile hears nothing of the old one's trouble", async () => {
    const listening = aMinuteIn();
    listening.tell({ kind: "stuck", message: "Reconnect the storage." });
    listening.sound.breaks(NETWORK);
    listening.player.jump(2);
    await settle();
    expect(stateOf(listening)).toMatchObject({ isPlaying: true, trouble: null });
    expect(stateOf(listening).track?.title).toBe("Track 3");
  });

  test("is not left with a sound that stalls for good", async () => {
    const listening = aMinuteIn();
    const source = listening.sound.src;
    listening.sound.stalls();
    expect(stateOf(listening).isLoading).toBe(true);
    listening.sound.src = "";
    listening.waitIsOver();
    await settle();
    expect(listening.sound.src).toBe(source);
    listening.sound.starts();
    expect(listening.sound.currentTime).toBe(60);
  });

  test("who plays past the last loaded row while the server is away can try again there", async () => {
    const listening = startListening();
    const queue = queueOf([tracks(1, 1), tracks(2, 2)]);
    let isAway = true;
    const fetchPage = async (cursor: string) => {
      if (isAway) throw new Error("no network");
      return queue.fetchPage(cursor);
    };
    listening.player.playQueue({ ...queue, fetchPage });
    listening.sound.starts();
    listening.sound.playsTo(1);
    listening.sound.ends();
    await settle();
    expect(stateOf(listening).trouble?.message).toBe(playback.trouble.unreachable);
    isAway = false;
    listening.player.retry();
    await settle();
    expect(stateOf(listening).track?.title).toBe("Track 2");
  });

  test("is tried for after the first second again once something was heard", async () => {
    const listening = aMinuteIn();
    listening.tell({ kind: "unreachable" });
    for (const second of [61, 62]) {
      await breakWith(listening, NETWORK);
      expect(listening.waits()).toEqual([1000]);
      listening.waitIsOver();
      listening.sound.starts();
      listening.sound.playsTo(second);
    }
  });

  test("is tried for once at a time, however often it fails", async () => {
    const listening = aMinuteIn();
    listening.tell({ kind: "unreachable" });
    await breakWith(listening, NETWORK);
    await breakWith(listening, NETWORK);
    expect(listening.waits()).toHaveLength(1);
  });

  test("who chooses another track is not called back to the old one", async () => {
    const listening = aMinuteIn();
    listening.tell({ kind: "later", message: "The storage is unavailable." });
    await breakWith(listening, NETWORK);
    listening.player.jump(2);
    expect(listening.waits()).toEqual([]);
    expect(stateOf(listening)).toMatchObject({ isPlaying: true, trouble: null });
  });

  test("who pauses meanwhile hears of it, and nothing is tried or skipped behind their back", async () => {
    const listening = aMinuteIn();
    listening.player.pause();
    const message = "The storage is unavailable.";
    listening.tell({ kind: "later", message });
    await breakWith(listening, NETWORK);
    expect(stateOf(listening).trouble).toEqual({ message, isRetrying: false });
    expect(listening.waits()).toEqual([]);

    listening.tell({ kind: "gone", message: "The file is gone." });
    await breakWith(listening, NETWORK);
    expect(stateOf(listening)).toMatchObject({ isPlaying: false, track: { title: "Track 1" } });
    expect(listening.skipped).toEqual([]);
  });

  test("who presses play after a pause hears it from the same second", async () => {
    const listening = aMinuteIn();
    listening.tell({ kind: "later", message: "The storage is unavailable." });
    await breakWith(listening, NETWORK);
    listening.player.pause();
    listening.player.play();
    listening.sound.starts();
    expect(listening.sound).toMatchObject({ currentTime: 60, error: null });
    expect(stateOf(listening)).toMatchObject({ isPlaying: true, trouble: null });
  });

  test("hears on while the network comes and goes and there is enough to play", () => {
    const listening = aMinuteIn();
    listening.player.wake();
    expect(listening.sound).toMatchObject({ currentTime: 60, duration: 180 });
  });

  test("who pauses while it stalls is left in peace", async () => {
    const listening = aMinuteIn();
    listening.sound.stalls();
    listening.player.pause();
    listening.waitIsOver();
    await settle();
    expect(listening.sound).toMatchObject({ currentTime: 60, duration: 180 });
  });

  test("is told when it fails again and again although the server sends it", async () => {
    const listening = aMinuteIn();
    for (let count = 0; count < 5; count += 1) await breakWith(listening, NETWORK);
    expect(stateOf(listening)).toMatchObject({
      isPlaying: false,
      trouble: { message: playback.trouble.unknown, isRetrying: false },
    });
  });

  test("is led past many tracks that do not play as long as some do", async () => {
    const listening = startListening();
    listening.player.playQueue(queueOf([tracks(1, 40)]));
    listening.tell({ kind: "gone", message: "The file is not there any more." });
    for (let round = 0; round < 3; round += 1) {
      for (let count = 0; count < 3; count += 1) await breakWith(listening, FORMAT);
      listening.sound.starts();
      listening.sound.playsTo(1);
    }
    expect(stateOf(listening)).toMatchObject({ isPlaying: true, trouble: null });
    expect(stateOf(listening).track?.title).toBe("Track 10");
  });

  test("hears the list on although its next page cannot be had yet", async () => {
    const listening = startListening();
    const fetchPage = () => Promise.reject(new Error("no network"));
    listening.player.playQueue({ ...queueOf([tracks(1, 3), []]), fetchPage });
    listening.sound.starts();
    await settle();
    expect(stateOf(listening)).toMatchObject({ isPlaying: true, trouble: null });
  });

  test("who has turned to another track hears nothing of a page that then did not come", async () => {
    const listening = startListening();
    const page = Promise.withResolvers<never>();
    listening.player.playQueue({
      ...queueOf([tracks(1, 2), []], 1),
      fetchPage: () => page.promise,
    });
    listening.sound.starts();
    listening.sound.ends();
    await settle();
    listening.player.playQueue(queueOf([tracks(7, 7)]));
    listening.sound.starts();
    page.reject(new Error("no network"));
    await settle();
    expect(stateOf(listening)).toMatchObject({ isPlaying: true, trouble: null });
    expect(stateOf(listening).track?.title).toBe("Track 7");
    expect(listening.sound.paused).toBe(false);
  });
});
