import type { UserId } from "#contract/ids.ts";
import type { BandChoice } from "#contract/leaving.ts";
import type { Stake } from "#server/bands/leaving.ts";
import { AppError } from "#server/base/errors.ts";

/** What becomes of one band. */
export type Settlement =
  | { readonly band: Stake; readonly end: "leave" | "remove" }
  | {
      readonly band: Stake;
      readonly end: "hand_over";
      readonly heir: { readonly id: UserId; readonly name: string };
    };

/**
 * Puts what somebody has decided to what there is to decide. Nothing is decided for them, and nothing
 * is taken from others who own a band too.
 *
 * @throws AppError `conflict` when a band has no decision that fits.
 */
export function settle(
  stakes: readonly Stake[],
  choices: readonly BandChoice[],
): readonly Settlement[] {
  const byBand = new Map(choices.map((each) => [each.bandId, each]));
  const isKnown = choices.every(({ bandId }) => stakes.some(({ id }) => id === bandId));
  if (!isKnown || byBand.size < choices.length) throw hasChanged();
  return stakes.map((band) => settleOne(band, byBand.get(band.id)));
}

function settleOne(band: Stake, chosen: BandChoice | undefined): Settlement {
  switch (band.fate) {
    case "left":
      if (chosen) throw hasChanged();
      return { band, end: "leave" };
    case "removed":
      if (chosen?.choice === "hand_over") throw hasChanged();
      return { band, end: "remove" };
    case "decide":
      if (!chosen) throw isUndecided(band.name);
      if (chosen.choice === "remove") return { band, end: "remove" };
      return { band, end: "hand_over", heir: requireHeir(band, chosen.userId) };
  }
}

function requireHeir(band: Stake, userId: UserId): Stake["heirs"][number] {
  const heir = band.heirs.find(({ id }) => id === userId);
  if (!heir) throw hasChanged();
  return heir;
}

const hasChanged = (): AppError =>
  new AppError(
    "conflict",
    "Your bands, or who is in them, have changed in the meantime. Nothing was deleted; look again at what would happen.",
  );

const isUndecided = (name: string): AppError =>
  new AppError(
    "conflict",
    `Others are in ${name}, and nobody else owns it. Hand it over to one of them, or remove it. Nothing was deleted.`,
  );
