export const REPEATS = ["off", "all", "one"] as const;
export type Repeat = (typeof REPEATS)[number];

/** How it goes on from track to track. */
export interface PlayerModes {
  /** `all`: from the end to the start again; `one`: the same track, until another is chosen. */
  readonly repeat: Repeat;
  readonly isShuffled: boolean;
}

export const plainModes: PlayerModes = { repeat: "off", isShuffled: false };

/** @returns `undefined` for what is none of ours; what is not known counts as plain. */
export function parseModes(stored: unknown): PlayerModes | undefined {
  if (typeof stored !== "object" || stored === null) return undefined;
  const { repeat, isShuffled } = stored as Record<string, unknown>;
  return {
    repeat: REPEATS.find((each) => each === repeat) ?? plainModes.repeat,
    isShuffled: isShuffled === true,
  };
}

export const repeatAfter = (repeat: Repeat): Repeat =>
  REPEATS[(REPEATS.indexOf(repeat) + 1) % REPEATS.length] ?? "off";
