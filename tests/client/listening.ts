import type { Track } from "#contract/library.ts";
import type { PlayerIo, PlayerPreferences } from "../../client/app/playback/deck.ts";
import type { Diagnosis } from "../../client/app/playback/diagnosis.ts";
import type { PlayerModes } from "../../client/app/playback/modes.ts";
import { createPlayer, type Player } from "../../client/app/playback/player.ts";
import type { Queue, QueuePage } from "../../client/app/playback/queue.ts";
import type { Sound } from "../../client/app/playback/sound.ts";

/** The browser's `<audio>`, as far as it matters: it does nothing until it is told what happens. */
export interface FakeSound extends Sound {
  /** The source says how long it is, and all of it is here. */
  loads(seconds?: number): void;
  /** The source says how long it is and plays. */
  starts(seconds?: number): void;
  playsTo(seconds: number): void;
  ends(): void;
  /** @param code - of `MediaError`. */
  breaks(code: number): void;
  /** `play()` fails from now on, with an error of this name. */
  refusesToPlay(name: string): void;
  /** The system takes the sound away: a call, a headset that is pulled out. */
  isSilenced(): void;
  /** It waits for bytes that do not come. */
  stalls(): void;
}

const noRanges = { length: 0, start: () => 0, end: () => 0 };

export function createFakeSound(): FakeSound {
  const events = new EventTarget();
  const say = (name: string) => events.dispatchEvent(new Event(name));
  let src = "";
  const sound = {
    addEventListener: events.addEventListener.bind(events),
    currentTime: 0,
    duration: Number.NaN,
    paused: true,
    ended: false,
    readyState: 0,
    error: null as MediaError | null,
    volume: 1,
    muted: false,
    playbackRate: 1,
    defaultPlaybackRate: 1,
    buffered: noRanges,
    get src() {
      return src;
    },
    set src(url: string) {
      Object.assign(sound, { currentTime: 0, duration: Number.NaN, ended: false, error: null });
      sound.readyState = 0;
      src = url;
    },
    async play() {
      sound.paused = false;
    },
    pause() {
      if (sound.paused) return;
      sound.paused = true;
      say("pause");
    },
    load() {},
    removeAttribute() {
      src = "";
    },
    loads(seconds = 180) {
      sound.duration = seconds;
      sound.readyState = 4;
      say("loadedmetadata");
    },
    starts(seconds = 180) {
      sound.loads(seconds);
      say("playing");
    },
    playsTo(seconds: number) {
      sound.currentTime = seconds;
      say("timeupdate");
    },
    ends() {
      Object.assign(sound, { currentTime: sound.duration, ended: true, paused: true });
      say("ended");
    },
    breaks(code: number) {
      sound.error = { code } as MediaError;
      say("error");
    },
    refusesToPlay(name: string) {
      sound.play = () => Promise.reject(new DOMException("The browser says no.", name));
    },
    stalls() {
      say("waiting");
    },
    isSilenced() {
      sound.paused = true;
      say("pause");
    },
  };
  return sound;
}

export interface Listening {
  readonly player: Player;
  readonly sound: FakeSound;
  /** The second voice. */
  readonly spare: FakeSound;
  /** Titles and reasons of what was passed over. */
  readonly skipped: (readonly [title: string, reason: string])[];
  readonly preloaded: (string | null)[];
  readonly saved: PlayerPreferences[];
  /** Delays of what waits, in milliseconds. */
  waits(): number[];
  /** Lets the waiting be over. */
  waitIsOver(): void;
  /** So much time is over, and so is what waits for no longer than that. */
  timeGoesBy(ms: number): void;
  /** What asking the server about a track tells from now on. */
  tell(diagnosis: Diagnosis): void;
  goOffline(): void;
  wasSignedOut(): boolean;
  /** How often the listener was told that the browser wants a click first. */
  timesBlocked(): number;
}

/** Somebody with a player. Asking the server, waiting and the network are in the test's hands. */
export function startListening(
  preferences: PlayerPreferences = { volume: 0.8, isMuted: false, rate: 1 },
  more: Partial<Pick<PlayerIo, "attach" | "prepare" | "random" | "saveModes">> = {},
  modes?: PlayerModes,
): Listening {
  const sound = createFakeSound();
  const spare = createFakeSound();
  let nowMs = 0;
  const skipped: [string, string][] = [];
  const preloaded: (string | null)[] = [];
  const saved: PlayerPreferences[] = [];
  const waiting = new Map<() => void, number>();
  let diagnosis: Diagnosis = { kind: "fine" };
  let isOnline = true;
  let isSignedOut = false;
  let isDirect = true;
  let timesBlocked = 0;
  const player = createPlayer(
    {
      random: Math.random,
      ...more,
      sound,
      spare,
      now: () => nowMs,
      streamUrl: (track) => `/stream/${track.title}${isDirect ? "" : "?direct=0"}`,
      diagnose: async () => diagnosis,
      later(delayMs, run) {
        waiting.set(run, delayMs);
        return () => waiting.delete(run);
      },
      preload: (track) => preloaded.push(track?.title ?? null),
      isOnline: () => isOnline,
      noteSkipped: (track, reason) => skipped.push([track.title, reason]),
      noteBlocked: () => {
        timesBlocked += 1;
      },
      noteSignedOut: () => {
        isSignedOut = true;
      },
      noteElsewhere: () => {
        isDirect = false;
      },
      savePreferences: (each) => saved.push(each),
    },
    preferences,
    modes,
  );
  return {
    player,
    sound,
    spare,
    timeGoesBy(ms) {
      nowMs += ms;
      for (const [run, delayMs] of [...waiting]) {
        if (delayMs <= ms && waiting.delete(run)) run();
      }
    },
    skipped,
    preloaded,
    saved,
    waits: () => [...waiting.values()],
    waitIsOver() {
      const runs = [...waiting.keys()];
      waiting.clear();
      for (const run of runs) run();
    },
    tell(each) {
      diagnosis = each;
    },
    goOffline() {
      isOnline = false;
      diagnosis = { kind: "unreachable" };
    },
    wasSignedOut: () => isSignedOut,
    timesBlocked: () => timesBlocked,
  };
}

/** A list in pages, as the library serves it, from one of its rows. */
export function queueOf(pages: readonly (readonly Track[])[], index = 0): Queue {
  const toNext = (page: number) => (page + 1 < pages.length ? String(page + 1) : null);
  const fetchPage = async (cursor: string): Promise<QueuePage> => ({
    tracks: pages[Number(cursor)] ?? [],
    next: toNext(Number(cursor)),
  });
  return { tracks: pages[0] ?? [], index, next: toNext(0), fetchPage };
}

/** Lets everything happen that waits for no timer. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const titleOf = ({ player }: Listening): string | undefined =>
  player.state.get().track?.title;

/** So many tracks to their ends. @returns their titles. */
export async function hear(listening: Listening, count: number): Promise<(string | undefined)[]> {
  const heard: (string | undefined)[] = [];
  for (let at = 0; at < count; at += 1) {
    heard.push(titleOf(listening));
    listening.sound.starts();
    listening.sound.playsTo(1);
    listening.sound.ends();
    await settle();
  }
  return heard;
}
