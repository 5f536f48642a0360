import type { BandId } from "#contract/ids.ts";

let wanted: { readonly bandId: BandId; readonly untilMs: number } | null = null;

/** Longer than anyone waits without having done something else. */
const PATIENCE_MS = 60_000;

/** Asks the library to play as soon as it shows a track. */
export function playFirstTrackOf(bandId: BandId): void {
  wanted = { bandId, untilMs: Date.now() + PATIENCE_MS };
}

/** @returns true once, for the one who plays it. */
export function takeFirstPlay(bandId: BandId): boolean {
  const isWanted = wanted?.bandId === bandId && Date.now() < wanted.untilMs;
  if (isWanted) wanted = null;
  return isWanted;
}
