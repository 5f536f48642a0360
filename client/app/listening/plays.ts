import { enoughOf } from "#contract/enough.ts";
import type { PlayedTrack } from "../playback/deck.ts";
import type { Player } from "../playback/player.ts";

/** A longer step between two looks is a leap, and nothing that was heard. */
const LONGEST_STEP_SECONDS = 5;
/** Whoever goes back here begins anew. */
const START_SECONDS = 1;

export interface HeardPlay {
  readonly track: PlayedTrack;
  readonly playId: string;
  readonly heardMs: number;
}

interface Listening {
  readonly track: PlayedTrack;
  readonly playId: string;
  heardSeconds: number;
  positionSeconds: number;
  isTold: boolean;
}

/**
 * Tells of each time that a recording was heard for long enough, once. What is skipped does not count.
 *
 * @returns what ends it.
 */
export function watchPlays(
  { state, progress }: Pick<Player, "state" | "progress">,
  createId: () => string,
  onPlay: (play: HeardPlay) => void,
): () => void {
  let now: Listening | null = null;
  const begin = (track: PlayedTrack, positionSeconds: number): Listening => ({
    ...{ track, playId: createId(), heardSeconds: 0, positionSeconds, isTold: false },
  });
  return progress.subscribe(() => {
    const { track } = state.get();
    const { positionSeconds } = progress.get();
    if (!track) {
      now = null;
      return;
    }
    const isOver = now?.isTold && positionSeconds <= START_SECONDS;
    if (!now || now.track.id !== track.id || isOver) now = begin(track, positionSeconds);
    if (hear(now, positionSeconds)) {
      const { playId, heardSeconds } = now;
      onPlay({ track, playId, heardMs: Math.round(heardSeconds * 1000) });
    }
  });
}

/** @returns true once it was enough. */
function hear(now: Listening, positionSeconds: number): boolean {
  const step = positionSeconds - now.positionSeconds;
  now.positionSeconds = positionSeconds;
  if (step <= 0 || step > LONGEST_STEP_SECONDS) return false;
  now.heardSeconds += step;
  if (now.isTold || now.heardSeconds * 1000 < enoughOf(now.track.durationMs)) return false;
  now.isTold = true;
  return true;
}

/** As browsers make one where the page came by https only. */
export function createPlayId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
