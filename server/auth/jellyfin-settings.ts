import type { JellyfinServer, SetJellyfin } from "#contract/jellyfin.ts";
import { noteEvent } from "#server/audit/service.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import type { Deps } from "#server/deps.ts";
import { probe } from "#server/storage/media-server-probe.ts";
import { countDependents } from "./identity-store.ts";
import { readTrustedServer, saveTrustedServer, type TrustedServer } from "./jellyfin-server.ts";
import { requireRecent } from "./reauthentication.ts";

/** For administrators; `null` when there is none. */
export async function getJellyfin(deps: Pick<Deps, "db">): Promise<JellyfinServer | null> {
  const server = await readTrustedServer(deps);
  return server && describe(deps, server);
}

/**
 * Trusts a media server to say who somebody is, as soon as it has answered. A server with another id
 * than before is another one, and what people were linked to does not count for it.
 *
 * @throws AppError `reauthentication_required`; `invalid_input`, `storage_refused` or
 *   `storage_unavailable` when it does not answer as such a server: nothing is changed then.
 */
export async function setJellyfin(
  deps: Pick<Deps, "config" | "db" | "egress" | "now">,
  actor: Actor,
  { url, newUsers }: SetJellyfin,
  device: Device,
): Promise<JellyfinServer> {
  await requireRecent(deps, actor);
  const server: TrustedServer = { ...(await probe(deps, url)), newUsers };
  await write(deps, async (tx) => {
    await saveTrustedServer(tx, server);
    await note(deps, tx, actor, device, true);
  });
  return describe(deps, server);
}

/** Nobody signs in through it any more; who is signed in stays, and links are kept for its return. */
export async function removeJellyfin(
  deps: Pick<Deps, "db" | "now">,
  actor: Actor,
  device: Device,
): Promise<void> {
  await requireRecent(deps, actor);
  await write(deps, async (tx) => {
    await saveTrustedServer(tx, null);
    await note(deps, tx, actor, device, false);
  });
}

async function describe(
  deps: Pick<Deps, "db">,
  { serverId, ...server }: TrustedServer,
): Promise<JellyfinServer> {
  return { ...server, dependents: await countDependents(deps.db, serverId) };
}

const note = (
  deps: Pick<Deps, "now">,
  tx: Tx,
  actor: Actor,
  device: Device,
  isOn: boolean,
): Promise<void> =>
  noteEvent(deps, tx, {
    action: "admin.jellyfin_changed",
    actorId: actor.userId,
    subjectId: null,
    device,
    details: { isOn },
  });
