import type { HlsWish } from "#contract/playback.ts";
import type { PlayedTrack, PlayerIo } from "./deck.ts";
import { loadedAround, type Sound } from "./sound.ts";

/** Points a sound at a track. */
export type Attach = (sound: Sound, track: PlayedTrack, opening: Opening) => void;

interface Opening {
  readonly atSeconds: number;
  /** Opens the track again where it is, because it does not come on the way that was taken. */
  readonly goOnElsewhere: () => void;
}

/** Every source of every voice goes through here. */
export function attachTrack(
  { attach, streamUrl }: Pick<PlayerIo, "attach" | "streamUrl">,
  sound: Sound,
  track: PlayedTrack,
  opening: Opening,
): void {
  if (attach) attach(sound, track, opening);
  else sound.src = streamUrl(track);
}

/** What has to be let go of before a sound is pointed at anything else. */
const held = new WeakMap<Sound, () => void>();

function letGo(sound: Sound): void {
  held.get(sound)?.();
  held.delete(sound);
}

/** Takes it away again: no more bytes are asked for. */
export function detach(sound: Sound): void {
  // Its source need not be in `src`: Safari's stands in a child of the element.
  letGo(sound);
  sound.removeAttribute("src");
  sound.load();
}

/** In this browser: the file as it is, or what the server makes of it. */
export const QUALITIES = ["original", "high", "low"] as const;
export type Quality = (typeof QUALITIES)[number];

/** What is used of hls.js. */
export interface HlsPlayer {
  attachMedia(media: HTMLMediaElement): void;
  loadSource(url: string): void;
  startLoad(): void;
  destroy(): void;
  on(event: "hlsError", run: (event: "hlsError", failure: HlsFailure) => void): void;
}

export interface HlsFailure {
  readonly type: string;
  readonly fatal: boolean;
  /** Of the server's answer, if there was one; 0 for none. */
  readonly response?: { readonly code?: number | undefined } | undefined;
}

export type CreateHls = (atSeconds: number) => HlsPlayer;

export interface AttachingIo {
  readonly quality: () => Quality;
  readonly streamUrl: (track: PlayedTrack) => string;
  readonly hlsUrl: (track: PlayedTrack, wish: HlsWish) => string;
  /**
   * How segments are played here: by a library, or by the browser itself.
   *
   * @returns `null` when the server makes none, or they cannot be played here.
   */
  readonly findMeans: () => Promise<HlsMeans | null>;
  readonly later: (delayMs: number, run: () => void) => () => void;
}

export interface HlsMeans {
  readonly codec: "aac" | "opus";
  /** `null`: the browser does it. */
  readonly create: CreateHls | null;
}

export interface Attaching {
  /** Until `findMeans` has answered. */
  readonly prepare: () => Promise<void> | null;
  readonly attach: Attach;
  readonly isWanted: () => boolean;
  /** Another quality was chosen: what did not work may. */
  readonly forget: () => void;
}

/** A track that was opened so often in a row does not get on: the file itself may. */
const MOST_OPENINGS = 3;
/** While there is something to hear, the line may come back. */
const LINE_AGAIN_MS = 2_000;
const ENOUGH_SECONDS = 1;
/** What says nothing about whether segments can be had: no answer, a session to be renewed. */
const PASSING = [0, 401];

/**
 * Tracks in the quality that was chosen, and as they are wherever that does not work: nothing that is
 * the matter with segments is ever a reason for silence.
 */
export function createAttaching(io: AttachingIo): Attaching {
  const unfit = new Set<string>();
  let means: HlsMeans | null | undefined;
  let plainOnce: string | null = null;
  let opened = { id: "", times: 0 };

  const isWanted = (): boolean => io.quality() !== "original" && means !== null;

  /** Why a track is opened as it is is forgotten with the next one, but for what cannot be had. */
  const mayBeInSegments = ({ id }: PlayedTrack): boolean => {
    opened = { id, times: opened.id === id ? opened.times + 1 : 1 };
    const isPlain = plainOnce === id;
    plainOnce = null;
    return !isPlain && !unfit.has(id) && opened.times <= MOST_OPENINGS;
  };

  const attach: Attach = (sound, track, opening) => {
    letGo(sound);
    const quality = io.quality();
    if (quality === "original" || !means || !mayBeInSegments(track)) {
      sound.src = io.streamUrl(track);
      return;
    }
    const url = io.hlsUrl(track, { codec: means.codec, quality });
    const isUnfit = (): void => void unfit.add(track.id);
    if (means.create === null) held.set(sound, playByBrowser(sound, url, isUnfit));
    else {
      const giveUp = (isPassing: boolean): void => {
        if (isPassing) plainOnce = track.id;
        else isUnfit();
        opening.goOnElsewhere();
      };
      const hls = means.create(opening.atSeconds);
      held.set(sound, playByLibrary(io, hls, { sound, url, isUnfit, giveUp }));
    }
  };

  return {
    isWanted,
    attach,
    prepare() {
      if (means !== undefined || !isWanted()) return null;
      return io.findMeans().then(
        (found) => {
          means = found;
        },
        // The next track may find out.
        () => {},
      );
    },
    forget() {
      unfit.clear();
      if (means === null) means = undefined;
      opened = { id: "", times: 0 };
    },
  };
}

/** @returns what lets go of the sound. */
function playByBrowser(sound: Sound, url: string, isUnfit: () => void): () => void {
  const leaving = new AbortController();
  sound.src = url;
  // The player opens it again after an error.
  sound.addEventListener("error", isUnfit, { once: true, signal: leaving.signal });
  return () => leaving.abort();
}

interface Playing {
  readonly sound: Sound;
  readonly url: string;
  readonly isUnfit: () => void;
  readonly giveUp: (isPassing: boolean) => void;
}

function playByLibrary(
  { later }: AttachingIo,
  hls: HlsPlayer,
  { sound, url, isUnfit, giveUp }: Playing,
): () => void {
  const leaving = new AbortController();
  const { signal } = leaving;
  const leave = (): void => {
    if (signal.aborted) return;
    leaving.abort();
    hls.destroy();
  };
  hls.on("hlsError", (_event, failure) => {
    if (!failure.fatal || signal.aborted) return;
    const code = failure.response?.code ?? 0;
    const isPassing = failure.type === "networkError" && PASSING.includes(code);
    const hasMore = loadedAround(sound) > sound.currentTime + ENOUGH_SECONDS;
    if (isPassing && hasMore) later(LINE_AGAIN_MS, () => signal.aborted || hls.startLoad());
    else giveUp(isPassing);
  });
  sound.addEventListener("error", isUnfit, { once: true, signal });
  hls.loadSource(url);
  hls.attachMedia(sound as HTMLMediaElement);
  return leave;
}
