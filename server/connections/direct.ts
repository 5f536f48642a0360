import type { Connection, SetSwitch } from "#contract/connections.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import type { Storage } from "#server/storage/provider.ts";
import { attachStorage, getConnection, requireConnection, type StorageDeps } from "./service.ts";
import { saveSwitch } from "./switch-store.ts";
import { noteSwitch } from "./switches.ts";

/** To begin within; what has begun goes on. Whoever seeks asks us anew. */
const LIFETIME_SECONDS = 300;

/**
 * Lets browsers of the band fetch recordings from the storage itself, or through us again. Whoever has
 * an address keeps it for five minutes, signed in or not: that is the price, and told before.
 *
 * @throws AppError `conflict` for a storage that has no such addresses, or whose origin the
 *   administrator has not allowed.
 */
export async function setDirect(
  deps: StorageDeps & Pick<Deps, "events">,
  actor: Actor,
  { connectionId, isOn }: SetSwitch,
  device: Device,
): Promise<Connection> {
  const { row } = await requireConnection(deps, actor, connectionId, "owner");
  if (isOn) requireAllowed(deps, attachStorage(deps, row, AbortSignal.abort()));
  await write(deps, async (tx) => {
    if (!(await saveSwitch(tx, row.id, "isDirect", isOn))) return;
    await noteSwitch(deps, tx, row, { action: "connection.direct_changed", isOn, actor, device });
  });
  return getConnection(deps, actor, row.id);
}

/**
 * Where the browser of a member can fetch a file by itself.
 *
 * @returns `null` where it goes through us: the pages' policy knows no other origins than those that
 *   the administrator has allowed.
 * @throws AppError `not_found` for what can be no file.
 */
export function findDirectUrl(
  { config }: Pick<Deps, "config">,
  storage: Storage,
  ref: string,
): URL | null {
  const url = storage.directUrl?.(ref, LIFETIME_SECONDS);
  return url && config.http.directOrigins.includes(url.origin) ? url : null;
}

function requireAllowed({ config }: Pick<Deps, "config">, storage: Storage): void {
  // Nothing is asked of the storage: an address is only computed.
  const url = storage.directUrl?.("any.mp3", LIFETIME_SECONDS);
  if (!url) {
    throw new AppError(
      "conflict",
      "This kind of storage gives nobody an address to fetch from. Nothing was changed; its recordings come through this server.",
    );
  }
  if (config.http.directOrigins.includes(url.origin)) return;
  throw new AppError(
    "conflict",
    `Nothing was changed: whoever runs this server has to allow ${url.origin} first, by the setting DIRECT_ORIGINS.`,
  );
}
