import type { UserId } from "#contract/ids.ts";
import type { Device } from "#server/base/actor.ts";
import type { Db, Tx } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import * as endingStore from "./ending-store.ts";
import { revokeAllWithin } from "./service.ts";
import { lockUser } from "./store.ts";
import { findRole } from "./user-store.ts";
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
 * Until the transaction ends nobody signs in to the account or changes it; while an administrator
 * leaves, no other stops being one.
 *
 * @throws AppError `conflict` for the last administrator, and for who has just become one.
 */
export async function lockAccount(tx: Tx, userId: UserId): Promise<Holder> {
  const isAdmin = (await findRole(tx, userId)) === "admin";
  if (isAdmin) await requireAnotherAdmin(tx, userId);
  await lockUser(tx, userId);
  if (!isAdmin && (await findRole(tx, userId)) === "admin") {
    throw new AppError(
      "conflict",
      "You were made an administrator just now. Nothing was deleted; try again.",
    );
  }
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

/** The accounts that were deleted so long ago, the oldest first. */
export const listDeletedBefore = endingStore.listDeletedBefore;

/** Until the transaction ends it is the caller's alone. @returns false when it is somebody else's. */
export const lockDeleted = endingStore.lockDeleted;

/** The last of an account. What others keep of it has to be gone before. */
export const forgetAccount = endingStore.deleteUser;
