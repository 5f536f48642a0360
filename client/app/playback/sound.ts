/** What the player needs of an `<audio>` element; tests bring their own. */
export type Sound = Pick<
  HTMLAudioElement,
  | "src"
  | "currentTime"
  | "duration"
  | "paused"
  | "ended"
  | "readyState"
  | "volume"
  | "muted"
  | "playbackRate"
  | "defaultPlaybackRate"
  | "buffered"
  | "error"
  | "play"
  | "pause"
  | "removeAttribute"
  | "load"
> &
  Pick<EventTarget, "addEventListener">;

/** The codes of `MediaError`. */
export const MediaFailure = { network: 2, decode: 3, format: 4 } as const;

/** Of `readyState`: it knows its length; it has enough to begin. */
export const HAS_LENGTH = 1;
export const CAN_BEGIN = 3;

/** Seconds that are loaded from where it plays. */
export function loadedAround({ buffered, currentTime }: Sound): number {
  for (let at = 0; at < buffered.length; at += 1) {
    if (buffered.start(at) <= currentTime + 0.5 && buffered.end(at) >= currentTime) {
      return buffered.end(at);
    }
  }
  return 0;
}
