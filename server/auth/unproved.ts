import type { UserId } from "#contract/ids.ts";
import { noteEvent } from "#server/audit/service.ts";
import type { Device } from "#server/base/actor.ts";
import type { Tx } from "#server/base/db.ts";
import type { Deps } from "#server/deps.ts";
import { removeIdentitiesOf } from "./identity-store.ts";
import { deletePasskeysOf } from "./passkey-store.ts";
import { deleteFactor, hasFactor } from "./second-factor-store.ts";
import { findMe } from "./store.ts";

/**
 * Whoever made the account may not be the one whose address it has, until that one shows it: then
 * nothing of the other lets anybody in any more, or keeps its owner out. To be called before the
 * address counts as shown.
 */
export async function removeUnprovedWays(
  deps: Pick<Deps, "now">,
  tx: Tx,
  userId: UserId,
  device: Device,
): Promise<void> {
  if ((await findMe(tx, userId))?.user.isEmailVerified !== false) return;
  const about = { actorId: null, subjectId: userId, device };
  if (await deletePasskeysOf(tx, userId)) {
    await noteEvent(deps, tx, { action: "passkey.removed", ...about });
  }
  if (await hasFactor(tx, userId)) {
    await deleteFactor(tx, userId);
    await noteEvent(deps, tx, { action: "second_factor.disabled", ...about });
  }
  if (await removeIdentitiesOf(tx, userId)) {
    await noteEvent(deps, tx, { action: "account.linked", ...about, details: { isOn: false } });
  }
}
