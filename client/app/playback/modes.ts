export const REPEATS = ["off", "all", "one"] as const;
export type Repeat = (typeof REPEATS)[number];

/** Whose loudness is made alike: that of single tracks, or of albums as they were mixed. */
export const LEVELLINGS = ["off", "track", "album"] as const;
export type Levelling = (typeof LEVELLINGS)[number];

export const LONGEST_CROSSFADE_SECONDS = 12;

/** How it goes on from track to track. */
export interface PlayerModes {
  /** `all`: from the end to the start again; `one`: the same track, until another is chosen. */
  readonly repeat: Repeat;
  readonly isShuffled: boolean;
  /** For so long the end of one track is heard with the start of the next; 0: not at all. */
  readonly crossfadeSeconds: number;
  readonly levelling: Levelling;
}

export const plainModes: PlayerModes = {
  repeat: "off",
  isShuffled: false,
  crossfadeSeconds: 0,
  levelling: "off",
};

/** @returns `undefined` for what is none of ours; what is not known counts as plain. */
export function parseModes(stored: unknown): PlayerModes | undefined {
  if (typeof stored !== "object" || stored === null) return undefined;
  const { repeat, isShuffled, crossfadeSeconds, levelling } = stored as Record<string, unknown>;
  return {
    repeat: REPEATS.find((each) => each === repeat) ?? plainModes.repeat,
    isShuffled: isShuffled === true,
    crossfadeSeconds: isCrossfade(crossfadeSeconds) ? crossfadeSeconds : 0,
    levelling: LEVELLINGS.find((each) => each === levelling) ?? plainModes.levelling,
  };
}

const isCrossfade = (stored: unknown): stored is number =>
  typeof stored === "number" && stored >= 0 && stored <= LONGEST_CROSSFADE_SECONDS;

export const repeatAfter = (repeat: Repeat): Repeat =>
  REPEATS[(REPEATS.indexOf(repeat) + 1) % REPEATS.length] ?? "off";
