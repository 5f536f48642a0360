import { expect, test } from "vitest";
import { queueOf, settle, startListening } from "./listening.ts";
import { tracks } from "./tracks.ts";

const PREFERENCES = { volume: 0.8, isMuted: false, rate: 1 };

/** A listener whose listen is counted before the bytes may be asked for. */
function startCounted() {
  const counts: PromiseWithResolvers<void>[] = [];
  let isCounted = false;
  const listening = startListening(PREFERENCES, {
    prepare() {
      if (isCounted) return null;
      const count = Promise.withResolvers<void>();
      counts.push(count);
      return count.promise;
    },
  });
  return {
    ...listening,
    counts,
    async isCounted() {
      isCounted = true;
      counts.at(-1)?.resolve();
      await settle();
    },
  };
}

test("a recording that is shown is not asked for before play is pressed", () => {
  const { player, sound, counts } = startCounted();
  player.cueQueue(queueOf([tracks(1, 1)]));
  expect(player.state.get()).toMatchObject({ isPlaying: false, isLoading: false });
  expect(player.state.get().track?.title).toBe("Track 1");
  expect(player.progress.get()).toMatchObject({ positionSeconds: 0, durationSeconds: 180 });
  expect([sound.src, counts.length, sound.paused]).toEqual(["", 0, true]);
});

test("pressing play is answered at once, and the bytes come after the count", async () => {
  const { player, sound, counts, isCounted } = startCounted();
  player.cueQueue(queueOf([tracks(1, 1)]));
  player.play();
  expect(player.state.get()).toMatchObject({ isPlaying: true, isLoading: true });
  expect(sound.paused, "the browser was told within the click").toBe(false);
  await settle();
  expect([sound.src, counts.length]).toEqual(["", 1]);
  await isCounted();
  expect(sound.src).toBe("/stream/Track 1");
  sound.starts();
  expect(player.state.get()).toMatchObject({ isPlaying: true, isLoading: false });
});

test("it is counted once, however often it is paused and tried again", async () => {
  const { player, sound, counts, isCounted } = startCounted();
  player.cueQueue(queueOf([tracks(1, 1)]));
  player.play();
  player.pause();
  player.play();
  await isCounted();
  sound.starts();
  sound.playsTo(30);
  sound.breaks(2);
  await settle();
  expect(counts).toHaveLength(1);
  sound.starts();
  expect(sound.currentTime).toBe(30);
});

test("who pauses before the count is there hears nothing", async () => {
  const { player, sound, isCounted } = startCounted();
  player.cueQueue(queueOf([tracks(1, 1)]));
  player.play();
  player.pause();
  await isCounted();
  expect([sound.src, sound.paused]).toEqual(["/stream/Track 1", true]);
});

test("a place that was chosen before is where it begins", async () => {
  const { player, sound, isCounted } = startCounted();
  player.cueQueue(queueOf([tracks(1, 1)]));
  player.seek(60);
  player.play();
  player.seekBy(30);
  await isCounted();
  sound.starts();
  expect(sound.currentTime).toBe(90);
});

test("a count that fails is left to who asks the server why", async () => {
  const { player, counts, sound, tell } = startCounted();
  tell({ kind: "stuck", message: "It was taken back." });
  player.cueQueue(queueOf([tracks(1, 1)]));
  player.play();
  counts[0]?.reject(new Error("refused"));
  await settle();
  sound.breaks(4);
  await settle();
  expect(player.state.get()).toMatchObject({
    isPlaying: false,
    trouble: { message: "It was taken back.", isRetrying: false },
  });
});

test("what is cleared in the meantime does not come back", async () => {
  const { player, sound, isCounted } = startCounted();
  player.cueQueue(queueOf([tracks(1, 1)]));
  player.play();
  player.clear();
  await isCounted();
  expect([sound.src, player.state.get().track]).toEqual(["", null]);
});

test("what has come to its end does not begin again while the next one is counted", async () => {
  const wasAhead: boolean[] = [];
  const listening = startListening(PREFERENCES, {
    prepare({ title }, isAhead) {
      if (title === "Track 1") return null;
      wasAhead.push(isAhead);
      return new Promise(() => {});
    },
  });
  const { player, sound, spare } = listening;
  player.playQueue(queueOf([tracks(1, 2)]));
  sound.starts();
  sound.playsTo(170);
  expect([wasAhead, spare.src]).toEqual([[true], ""]);
  sound.ends();
  await settle();
  expect([wasAhead, sound.src, spare.src]).toEqual([[true, false], "", ""]);
  expect(player.state.get()).toMatchObject({ isPlaying: true, isLoading: true });
});
