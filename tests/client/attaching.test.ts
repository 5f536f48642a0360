import { describe, expect, test } from "vitest";
import {
  type AttachingIo,
  createAttaching,
  type HlsFailure,
  type HlsPlayer,
  type Quality,
} from "../../client/app/playback/attaching.ts";
import { queueOf, settle, startListening } from "./listening.ts";
import { tracks } from "./tracks.ts";

const PREFERENCES = { volume: 0.8, isMuted: false, rate: 1 };

interface FakeHls extends HlsPlayer {
  readonly atSeconds: number;
  url: string;
  isDestroyed: boolean;
  starts: number;
  fails(failure: Partial<HlsFailure>): void;
}

interface Given {
  readonly quality?: Quality;
  readonly hasHls?: boolean;
  readonly isNative?: boolean;
  readonly findMeans?: AttachingIo["findMeans"];
}

/** Somebody with a chosen quality, and the library in the test's hands. */
async function startChoosing({
  quality = "low",
  hasHls = true,
  isNative = false,
  ...given
}: Given) {
  const players: FakeHls[] = [];
  const waiting: (() => void)[] = [];
  const chosen = { quality };
  let asked = 0;
  const create = (atSeconds: number): HlsPlayer => {
    const address = `blob:${players.length}`;
    let hear: (failure: HlsFailure) => void = () => {};
    const hls: FakeHls = {
      atSeconds,
      url: "",
      isDestroyed: false,
      starts: 0,
      attachMedia(media) {
        media.src = address;
      },
      loadSource(url) {
        hls.url = url;
      },
      startLoad() {
        hls.starts += 1;
      },
      destroy() {
        hls.isDestroyed = true;
      },
      on(_event, run) {
        hear = (failure) => run("hlsError", failure);
      },
      fails: (failure) => hear({ type: "networkError", fatal: true, ...failure }),
    };
    players.push(hls);
    return hls;
  };
  const attaching = createAttaching({
    quality: () => chosen.quality,
    streamUrl: (track) => `/stream/${track.title}`,
    hlsUrl: (track, wish) => `/hls/${track.title} ${wish.codec} ${wish.quality}`,
    findMeans: () => {
      asked += 1;
      if (given.findMeans) return given.findMeans();
      return Promise.resolve(hasHls ? { codec: "aac", create: isNative ? null : create } : null);
    },
    later(_delayMs, run) {
      waiting.push(run);
      return () => {};
    },
  });
  const listening = startListening(PREFERENCES, {
    attach: attaching.attach,
    prepare: attaching.prepare,
  });
  listening.player.playQueue(queueOf([tracks(1, 3)]));
  await settle();
  return {
    ...listening,
    players,
    last: () => players.at(-1),
    choose(each: Quality) {
      chosen.quality = each;
      attaching.forget();
    },
    timesAsked: () => asked,
    lineIsTriedAgain: () => {
      for (const run of waiting.splice(0)) run();
    },
  };
}

describe("the chosen quality", () => {
  test("is the file itself unless somebody says otherwise, and nothing is asked for it", async () => {
    const { sound, players, timesAsked } = await startChoosing({ quality: "original" });
    expect([sound.src, players.length, timesAsked()]).toEqual(["/stream/Track 1", 0, 0]);
  });

  test("plays in segments where the server makes them, track after track", async () => {
    const { sound, player, players, timesAsked } = await startChoosing({});
    expect(sound.src).toBe("blob:0");
    sound.starts();
    player.next();
    await settle();
    expect(players.map(({ url, isDestroyed }) => [url, isDestroyed])).toEqual([
      ["/hls/Track 1 aac low", true],
      ["/hls/Track 2 aac low", false],
    ]);
    expect(timesAsked()).toBe(1);
  });

  test("asks for no more segments once the player is silent, wherever its source stands", async () => {
    const { sound, player, players } = await startChoosing({});
    sound.starts();
    player.clear();
    expect(players.map(({ isDestroyed }) => isDestroyed)).toEqual([true]);
    expect(sound.src).toBe("");
  });

  test("is let go of by the second voice, too, when something else follows", async () => {
    const { sound, player, players } = await startChoosing({});
    sound.starts(30);
    sound.playsTo(15);
    expect(players).toHaveLength(2);
    player.setSleep({ kind: "track" });
    expect(players.map(({ isDestroyed }) => isDestroyed)).toEqual([false, true]);
  });

  test("is the file where the server makes none, or does not say", async () => {
    const off = await startChoosing({ hasHls: false });
    expect(off.sound.src).toBe("/stream/Track 1");
    const silent = await startChoosing({
      findMeans: () => Promise.reject(new Error("No answer.")),
    });
    expect(silent.sound.src).toBe("/stream/Track 1");
    silent.player.next();
    await settle();
    expect(silent.timesAsked()).toBe(2);
  });

  test("is given up with the source, and another can be chosen", async () => {
    const { sound, player, last, choose } = await startChoosing({});
    sound.starts();
    choose("original");
    player.jump(0);
    await settle();
    expect([sound.src, last()?.isDestroyed]).toEqual(["/stream/Track 1", true]);
  });
});

describe("what is the matter with segments", () => {
  test.each([
    ["a list that is not there", { type: "networkError", response: { code: 404 } }],
    ["a segment that cannot be made", { type: "networkError", response: { code: 503 } }],
    ["bytes that are none", { type: "mediaError" }],
    ["something that the library does not know", { type: "otherError" }],
  ] as const)("%s is no silence: the file plays from there", async (_what, failure) => {
    const { sound, player, last, players, skipped } = await startChoosing({});
    sound.starts();
    sound.playsTo(42);
    last()?.fails(failure);
    await settle();

    const seen = [sound.src, sound.paused, last()?.isDestroyed];
    expect(seen).toEqual(["/stream/Track 1", false, true]);
    sound.starts();
    expect(sound.currentTime).toBe(42);
    expect(player.state.get()).toMatchObject({ isPlaying: true, trouble: null });
    expect(skipped).toEqual([]);
    player.jump(0);
    await settle();
    expect(sound.src).toBe("/stream/Track 1");
    player.next();
    await settle();
    expect([sound.src, players.length]).toEqual(["blob:1", 2]);
  });

  test("what the library can deal with itself changes nothing", async () => {
    const { sound, last } = await startChoosing({});
    last()?.fails({ fatal: false, response: { code: 404 } });
    await settle();
    expect([sound.src, last()?.isDestroyed]).toEqual(["blob:0", false]);
  });

  test("while the line is away what is there is heard, and then it is tried again", async () => {
    const { sound, last, lineIsTriedAgain } = await startChoosing({});
    sound.starts();
    sound.playsTo(10);
    Object.assign(sound, { buffered: { length: 1, start: () => 0, end: () => 40 } });
    last()?.fails({ response: { code: 0 } });
    await settle();
    expect(sound.src).toBe("blob:0");
    lineIsTriedAgain();
    expect(last()?.starts).toBe(1);
    sound.playsTo(39.5);
    last()?.fails({});
    await settle();
    expect(sound.src).toBe("/stream/Track 1");
  });

  test("when the line is back it goes on in the chosen quality", async () => {
    const { sound, player, last, players, goOffline, tell, waitIsOver } = await startChoosing({});
    sound.starts();
    sound.playsTo(10);
    goOffline();
    last()?.fails({ response: { code: 0 } });
    await settle();
    sound.breaks(2);
    await settle();
    expect(player.state.get().trouble?.isRetrying).toBe(true);
    tell({ kind: "fine" });
    waitIsOver();
    await settle();
    expect([sound.src, players.at(-1)?.atSeconds]).toEqual(["blob:1", 10]);
  });

  test("a session that has to be renewed is, and the quality stays", async () => {
    const { sound, last, tell } = await startChoosing({});
    sound.starts();
    tell({ kind: "renewed" });
    last()?.fails({ response: { code: 401 } });
    await settle();
    expect(sound.src).toBe("/stream/Track 1");
    sound.breaks(4);
    await settle();
    expect(sound.src).toBe("blob:1");
  });

  test("a sound that the browser cannot decode is opened as the file", async () => {
    const { sound, last } = await startChoosing({});
    sound.starts();
    sound.playsTo(7);
    sound.breaks(3);
    await settle();
    expect([sound.src, last()?.isDestroyed]).toEqual(["/stream/Track 1", true]);
    sound.starts();
    expect(sound.currentTime).toBe(7);
  });

  test("a browser that plays segments by itself falls back too", async () => {
    const { sound, skipped } = await startChoosing({ isNative: true });
    expect(sound.src).toBe("/hls/Track 1 aac low");
    sound.breaks(4);
    await settle();
    expect([sound.src, skipped]).toEqual(["/stream/Track 1", []]);
  });

  test("segments that never come are not waited for again and again", async () => {
    const { sound, players, waitIsOver } = await startChoosing({});
    for (let stalls = 0; stalls < 3; stalls += 1) {
      sound.stalls();
      waitIsOver();
      await settle();
    }
    expect([sound.src, players.length]).toEqual(["/stream/Track 1", 3]);
  });
});
