import { detach } from "./attaching.ts";
import {
  type Deck,
  type PlayedTrack,
  type PlayerIo,
  type PlayerPreferences,
  type PlayerState,
  type Progress,
  update,
} from "./deck.ts";
import { listen } from "./hearing.ts";
import { applyLevels } from "./levels.ts";
import { type Loop, markEnd, markStart, nudge, setLoop } from "./looping.ts";
import { type PlayerModes, plainModes, repeatAfter } from "./modes.ts";
import { cancelMoment } from "./moments.ts";
import { pause } from "./pausing.ts";
import { insertNext, jumpTo, moveTrack, type Queue, refreshTracks, removeTrack } from "./queue.ts";
import { wake } from "./recovery.ts";
import { type Sleep, setSleep } from "./sleeping.ts";
import { createStore, type Store } from "./store.ts";
import {
  advance,
  cue,
  goBack,
  loadCurrent,
  seek,
  setShuffled,
  start,
  startNew,
  startQueue,
} from "./transport.ts";
import { dropPrimed } from "./voices.ts";

export interface Player {
  readonly state: Pick<Store<PlayerState>, "get" | "subscribe">;
  readonly progress: Pick<Store<Progress>, "get" | "subscribe">;
  readonly modes: Pick<Store<PlayerModes>, "get" | "subscribe">;
  playQueue(queue: Queue): void;
  /** Shows it, ready to be played from there: nothing of it is asked for before that. */
  cueQueue(queue: Queue, atSeconds?: number): void;
  /** After the current one; starts it when nothing plays. */
  playNext(track: PlayedTrack, fallback: Queue): void;
  jump(index: number): void;
  toggle(): void;
  play(): void;
  pause(): void;
  next(): void;
  previous(): void;
  /** @param seconds - from the start. */
  seek(seconds: number): void;
  /** @param seconds - forward, or back when negative. */
  seekBy(seconds: number): void;
  setVolume(volume: number): void;
  toggleMute(): void;
  setRate(rate: number): void;
  toggleShuffle(): void;
  /** Off, all, one, and off again. */
  cycleRepeat(): void;
  setModes(change: Partial<Pick<PlayerModes, "crossfadeSeconds" | "levelling">>): void;
  /** A part begins here that is to be heard over and over; once more, and there is none. */
  markLoopStart(): void;
  /** It ends here, and is played again from its start; once more takes the end away. */
  markLoopEnd(): void;
  nudgeLoop(end: "from" | "to", bySeconds: number): void;
  setSleep(sleep: Sleep | null): void;
  /** @param from - both are places in the whole queue, from 0. */
  moveInQueue(from: number, to: number): void;
  removeFromQueue(at: number): void;
  retry(): void;
  /** A scan has read more of them: titles and covers follow, the sound goes on. */
  refresh(newer: readonly PlayedTrack[]): void;
  /** To be called when the network is back. */
  wake(): void;
  /** Silence, and nothing in the queue. */
  clear(): void;
}

const idle = {
  queue: null,
  track: null,
  isPlaying: false,
  isLoading: false,
  trouble: null,
  loop: null,
  sleep: null,
} as const;

const silent: Progress = { positionSeconds: 0, durationSeconds: 0, loadedSeconds: 0 };

/** Of a machine that has not joined two tracks yet. */
const FIRST_LEAD_MS = 40;

export function createPlayer(
  io: PlayerIo,
  preferences: PlayerPreferences,
  modes: PlayerModes = plainModes,
): Player {
  const deck = createDeck(io, preferences, modes);
  for (const voice of [io.sound, io.spare]) if (voice) listen(deck, voice);
  applyPreferences(deck);
  const { state, progress } = deck;
  const arrange = (change: (queue: Queue) => Queue) => {
    const { queue } = state.get();
    if (queue) update(deck, { queue: change(queue) });
  };
  const loop = (change: (loop: Loop | null, atSeconds: number) => Loop | null) => {
    const atSeconds = placeOf(deck);
    setLoop(deck, change(state.get().loop, atSeconds), atSeconds);
  };
  deck.modes.subscribe(() => io.saveModes?.(deck.modes.get()));

  return {
    state,
    progress,
    modes: deck.modes,
    playQueue: (queue) => startNew(deck, queue),
    cueQueue: (queue, atSeconds = 0) => cue(deck, queue, atSeconds),
    playNext(track, fallback) {
      const { queue } = state.get();
      if (queue) update(deck, { queue: insertNext(queue, track) });
      else startNew(deck, fallback);
    },
    jump(index) {
      const { queue } = state.get();
      if (queue) startQueue(deck, jumpTo(queue, index));
    },
    toggle: () => (state.get().isPlaying ? pause(deck) : play(deck)),
    play: () => play(deck),
    pause: () => pause(deck),
    next: () => void advance(deck),
    previous: () => goBack(deck),
    seek: (seconds) => seek(deck, seconds),
    seekBy: (seconds) => seek(deck, progress.get().positionSeconds + seconds),
    setVolume: (volume) => prefer(deck, { volume: clamp(volume), isMuted: false }),
    toggleMute: () => prefer(deck, { isMuted: !state.get().isMuted }),
    setRate: (rate) => prefer(deck, { rate }),
    toggleShuffle: () => setShuffled(deck, !deck.modes.get().isShuffled),
    cycleRepeat() {
      const now = deck.modes.get();
      deck.modes.set({ ...now, repeat: repeatAfter(now.repeat) });
    },
    setModes(change) {
      deck.modes.set({ ...deck.modes.get(), ...change });
      applyLevels(deck);
    },
    markLoopStart: () => loop(markStart),
    markLoopEnd: () => loop(markEnd),
    nudgeLoop: (end, bySeconds) =>
      loop((now) => now && nudge(now, end, bySeconds, progress.get().durationSeconds)),
    setSleep: (sleep) => setSleep(deck, sleep),
    moveInQueue: (from, to) => arrange((queue) => moveTrack(queue, from, to)),
    removeFromQueue: (at) => arrange((queue) => removeTrack(queue, at)),
    retry() {
      deck.cancelRetry();
      deck.retry();
    },
    refresh: (newer) => refresh(deck, newer),
    wake: () => wake(deck),
    clear: () => clear(deck),
  };
}

function createDeck(io: PlayerIo, preferences: PlayerPreferences, modes: PlayerModes): Deck {
  const deck: Deck = {
    io,
    state: createStore<PlayerState>({ ...idle, ...preferences }),
    progress: createStore<Progress>(silent),
    modes: createStore(modes),
    sound: io.sound,
    spare: io.spare ?? null,
    primed: null,
    moment: null,
    shares: { sound: 1, spare: 1, both: 1 },
    spareTrack: null,
    leadMs: FIRST_LEAD_MS,
    noteBegun: () => {},
    cancelFade: () => {},
    cancelSleep: () => {},
    load: 0,
    isOpen: false,
    isSwitching: false,
    resumeAt: 0,
    attempts: 0,
    skips: 0,
    isNextPreloaded: false,
    reload: () => loadCurrent(deck, deck.progress.get().positionSeconds),
    retry: () => {},
    cancelRetry: () => {},
    cancelWatch: () => {},
  };
  return deck;
}

function play(deck: Deck): void {
  const { track, trouble } = deck.state.get();
  if (!track) return;
  update(deck, { isPlaying: true });
  if (trouble) deck.retry();
  else if (deck.isOpen) void start(deck);
  else loadCurrent(deck, deck.progress.get().positionSeconds);
}

function refresh(deck: Deck, newer: readonly PlayedTrack[]): void {
  const { queue, track } = deck.state.get();
  if (!queue || !track) return;
  const byId = new Map(newer.map((each) => [each.id, each]));
  update(deck, { queue: refreshTracks(queue, byId), track: byId.get(track.id) ?? track });
}

function clear(deck: Deck): void {
  pause(deck);
  deck.load += 1;
  deck.isOpen = false;
  dropPrimed(deck);
  detach(deck.sound);
  setSleep(deck, null);
  deck.progress.set(silent);
  update(deck, { queue: null, track: null, trouble: null, loop: null });
}

function prefer(deck: Deck, change: Partial<PlayerPreferences>): void {
  update(deck, change);
  applyPreferences(deck);
  const { volume, isMuted, rate } = deck.state.get();
  deck.io.savePreferences({ volume, isMuted, rate });
}

function applyPreferences(deck: Deck): void {
  const { isMuted, rate } = deck.state.get();
  cancelMoment(deck);
  for (const voice of [deck.sound, deck.spare]) {
    if (!voice) continue;
    voice.muted = isMuted;
    voice.defaultPlaybackRate = rate;
    voice.playbackRate = rate;
  }
  applyLevels(deck);
}

/** Between two looks at the sound it has moved on. */
const placeOf = ({ sound, isSwitching, isOpen, progress }: Deck): number =>
  isSwitching || !isOpen ? progress.get().positionSeconds : sound.currentTime;

const clamp = (volume: number): number => Math.max(0, Math.min(1, volume));
