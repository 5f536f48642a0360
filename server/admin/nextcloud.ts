import type { AccountCloud, SetAccountCloud } from "#contract/nextcloud.ts";
import { noteEvent } from "#server/audit/service.ts";
import { requireRecent } from "#server/auth/reauthentication.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { createId } from "#server/base/ids.ts";
import { defineSealedColumn } from "#server/base/sealed-column.ts";
import type { Deps } from "#server/deps.ts";
import type { StorageIo } from "#server/storage/provider.ts";
import { type CloudAdmin, findAccountCloud } from "#server/storage/webdav/provisioning.ts";
import * as store from "./nextcloud-store.ts";

/** Nobody waits longer than this beside a form. */
const PATIENCE_MS = 45_000;

export type CloudDeps = Pick<Deps, "db" | "egress" | "now" | "vault">;

export interface OpenCloud extends CloudAdmin {
  readonly id: string;
}

/** @param isAskedFor - a person has just typed it: what was refused before is tried once more. */
export const toIo = (deps: CloudDeps, isAskedFor: boolean): StorageIo => ({
  egress: deps.egress,
  now: deps.now,
  signal: AbortSignal.timeout(PATIENCE_MS),
  isAskedFor,
});

/** For administrators; `null` when there is none. */
export async function getAccountCloud(deps: Pick<Deps, "db">): Promise<AccountCloud | null> {
  const row = await store.findCloud(deps.db);
  return row ? { url: row.url, product: row.product, username: row.username } : null;
}

/**
 * Makes accounts in this Nextcloud from now on, as soon as it has answered to an administrator of it.
 * At another address it is another one, and what was made in the one before is not known any more.
 *
 * @throws AppError `reauthentication_required`; as `findAccountCloud` does: nothing is changed then.
 */
export async function setAccountCloud(
  deps: CloudDeps,
  actor: Actor,
  form: SetAccountCloud,
  device: Device,
): Promise<AccountCloud> {
  await requireRecent(deps, actor);
  const { username, password } = form;
  const { url, product } = await findAccountCloud(form, toIo(deps, true));
  const known = await store.findCloud(deps.db);
  const id = known?.url === url ? known.id : createId<string>(deps.now());
  const sealedPassword = deps.vault.seal(password, sealedCloudPasswords.placeOf({ id }));
  await write(deps, async (tx) => {
    await store.saveCloud(tx, { id, url, product, username, sealedPassword });
    await note(deps, tx, actor, device, true);
  });
  return { url, product, username };
}

/** Accounts that were made there stay there. */
export async function removeAccountCloud(
  deps: Pick<Deps, "db" | "now">,
  actor: Actor,
  device: Device,
): Promise<void> {
  await requireRecent(deps, actor);
  await write(deps, async (tx) => {
    if (await store.deleteCloud(tx)) await note(deps, tx, actor, device, false);
  });
}

/** @throws AppError `not_found` when there is none. */
export async function openCloud(deps: CloudDeps): Promise<OpenCloud> {
  const row = await store.findCloud(deps.db);
  if (!row) throw noCloud();
  const { id, url, username, sealedPassword } = row;
  const password = deps.vault.open(sealedPassword, sealedCloudPasswords.placeOf({ id }));
  return { id, url, username, password };
}

const noCloud = (): AppError =>
  new AppError(
    "not_found",
    "There is no Nextcloud in which accounts could be made. Enter one under Administration first.",
  );

export const sealedCloudPasswords = defineSealedColumn({
  table: "account_clouds",
  column: "sealed_password",
  reads: { id: "id" },
  // It belongs to the whole server, so that nobody but the row can own it.
  place: ({ id }) => ({ rowId: id, ownerId: id }),
});

const note = (
  deps: Pick<Deps, "now">,
  tx: Tx,
  actor: Actor,
  device: Device,
  isOn: boolean,
): Promise<void> =>
  noteEvent(deps, tx, {
    action: "admin.nextcloud_changed",
    actorId: actor.userId,
    subjectId: null,
    device,
    details: { isOn },
  });
