import {
  type Deck,
  type PlayedTrack,
  type PlayerIo,
  type PlayerPreferences,
  type PlayerState,
  type Progress,
  update,
} from "./deck.ts";
import { type PlayerModes, plainModes, repeatAfter } from "./modes.ts";
import { insertNext, jumpTo, type Queue, refreshTracks, stepForward } from "./queue.ts";
import { recover, wake, watchStall } from "./recovery.ts";
import { loadedAround } from "./sound.ts";
import { createStore, type Store } from "./store.ts";
import {
  advance,
  cue,
  goBack,
  goOn,
  loadCurrent,
  seek,
  setShuffled,
  start,
  startNew,
  startQueue,
} from "./transport.ts";

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
  retry(): void;
  /** A scan has read more of them: titles and covers follow, the sound goes on. */
  refresh(newer: readonly PlayedTrack[]): void;
  /** To be called when the network is back. */
  wake(): void;
  /** Silence, and nothing in the queue. */
  clear(): void;
}

const silent: Progress = { positionSeconds: 0, durationSeconds: 0, loadedSeconds: 0 };

/** The head of the next track is fetched when so much was heard. */
const PRELOAD_AFTER_SECONDS = 8;

export function createPlayer(
  io: PlayerIo,
  preferences: PlayerPreferences,
  modes: PlayerModes = plainModes,
): Player {
  const deck = createDeck(io, preferences, modes);
  listen(deck);
  applyPreferences(deck);
  const { state, progress } = deck;
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
  const idle = { queue: null, track: null, isPlaying: false, isLoading: false, trouble: null };
  return {
    io,
    state: createStore<PlayerState>({ ...idle, ...preferences }),
    progress: createStore<Progress>(silent),
    modes: createStore(modes),
    load: 0,
    isOpen: false,
    isSwitching: false,
    resumeAt: 0,
    attempts: 0,
    skips: 0,
    isNextPreloaded: false,
    retry: () => {},
    cancelRetry: () => {},
    cancelWatch: () => {},
  };
}

function play(deck: Deck): void {
  const { track, trouble } = deck.state.get();
  if (!track) return;
  update(deck, { isPlaying: true });
  if (trouble) deck.retry();
  else if (deck.isOpen) void start(deck);
  else loadCurrent(deck, deck.progress.get().positionSeconds);
}

function pause(deck: Deck): void {
  const { trouble } = deck.state.get();
  deck.cancelRetry();
  update(deck, {
    isPlaying: false,
    isLoading: false,
    trouble: trouble && { ...trouble, isRetrying: false },
  });
  deck.io.sound.pause();
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
  deck.io.sound.removeAttribute("src");
  deck.io.sound.load();
  deck.progress.set(silent);
  update(deck, { queue: null, track: null, trouble: null });
}

function prefer(deck: Deck, change: Partial<PlayerPreferences>): void {
  update(deck, change);
  applyPreferences(deck);
  const { volume, isMuted, rate } = deck.state.get();
  deck.io.savePreferences({ volume, isMuted, rate });
}

function applyPreferences({ io: { sound }, state }: Deck): void {
  const { volume, isMuted, rate } = state.get();
  sound.volume = volume;
  sound.muted = isMuted;
  sound.defaultPlaybackRate = rate;
  sound.playbackRate = rate;
}

const clamp = (volume: number): number => Math.max(0, Math.min(1, volume));

/** What the sound says on its own. */
function listen(deck: Deck): void {
  const on = (event: string, run: () => void) => deck.io.sound.addEventListener(event, run);
  on("loadedmetadata", () => noteLength(deck));
  on("timeupdate", () => noteProgress(deck));
  on("progress", () => noteProgress(deck));
  on("seeked", () => noteProgress(deck));
  on("playing", () => {
    deck.cancelWatch();
    update(deck, { isPlaying: true, isLoading: false, trouble: null });
  });
  on("waiting", () => {
    if (!deck.state.get().isPlaying) return;
    update(deck, { isLoading: true });
    watchStall(deck);
  });
  on("pause", () => {
    // The system may pause us (a call, a headset); a change of source and the end of a track do too.
    if (deck.isSwitching || deck.io.sound.ended || deck.io.sound.error) return;
    update(deck, { isPlaying: false, isLoading: false });
  });
  on("ended", () => goOn(deck));
  on("error", () => {
    if (deck.state.get().track && deck.io.sound.error) void recover(deck);
  });
}

function noteLength(deck: Deck): void {
  const { sound } = deck.io;
  deck.isSwitching = false;
  if (deck.resumeAt > 0) sound.currentTime = deck.resumeAt;
  deck.resumeAt = 0;
  noteProgress(deck);
}

function noteProgress(deck: Deck): void {
  const { sound } = deck.io;
  if (deck.isSwitching || sound.error || !deck.state.get().track) return;
  const before = deck.progress.get();
  const durationSeconds = Number.isFinite(sound.duration) ? sound.duration : before.durationSeconds;
  const hasMoved = sound.currentTime > before.positionSeconds;
  deck.progress.set({
    positionSeconds: sound.currentTime,
    durationSeconds,
    loadedSeconds: loadedAround(sound),
  });
  if (hasMoved && !sound.paused) noteMoving(deck);
}

function noteMoving(deck: Deck): void {
  deck.attempts = 0;
  deck.skips = 0;
  if (deck.state.get().isLoading) update(deck, { isLoading: false });
  if (deck.isNextPreloaded || deck.progress.get().positionSeconds < PRELOAD_AFTER_SECONDS) return;
  deck.isNextPreloaded = true;
  const { queue } = deck.state.get();
  const following = queue && stepForward(queue);
  deck.io.preload(following?.tracks[following.index] ?? null);
}
