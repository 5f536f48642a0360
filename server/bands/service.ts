import { type Band, type BandRole, isAtLeast } from "#contract/bands.ts";
import type { BandId, UserId } from "#contract/ids.ts";
import { type Actor, notTheirs } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { createId } from "#server/base/ids.ts";
import type { Deps } from "#server/deps.ts";
import * as store from "./store.ts";

/** Proof that a user belongs to a band, and as what. Stores ask for it instead of a band's id. */
export interface Member {
  readonly bandId: BandId;
  readonly userId: UserId;
  readonly role: BandRole;
}

/**
 * @throws AppError `notTheirs` for a band that the actor does not belong to, as if there were none;
 *   `forbidden` for a member whose role is below `atLeast`.
 */
export async function requireMember(
  deps: Pick<Deps, "db">,
  actor: Actor,
  bandId: BandId,
  atLeast: BandRole,
): Promise<Member> {
  const role = await store.findRole(deps.db, bandId, actor.userId);
  if (!role) throw notTheirs(actor, "There is no such band, or you are not a member of it.");
  if (!isAtLeast(role, atLeast)) {
    throw new AppError(
      "forbidden",
      `Your role in this band is ${role}, and this takes at least ${atLeast}. Nothing was changed; ask an owner of the band.`,
    );
  }
  return { bandId, userId: actor.userId, role };
}

/**
 * What a store has found of one of the actor's bands, for who may do with it what they want.
 *
 * @param words - what to say where there is none, and to whose role is below `atLeast`.
 * @throws AppError `notTheirs`, `forbidden`
 */
export function requireRole<Found extends { readonly role: BandRole }>(
  actor: Actor,
  found: Found | undefined,
  atLeast: BandRole,
  words: { readonly none: string; readonly refused: string },
): Found {
  if (!found) throw notTheirs(actor, words.none);
  if (!isAtLeast(found.role, atLeast)) throw new AppError("forbidden", words.refused);
  return found;
}

/** The band of one that every user has from the start. */
export async function createPersonalBand(
  tx: Tx,
  owner: { readonly userId: UserId; readonly name: string },
  now: Date,
): Promise<BandId> {
  const bandId = createId<BandId>(now);
  await store.insertBand(tx, { id: bandId, name: owner.name, isPersonal: true });
  await store.insertMember(tx, { bandId, userId: owner.userId, role: "owner" });
  return bandId;
}

/** The band of one is called like its owner, for as long as nobody gives it another name. */
export const renamePersonalBand = (
  tx: Tx,
  ownerId: UserId,
  name: { readonly from: string; readonly to: string },
): Promise<void> => store.renamePersonalBand(tx, ownerId, name);

/** The actor's own bands, the personal one first. */
export const listBands = async (deps: Pick<Deps, "db">, actor: Actor): Promise<Band[]> => [
  ...(await store.listBandsOf(deps.db, actor.userId)),
];

/** Folders that uploads of the band go into from now on; owners alone decide that. */
export async function saveUploadPattern(
  deps: Pick<Deps, "db">,
  actor: Actor,
  bandId: BandId,
  pattern: string,
): Promise<void> {
  const member = await requireMember(deps, actor, bandId, "owner");
  await write(deps, (tx) => store.saveUploadPattern(tx, member.bandId, pattern));
}
