import type { Track } from "#contract/library.ts";
import type { Attach } from "./attaching.ts";
import type { Diagnosis } from "./diagnosis.ts";
import type { Loop } from "./looping.ts";
import type { PlayerModes } from "./modes.ts";
import type { Moment } from "./moments.ts";
import type { Queue } from "./queue.ts";
import type { Random } from "./shuffle.ts";
import type { Sleep } from "./sleeping.ts";
import type { Sound } from "./sound.ts";
import type { Store } from "./store.ts";
import type { Primed } from "./voices.ts";

/**
 * What a player knows of a track. A guest of a public link gets no more of it than this, and no band.
 */
export type PlayedTrack = Pick<
  Track,
  "id" | "title" | "artist" | "album" | "durationMs" | "coverHash" | "state"
> &
  Partial<Pick<Track, "bandId" | "albumId" | "details">>;

/** What the listener is told while it does not play although it should. */
export interface Trouble {
  readonly message: string;
  /** It tries again by itself. */
  readonly isRetrying: boolean;
}

export interface PlayerState {
  readonly queue: Queue | null;
  readonly track: PlayedTrack | null;
  /** What the listener wants; `isLoading` and `trouble` say whether they get it. */
  readonly isPlaying: boolean;
  readonly isLoading: boolean;
  readonly trouble: Trouble | null;
  /** 0 to 1. */
  readonly volume: number;
  readonly isMuted: boolean;
  readonly rate: number;
  /** What is played over and over; `null`: nothing. */
  readonly loop: Loop | null;
  /** When it stops by itself; `null`: never. */
  readonly sleep: Sleep | null;
}

export interface Progress {
  readonly positionSeconds: number;
  readonly durationSeconds: number;
  /** Up to where bytes are here. */
  readonly loadedSeconds: number;
}

export interface PlayerPreferences {
  readonly volume: number;
  readonly isMuted: boolean;
  readonly rate: number;
}

/** The world, as the player gets it. */
export interface PlayerIo {
  readonly sound: Sound;
  /** A second voice, for what comes next without a gap; where only one track plays there is none. */
  readonly spare?: Sound;
  readonly streamUrl: (track: PlayedTrack) => string;
  /** Points the sound at a track where it is not just its stream. */
  readonly attach?: Attach;
  /**
   * What comes before a track's bytes may be asked for, where there is such a thing; `null`: nothing,
   * or it is done. When it fails the bytes do not come either, and `diagnose` says why.
   *
   * @param isAhead - another track plays, and this one only after it.
   */
  readonly prepare?: (track: PlayedTrack, isAhead: boolean) => Promise<void> | null;
  readonly diagnose: (track: PlayedTrack) => Promise<Diagnosis>;
  /** @returns what calls it off. */
  readonly later: (delayMs: number, run: () => void) => () => void;
  /** In milliseconds. */
  readonly now: () => number;
  /** Fetches the head of what plays next; `null`: nothing follows. */
  readonly preload: (track: PlayedTrack | null) => void;
  readonly isOnline: () => boolean;
  readonly noteSkipped: (track: PlayedTrack, reason: string) => void;
  /** The browser refuses to play before the person has clicked something. */
  readonly noteBlocked: () => void;
  readonly noteSignedOut: () => void;
  /** A storage that should have sent a recording did not: the server has to from now on. */
  readonly noteElsewhere: () => void;
  readonly savePreferences: (preferences: PlayerPreferences) => void;
  /** Where there is only one track to hear, nobody chooses how it goes on. */
  readonly saveModes?: (modes: PlayerModes) => void;
  readonly random: Random;
}

/** A player at work. Everything that changes stands here. */
export interface Deck {
  readonly io: PlayerIo;
  readonly state: Store<PlayerState>;
  readonly progress: Store<Progress>;
  readonly modes: Store<PlayerModes>;
  /** The voice that plays. It changes with each track that begins without a gap. */
  sound: Sound;
  /** The other one: it waits for what comes next, or ends what came before. */
  spare: Sound | null;
  primed: Primed | null;
  /** What is done when it comes to a place in the track. */
  moment: Moment | null;
  /** 0 to 1: how much is left of each voice's loudness, and of both when it goes to sleep. */
  readonly shares: { sound: number; spare: number; both: number };
  /** Whose loudness the other voice has. */
  spareTrack: PlayedTrack | null;
  /** From `play()` to what one hears, in milliseconds, as it was the last time. */
  leadMs: number;
  /** The sound has moved for the first time since it took over. */
  noteBegun: () => void;
  cancelFade: () => void;
  cancelSleep: () => void;
  /** Goes up with each source, so that what was asked about an older one is dropped. */
  load: number;
  /** Playing has begun, or is about to; not yet while a queue is only shown. */
  isOpen: boolean;
  /** The new source has not said yet how long it is. */
  isSwitching: boolean;
  /** Where to go on once the length is known, in seconds. */
  resumeAt: number;
  /** Tries since the sound last moved. */
  attempts: number;
  /** Tracks skipped since the sound last moved. */
  skips: number;
  isNextPreloaded: boolean;
  /** Opens the current track again, where it is. */
  reload: () => void;
  /** What 'Try again' does. */
  retry: () => void;
  cancelRetry: () => void;
  cancelWatch: () => void;
}

export function update(deck: Deck, change: Partial<PlayerState>): void {
  deck.state.set({ ...deck.state.get(), ...change });
}

export const isCurrent = (deck: Deck, load: number): boolean => deck.load === load;
