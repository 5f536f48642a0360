import type { JellyfinCredentials, OwnJellyfin } from "#contract/jellyfin.ts";
import { noteEvent } from "#server/audit/service.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import * as identities from "./identity-store.ts";
import { type JellyfinDeps, type Shown, showOwnIdentity } from "./jellyfin-identity.ts";
import { readTrustedServer, requireTrustedServer, toJellyfinName } from "./jellyfin-server.ts";
import { jellyfinLinkedLetter, jellyfinUnlinkedLetter } from "./letters.ts";
import { linkTo } from "./links.ts";
import { requireRecent } from "./reauthentication.ts";
import * as store from "./store.ts";
import { tellOwner } from "./telling.ts";
import { giveAllTokensBack } from "./upstream-tokens.ts";

export async function getOwnJellyfin(deps: Pick<Deps, "db">, actor: Actor): Promise<OwnJellyfin> {
  const server = await readTrustedServer(deps);
  const own = server && (await identities.findIdentityOf(deps.db, actor.userId, server.serverId));
  return { server: toJellyfinName(server), linkedAs: own?.name ?? null };
}

/**
 * Lets whoever shows an account at the media server sign in with it from now on. The token that
 * showing it gives is revoked at once.
 *
 * @throws AppError `reauthentication_required`; `forbidden` when that server does not let them in;
 *   `conflict` when either side is linked already.
 */
export async function linkJellyfin(
  deps: JellyfinDeps,
  actor: Actor,
  credentials: JellyfinCredentials,
  device: Device,
): Promise<void> {
  await requireRecent(deps, actor);
  const shown = await showOwnIdentity(deps, actor, credentials, device);
  if (!shown) {
    throw new AppError(
      "forbidden",
      "The user name or the password is not right, or that server does not let this account in at the moment. Nothing was linked; check both and try again.",
    );
  }
  await write(deps, async (tx) => {
    await identities.lockIdentity(tx, shown);
    await store.lockUser(tx, actor.userId);
    await requireUnlinked(tx, actor, shown);
    await identities.insertIdentity(tx, {
      serverId: shown.serverId,
      externalId: shown.externalId,
      userId: actor.userId,
      name: shown.name,
    });
    await noteLink(deps, tx, actor, device, true);
    const linked = { account: shown.name, server: shown.server.name };
    await tellOwner(deps, tx, actor.userId, "jellyfin_linked", (owner) =>
      jellyfinLinkedLetter(owner, linked, linkTo(deps, "/")),
    );
  });
}

/**
 * @throws AppError `reauthentication_required`; `not_found`; `conflict` when there would be no way in
 *   any more.
 */
export async function unlinkJellyfin(
  deps: Pick<Deps, "config" | "db" | "jobs" | "now" | "vault">,
  actor: Actor,
  device: Device,
): Promise<void> {
  await requireRecent(deps, actor);
  const { serverId, name } = await requireTrustedServer(deps);
  await write(deps, async (tx) => {
    await store.lockUser(tx, actor.userId);
    const own = await identities.findIdentityOf(tx, actor.userId, serverId);
    if (!own) {
      throw new AppError("not_found", `Your account is not linked to one at ${name}.`);
    }
    if (!(await identities.hasOtherWayIn(tx, actor.userId))) {
      throw new AppError(
        "conflict",
        `${name} is your only way in, so it stays. Add a passkey, or an e-mail address and a password, first.`,
      );
    }
    await identities.removeIdentityOf(tx, actor.userId, serverId);
    await giveAllTokensBack(deps, tx, actor.userId);
    await noteLink(deps, tx, actor, device, false);
    const unlinked = { account: own.name, server: name };
    await tellOwner(deps, tx, actor.userId, "jellyfin_unlinked", (owner) =>
      jellyfinUnlinkedLetter(owner, unlinked, linkTo(deps, "/")),
    );
  });
}

/** @throws AppError `conflict` */
async function requireUnlinked(tx: Tx, actor: Actor, shown: Shown): Promise<void> {
  const { name } = shown.server;
  if (await identities.findIdentityOf(tx, actor.userId, shown.serverId)) {
    throw new AppError(
      "conflict",
      `Your account is linked to one at ${name} already. Unlink that one first; nothing was changed.`,
    );
  }
  if (await identities.findOwner(tx, shown)) {
    throw new AppError(
      "conflict",
      `That account at ${name} belongs to somebody else here. If that is you too, sign in with it and unlink it there first. Nothing was changed.`,
    );
  }
}

const noteLink = (
  deps: Pick<Deps, "now">,
  tx: Tx,
  actor: Actor,
  device: Device,
  isOn: boolean,
): Promise<void> =>
  noteEvent(deps, tx, {
    action: "account.linked",
    actorId: actor.userId,
    subjectId: actor.userId,
    device,
    details: { way: "jellyfin", isOn },
  });
