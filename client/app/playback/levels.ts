import type { Deck, PlayedTrack } from "./deck.ts";
import type { Levelling } from "./modes.ts";

/**
 * A browser makes nothing louder than its file is. So all is played so much quieter, and what was
 * mastered quietly has room to come up to the rest.
 */
export const PREAMP_DB = -6;

type Leveled = Pick<PlayedTrack, "details">;

/** How loud a voice is to be, 0 to 1, so that no sample is cut off. */
export function levelOf(track: Leveled | null, volume: number, levelling: Levelling): number {
  if (levelling === "off") return volume;
  const { gainDb, peak } = gainOf(track, levelling);
  const wanted = volume * 10 ** ((gainDb + PREAMP_DB) / 20);
  return Math.min(wanted, 1, peak > 0 ? 1 / peak : 1);
}

/** One falls back on the other: better alike than not at all. */
function gainOf(track: Leveled | null, levelling: Levelling) {
  const gains = track?.details?.replayGain;
  const single = [gains?.trackGainDb, gains?.trackPeak] as const;
  const whole = [gains?.albumGainDb, gains?.albumPeak] as const;
  const [[gain, peak], [otherGain, otherPeak]] =
    levelling === "track" ? [single, whole] : [whole, single];
  return { gainDb: gain ?? otherGain ?? 0, peak: (gain == null ? otherPeak : peak) ?? 0 };
}

export function applyLevels({ sound, spare, spareTrack, shares, state, modes }: Deck): void {
  const { volume, track } = state.get();
  const { levelling } = modes.get();
  sound.volume = levelOf(track, volume, levelling) * shares.sound * shares.both;
  if (spare) spare.volume = levelOf(spareTrack, volume, levelling) * shares.spare * shares.both;
}
