import type { UserId } from "#contract/ids.ts";
import type { Tx } from "#server/base/db.ts";
import type { Deps } from "#server/deps.ts";
import type { Letter } from "#server/mail/letter.ts";
import { sendLetter } from "#server/mail/service.ts";
import { findMe } from "./store.ts";

export type TellingDeps = Pick<Deps, "jobs" | "now" | "vault">;

/**
 * Tells the owner of an account what was changed about it: who uses one that is not theirs would change
 * how one gets in. Who has no address is told nothing.
 *
 * @param kind - a word for the log, such as `password_changed`.
 */
export async function tellOwner(
  deps: TellingDeps,
  tx: Tx,
  userId: UserId,
  kind: string,
  toLetter: (name: string) => Letter,
): Promise<void> {
  const me = await findMe(tx, userId);
  if (!me?.user.email) return;
  await sendLetter(deps, tx, kind, me.user.email, toLetter(me.user.name));
}
