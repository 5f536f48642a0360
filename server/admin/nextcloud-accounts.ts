import type { CloudAccount, CreateCloudAccount, SetCloudQuota } from "#contract/nextcloud.ts";
import { noteEvent } from "#server/audit/service.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { nameFailure } from "#server/base/failures.ts";
import { createAccount, findAccount, saveQuota } from "#server/storage/webdav/provisioning.ts";
import { type CloudDeps, type OpenCloud, openCloud, toIo } from "./nextcloud.ts";
import * as store from "./nextcloud-store.ts";

/** A Nextcloud is asked for each of them. */
const MAX_LISTED = 200;
const AT_ONCE = 4;

/** What was made for people here, with how full each is now. */
export async function listCloudAccounts(deps: CloudDeps): Promise<CloudAccount[]> {
  const rows = await store.listAccounts(deps.db, MAX_LISTED);
  if (rows.length === 0) return [];
  const cloud = await openCloud(deps);
  const found: CloudAccount[] = [];
  for (let at = 0; at < rows.length; at += AT_ONCE) {
    const some = rows.slice(at, at + AT_ONCE);
    found.push(...(await Promise.all(some.map((row) => describe(deps, cloud, row)))));
  }
  return found;
}

/**
 * Makes an account in the Nextcloud for somebody who has one here. It sends them a link to choose a
 * password there; nobody here learns it.
 *
 * @throws AppError `not_found`; `conflict` for who has one, or has no confirmed address, and for a
 *   name that is taken; as every request to a storage: nothing is changed then.
 */
export async function createCloudAccount(
  deps: CloudDeps,
  actor: Actor,
  { userId, username, quotaBytes }: CreateCloudAccount,
  device: Device,
): Promise<CloudAccount> {
  const cloud = await openCloud(deps);
  const person = await store.findPerson(deps.db, userId);
  if (!person) throw nobody();
  if (person.email === null) throw noAddress(person.name);
  if (await store.findAccountOf(deps.db, userId)) throw hasOne(person.name);
  const { name, email } = person;
  await createAccount(cloud, { username, name, email, quotaBytes }, toIo(deps, true));
  await write(deps, async (tx) => {
    const isKept = await store.saveAccount(tx, { userId, cloudId: cloud.id, username });
    if (!isKept) throw takenHere();
    await noteEvent(deps, tx, {
      action: "admin.nextcloud_account_made",
      actorId: actor.userId,
      subjectId: userId,
      device,
    });
  });
  return describe(deps, cloud, { userId, name, username });
}

/** @throws AppError `not_found`; as every request to a storage. */
export async function setCloudQuota(
  deps: CloudDeps,
  { userId, quotaBytes }: SetCloudQuota,
): Promise<CloudAccount> {
  const cloud = await openCloud(deps);
  const row = await store.findAccountOf(deps.db, userId);
  if (!row) throw nobody();
  await saveQuota(cloud, { username: row.username, quotaBytes }, toIo(deps, true));
  return describe(deps, cloud, row);
}

/** One that cannot be asked holds up no other. */
async function describe(
  deps: CloudDeps,
  cloud: OpenCloud,
  row: store.AccountRow,
): Promise<CloudAccount> {
  try {
    const found = await findAccount(cloud, row.username, toIo(deps, false));
    const checkedAt = deps.now().toISOString();
    const quota = found?.quota ? { ...found.quota, checkedAt } : null;
    return { ...row, quota, message: found ? null : goneThere(new URL(cloud.url).host) };
  } catch (error) {
    return { ...row, quota: null, message: nameFailure(error).message };
  }
}

const goneThere = (host: string): string =>
  `${host} has no such account any more. It was deleted there; what this person has here is kept.`;

const nobody = (): AppError =>
  new AppError("not_found", "There is no such person here any more. Look at the list again.");

const noAddress = (name: string): AppError =>
  new AppError(
    "conflict",
    `${name} has no confirmed e-mail address, so the Nextcloud could send no link for a password. Nothing was changed; ask them to confirm one first.`,
  );

const hasOne = (name: string): AppError =>
  new AppError(
    "conflict",
    `${name} has an account in the Nextcloud already. Nothing was changed; look at the list of accounts.`,
  );

const takenHere = (): AppError =>
  new AppError(
    "conflict",
    "Somebody has made this account meanwhile, or entered another Nextcloud. Look at the list of accounts, and try again.",
  );
