import type { UpdateProfile } from "#contract/account.ts";
import { noteEvent } from "#server/audit/service.ts";
import { renamePersonalBand } from "#server/bands/service.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import type { Deps } from "#server/deps.ts";
import { saveProfile } from "./user-store.ts";

/** What somebody is called, and how dates and times are written for them. */
export const updateProfile = (
  deps: Pick<Deps, "db" | "now">,
  actor: Actor,
  profile: UpdateProfile,
  device: Device,
): Promise<void> =>
  write(deps, async (tx) => {
    const { userId } = actor;
    const nameBefore = await saveProfile(tx, userId, profile);
    if (nameBefore !== undefined && nameBefore !== profile.name) {
      await renamePersonalBand(tx, userId, { from: nameBefore, to: profile.name });
    }
    await noteEvent(deps, tx, {
      action: "account.profile_changed",
      actorId: userId,
      subjectId: userId,
      device,
    });
  });
