import type { MaintenanceChoice, SetMaintenance } from "#contract/system.ts";
import { noteEvent } from "#server/audit/service.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import { readChosen, saveChosen } from "#server/base/maintenance.ts";
import type { Deps } from "#server/deps.ts";

export const getMaintenance = async (
  deps: Pick<Deps, "config" | "db">,
): Promise<MaintenanceChoice> => ({
  ...(await readChosen(deps)),
  isHeldOn: deps.config.isInMaintenance,
});

/** Takes effect on every replica at once. It stays as it is until somebody changes it again. */
export const setMaintenance = (
  deps: Pick<Deps, "db" | "events" | "now">,
  actor: Actor,
  chosen: SetMaintenance,
  device: Device,
): Promise<void> =>
  write(deps, async (tx) => {
    await saveChosen(deps, tx, chosen);
    await noteEvent(deps, tx, {
      action: "admin.maintenance_changed",
      actorId: actor.userId,
      subjectId: null,
      device,
      details: { isOn: chosen.isOn },
    });
  });
