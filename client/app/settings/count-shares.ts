import type { BandChoice, LeftBand } from "#contract/leaving.ts";

/** Public links of theirs, in bands that go on. */
export function countShares(bands: readonly LeftBand[], choices: readonly BandChoice[]): number {
  const goesOn = ({ id, fate }: LeftBand) =>
    fate === "left" ||
    (fate === "decide" &&
      choices.some((each) => each.bandId === id && each.choice === "hand_over"));
  return bands.filter(goesOn).reduce((count, { shareCount }) => count + shareCount, 0);
}
