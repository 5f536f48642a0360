import type { UserId } from "#contract/ids.ts";
import type { Device } from "#server/base/actor.ts";
import type { Db, Tx } from "#server/base/db.ts";
import type { Deps } from "#server/deps.ts";
import * as endingStore from "./ending-store.ts";
import { revokeAllWithin } from "./service.ts";
import { lockUser } from "./store.ts";
import { isLastAdmin, requireAnotherAdmin } from "./users.ts";

/** Who has an account, and where mails reach them. */
export type Holder = endingStore.Holder;

export { isLastAdmin };

/** @throws Error when there is no such account: the caller has an actor. */
export async function getHolder(db: Db | Tx, userId: UserId): Promise<Holder> {
  const holder = await endingStore.findHolder(db, userId);
  if (!holder) throw new Error("An actor has no account.");
  return holder;
}

/**
 * Until the transaction ends nobody signs in to the account or changes it, and nobody else stops
 * being an administrator.
 *
 * @throws AppError `conflict` for the last administrator.
 */
export async function lockAccount(tx: Tx, userId: UserId): Promise<Holder> {
  await requireAnotherAdmin(tx, userId);
  await lockUser(tx, userId);
  return getHolder(tx, userId);
}

/**
 * Ends an account: its sessions, with all that they have open, every way in, the address and the name.
 * What is left is an empty row under its id, for `forgetAccount`.
 */
export async function endAccount(
  deps: Pick<Deps, "events" | "jobs" | "now">,
  tx: Tx,
  userId: UserId,
  device: Device,
): Promise<void> {
  await endingStore.saveDeleted(tx, userId);
  await endingStore.deleteWaysIn(tx, userId);
  await revokeAllWithin(deps, tx, userId, "account_deleted", null, device);
}

/** An account that was deleted so long ago; until the transaction ends it is the caller's alone. */
export const lockDeletedBefore = endingStore.lockDeletedBefore;

/** The last of an account. What others keep of it has to be gone before. */
export const forgetAccount = endingStore.deleteUser;
