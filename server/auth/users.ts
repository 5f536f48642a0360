import type { AuditAction } from "#contract/audit.ts";
import type { ListUsers, SetRole, UpgradeResult, UserPage } from "#contract/auth.ts";
import type { UserId } from "#contract/ids.ts";
import { noteEvent } from "#server/audit/service.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { revokeAllWithin } from "./service.ts";
import * as store from "./user-store.ts";

type UserDeps = Pick<Deps, "db" | "events" | "jobs" | "now">;

/** Everybody who has an account here, for administrators. What they store and play is not in it. */
export async function listUsers(
  deps: Pick<Deps, "db">,
  { search, before, limit }: ListUsers,
): Promise<UserPage> {
  const rows = await store.listUsers(deps.db, { search, before, limit: limit + 1 });
  const users = rows.slice(0, limit).map(({ suspendedAt, createdAt, ...row }) => ({
    ...row,
    suspendedAt: suspendedAt?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
  }));
  return { users, next: rows.length > limit ? (users.at(-1)?.id ?? null) : null };
}

/**
 * Keeps somebody out: all their sessions and streams end, and no new one opens. Everything that is
 * theirs stays. Doing it again changes nothing.
 *
 * @throws AppError `not_found`; `conflict` for the last administrator.
 */
export const suspendUser = (
  deps: UserDeps,
  actor: Actor,
  userId: UserId,
  device: Device,
): Promise<void> =>
  write(deps, async (tx) => {
    await requireAnotherAdmin(tx, userId);
    if (await store.saveSuspended(tx, userId, true)) {
      await revokeAllWithin(deps, tx, userId, "suspended", null);
      await note(deps, tx, "admin.user_suspended", actor, userId, device);
    }
  });

/** Lets somebody in again. They sign in anew. */
export const restoreUser = (
  deps: UserDeps,
  actor: Actor,
  userId: UserId,
  device: Device,
): Promise<void> =>
  write(deps, async (tx) => {
    await requireUser(tx, userId);
    if (await store.saveSuspended(tx, userId, false)) {
      await note(deps, tx, "admin.user_restored", actor, userId, device);
    }
  });

/** @throws AppError `not_found`; `conflict` when it would leave the server without an administrator. */
export const setRole = (
  deps: UserDeps,
  actor: Actor,
  { userId, role }: SetRole,
  device: Device,
): Promise<void> =>
  write(deps, async (tx) => {
    if (role === "admin") await requireUser(tx, userId);
    else await requireAnotherAdmin(tx, userId);
    if ((await store.findRole(tx, userId)) === role) return;
    await store.saveRole(tx, userId, role);
    await note(deps, tx, "admin.role_changed", actor, userId, device, { role });
  });

/** Signs somebody out on every device. */
export const endUserSessions = (
  deps: UserDeps,
  actor: Actor,
  userId: UserId,
  device: Device,
): Promise<void> =>
  write(deps, async (tx) => {
    await requireUser(tx, userId);
    await revokeAllWithin(deps, tx, userId, "ended_by_admin", null);
    await note(deps, tx, "admin.sessions_ended", actor, userId, device);
  });

/**
 * Makes somebody who has confirmed their address a creator, by their own wish and for good.
 *
 * @returns `alreadyElevated` for whoever is a creator or an administrator: nothing is changed then.
 * @throws AppError `forbidden` while the address is not confirmed.
 */
export async function upgradeToCreator(
  deps: Pick<Deps, "db" | "now" | "log">,
  actor: Actor,
  device: Device,
): Promise<UpgradeResult> {
  const isPromoted = await write(deps, (tx) => store.promoteToCreator(tx, actor.userId));
  if (isPromoted) {
    // What they have become does not hang on whether it could be written down.
    await write(deps, (tx) =>
      note(deps, tx, "account.promoted_to_creator", actor, actor.userId, device),
    ).catch((error: unknown) => deps.log.error({ err: error }, "a promotion was not noted"));
    return { role: "creator", alreadyElevated: false };
  }
  const role = await store.findRole(deps.db, actor.userId);
  if (role === "creator" || role === "admin") return { role, alreadyElevated: true };
  throw new AppError(
    "forbidden",
    "Confirm your e-mail address first; then you can become a creator. Nothing was changed.",
  );
}

/** Somebody has to be one. */
export async function isLastAdmin(deps: Pick<Deps, "db">, userId: UserId): Promise<boolean> {
  const admins = await store.listAdmins(deps.db);
  return admins.length === 1 && admins[0] === userId;
}

/** @throws AppError `conflict` when there is no administrator besides this one. */
export async function requireAnotherAdmin(tx: Tx, userId: UserId): Promise<void> {
  const admins = await store.lockAdmins(tx);
  await requireUser(tx, userId);
  if (!admins.includes(userId) || admins.length > 1) return;
  throw new AppError(
    "conflict",
    "This is the last administrator of the server, and somebody has to be one. Make somebody else an administrator first.",
  );
}

async function requireUser(tx: Tx, userId: UserId): Promise<void> {
  if ((await store.findRole(tx, userId)) === undefined) {
    throw new AppError("not_found", "There is no such user.");
  }
}

const note = (
  deps: Pick<Deps, "now">,
  tx: Tx,
  action: AuditAction,
  actor: Actor,
  subjectId: UserId,
  device: Device,
  details: { readonly role?: SetRole["role"] } = {},
): Promise<void> =>
  noteEvent(deps, tx, { action, actorId: actor.userId, subjectId, device, details });
