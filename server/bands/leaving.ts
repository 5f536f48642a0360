import type { Band } from "#contract/bands.ts";
import type { BandId, UserId } from "#contract/ids.ts";
import type { LeftBand } from "#contract/leaving.ts";
import type { Db, Tx } from "#server/base/db.ts";
import type { Deps } from "#server/deps.ts";
import { sendLetter } from "#server/mail/service.ts";
import * as leavingStore from "./leaving-store.ts";
import { bandRemovedLetter } from "./letters.ts";
import { listBandsOf } from "./store.ts";

/** What somebody has a part in, and who else has. */
export interface Stake extends Pick<LeftBand, "id" | "name" | "isPersonal" | "fate" | "heirs"> {}

/** What would become of somebody's bands without them. */
export async function listStakes(db: Db | Tx, userId: UserId): Promise<Stake[]> {
  const bands = await listBandsOf(db, userId);
  const fellows = await leavingStore.listFellows(db, userId);
  return bands.map((band) =>
    toStake(
      band,
      fellows.filter(({ bandId }) => bandId === band.id),
    ),
  );
}

/** The same, and nobody else leaves or joins these bands until the transaction ends. */
export async function lockStakes(tx: Tx, userId: UserId): Promise<Stake[]> {
  await leavingStore.lockBandsOf(tx, userId);
  return listStakes(tx, userId);
}

/** @param heirId - a member, who owns the band from now on. */
export async function handOver(
  tx: Tx,
  bandId: BandId,
  userId: UserId,
  heirId: UserId,
): Promise<void> {
  await leavingStore.saveOwner(tx, bandId, heirId);
  await leavingStore.deleteMember(tx, bandId, userId);
}

export const leaveBand = leavingStore.deleteMember;

export interface Removal {
  readonly band: Pick<Band, "id" | "name">;
  readonly remover: { readonly id: UserId; readonly name: string };
  /** Where whoever hears of it can look. */
  readonly url: string;
}

/**
 * Removes a band with everything in it, and tells the others who were in it by mail. Its storages have
 * to be released before.
 */
export async function removeBand(
  deps: Pick<Deps, "jobs" | "now" | "vault">,
  tx: Tx,
  { band, remover, url }: Removal,
): Promise<void> {
  const others = await leavingStore.listReachable(tx, band.id, remover.id);
  await leavingStore.deleteBand(tx, band.id);
  for (const { name, email } of others) {
    const letter = bandRemovedLetter(name, { band: band.name, remover: remover.name }, url);
    await sendLetter(deps, tx, "band_removed", email, letter);
  }
}

function toStake(
  { id, name, isPersonal, role }: Band,
  fellows: readonly leavingStore.Fellow[],
): Stake {
  const isLeft = role !== "owner" || fellows.some((fellow) => fellow.role === "owner");
  const fate = fellows.length === 0 ? "removed" : isLeft ? "left" : "decide";
  const able = fellows.filter(({ isSuspended }) => !isSuspended);
  return {
    id,
    name,
    isPersonal,
    fate,
    heirs: fate === "decide" ? able.map((each) => ({ id: each.id, name: each.name })) : [],
  };
}
