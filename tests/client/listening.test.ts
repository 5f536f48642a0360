import { describe, expect, test } from "vitest";
import type { BandId, TrackId } from "#contract/ids.ts";
import { createPlayId, type HeardPlay, watchPlays } from "../../client/app/listening/plays.ts";
import { type QueueToSave, toSaved, watchQueue } from "../../client/app/listening/queue-saving.ts";
import type { PlayedTrack, PlayerState, Progress } from "../../client/app/playback/deck.ts";
import { createStore } from "../../client/app/playback/store.ts";
import { anchorFor } from "../../client/app/playlists/moving.ts";

const trackOf = (id: string, durationMs: number | null = 100_000): PlayedTrack => ({
  ...{ id: id as TrackId, title: id, artist: null, album: null, durationMs },
  ...{ coverHash: null, state: "present", bandId: "band" as BandId },
});

function startPlayer(tracks: readonly PlayedTrack[]) {
  const queueAt = (index: number) => ({
    ...{ tracks, index, next: null, fetchPage: async () => ({ tracks: [], next: null }) },
  });
  const state = createStore<PlayerState>({
    ...{ queue: queueAt(0), track: tracks[0] ?? null, isPlaying: true, isLoading: false },
    ...{ trouble: null, volume: 1, isMuted: false, rate: 1, loop: null, sleep: null },
  });
  const progress = createStore<Progress>({
    positionSeconds: 0,
    durationSeconds: 0,
    loadedSeconds: 0,
  });
  let at = 0;
  const seek = (seconds: number) => {
    at = seconds;
    progress.set({ ...progress.get(), positionSeconds: at });
  };
  return {
    ...{ state, progress, seek },
    /** As a browser tells of it, four times a second. */
    hear(seconds: number) {
      for (let told = 0; told < seconds * 4; told += 1) seek(at + 0.25);
    },
    jump(index: number) {
      state.set({ ...state.get(), queue: queueAt(index), track: tracks[index] ?? null });
      seek(0);
    },
    set: (change: Partial<PlayerState>) => state.set({ ...state.get(), ...change }),
  };
}

describe("a play", () => {
  const watch = (tracks: readonly PlayedTrack[]) => {
    const player = startPlayer(tracks);
    const told: HeardPlay[] = [];
    let id = 0;
    watchPlays(
      player,
      () => `play ${++id}`,
      (play) => told.push(play),
    );
    player.seek(0);
    return { player, told };
  };

  test("is told once half of it was heard, and once only", () => {
    const { player, told } = watch([trackOf("a")]);
    player.hear(49.75);
    expect(told).toEqual([]);
    player.hear(0.25);
    expect(told).toMatchObject([{ playId: "play 1", heardMs: 50_000 }]);
    player.hear(50);
    expect(told).toHaveLength(1);
  });

  test("does not count what was skipped", () => {
    const { player, told } = watch([trackOf("a")]);
    player.hear(20);
    player.seek(80);
    player.hear(19);
    expect(told).toEqual([]);
    player.seek(30);
    player.hear(11);
    expect(told).toHaveLength(1);
  });

  test("of a long one is told after four minutes, of one without a length after half a minute", () => {
    const { player, told } = watch([trackOf("a", 3_600_000), trackOf("b", null)]);
    player.hear(239);
    expect(told).toEqual([]);
    player.hear(1);
    expect(told).toHaveLength(1);
    player.jump(1);
    player.hear(29);
    expect(told).toHaveLength(1);
    player.hear(1);
    expect(told.map(({ track }) => track.id)).toEqual(["a", "b"]);
  });

  test("begins anew with the recording, and with the next one", () => {
    const { player, told } = watch([trackOf("a"), trackOf("b")]);
    player.hear(60);
    player.seek(0);
    player.hear(60);
    player.jump(1);
    player.hear(40);
    player.jump(0);
    player.hear(60);
    expect(told.map(({ track, playId }) => [track.id, playId])).toEqual([
      ["a", "play 1"],
      ["a", "play 2"],
      ["a", "play 4"],
    ]);
  });

  test("has an id of its own, as ids are written", () => {
    const ids = Array.from({ length: 100 }, createPlayId);
    expect(new Set(ids).size).toBe(100);
    for (const id of ids) {
      expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    }
  });
});

describe("a queue", () => {
  const watch = (tracks: readonly PlayedTrack[]) => {
    const player = startPlayer(tracks);
    const saved: QueueToSave[] = [];
    let now = 0;
    let waiting: { readonly at: number; readonly run: () => void } | null = null;
    const clock = {
      now: () => now,
      later: (delayMs: number, run: () => void) => {
        const mine = { at: now + delayMs, run };
        waiting = mine;
        return () => {
          if (waiting === mine) waiting = null;
        };
      },
    };
    const watching = watchQueue(player, clock, (queue) => saved.push(queue));
    const pass = (ms: number) => {
      now += ms;
      const due = waiting;
      if (!due || due.at > now) return;
      waiting = null;
      due.run();
    };
    return { player, saved, pass, ...watching };
  };

  test("is saved soon after each recording begins or is paused, and every quarter of a minute", () => {
    const { player, saved, pass } = watch([trackOf("a"), trackOf("b")]);
    player.hear(3);
    expect(saved).toEqual([]);
    player.set({ isPlaying: false });
    pass(4_999);
    expect(saved).toEqual([]);
    pass(1);
    expect(saved).toMatchObject([{ index: 0, positionMs: 3000, trackIds: ["a", "b"] }]);
    pass(60_000);
    player.set({ isPlaying: true });
    player.jump(1);
    pass(0);
    expect(saved).toHaveLength(2);
    pass(14_999);
    player.hear(1);
    expect(saved).toHaveLength(2);
    pass(1);
    player.hear(1);
    expect(saved).toHaveLength(3);
    expect(saved[2]).toMatchObject({ index: 1 });
  });

  test("of somebody who skips through a list is saved once in a while", () => {
    const { player, saved, pass } = watch([trackOf("a"), trackOf("b")]);
    for (let turn = 0; turn < 100; turn += 1) {
      player.jump(turn % 2);
      pass(200);
    }
    expect(saved).toHaveLength(4);
  });

  test("that is only shown is not saved, nor one that has not moved", () => {
    const { player, saved, flush, pass } = watch([trackOf("a")]);
    player.set({ isPlaying: false });
    player.seek(5);
    flush();
    pass(60_000);
    expect(saved).toEqual([]);
    player.set({ isPlaying: true });
    player.hear(1);
    flush();
    const { length } = saved;
    flush();
    expect(saved).toHaveLength(length);
    expect(saved.at(-1)).toMatchObject({ positionMs: 6000 });
  });

  test("of thousands is kept around where the listener is", () => {
    const tracks = Array.from({ length: 3000 }, (_, index) => trackOf(String(index)));
    const queue = {
      tracks,
      index: 1000,
      next: null,
      fetchPage: async () => ({ tracks: [], next: null }),
    };
    const saved = toSaved(queue, 1.5);
    expect(saved?.trackIds).toHaveLength(500);
    expect(saved?.trackIds[saved.index]).toBe("1000");
    expect(saved?.positionMs).toBe(1500);
    expect(toSaved({ ...queue, index: 5000 }, 0)).toBeNull();
  });
});

test.each([
  [0, 2, "c"],
  [2, 0, null],
  [1, 2, "c"],
  [2, 1, "a"],
  [0, 1, "b"],
])("from place %j to place %j is behind %j", (from, to, after) => {
  expect(anchorFor(["a", "b", "c"], from, to)).toBe(after);
});
