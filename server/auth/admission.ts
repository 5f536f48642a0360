import type { UserId } from "#contract/ids.ts";
import type { Tx } from "#server/base/db.ts";
import { requireNoMaintenance } from "#server/base/maintenance.ts";
import type { Deps } from "#server/deps.ts";
import { findRole } from "./user-store.ts";

/**
 * Lets administrators in at any time, and everybody else but during maintenance. Asked when it is
 * known who signs in, whatever the way: each one ends in `openSession`.
 *
 * @throws AppError `maintenance`
 */
export async function requireLetIn(
  deps: Pick<Deps, "maintenance" | "now">,
  tx: Tx,
  userId: UserId,
): Promise<void> {
  if (!(await deps.maintenance.find(tx))) return;
  if ((await findRole(tx, userId)) !== "admin") await requireNoMaintenance(deps, tx);
}
