import type { ProviderId } from "#contract/connections.ts";
import type { DeleteAccount, DeletionPreview } from "#contract/leaving.ts";
import { noteEvent } from "#server/audit/service.ts";
import { toEmailKey } from "#server/auth/email.ts";
import {
  endAccount,
  getHolder,
  type Holder,
  isLastAdmin,
  lockAccount,
} from "#server/auth/ending.ts";
import { linkTo } from "#server/auth/links.ts";
import { requireRecent } from "#server/auth/reauthentication.ts";
import { handOver, leaveBand, listStakes, lockStakes, removeBand } from "#server/bands/leaving.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { removeConnectionsOf } from "#server/connections/connecting.ts";
import type { Deps } from "#server/deps.ts";
import { sendLetter } from "#server/mail/service.ts";
import { countSharesOf, removeSharesOf } from "#server/shares/service.ts";
import { discardAllOf } from "#server/uploads/discarding.ts";
import type { UploadDeps } from "#server/uploads/holding.ts";
import { deleteExports } from "./export-store.ts";
import { accountDeletedLetter, bandHandedOverLetter } from "./letters.ts";
import { type Settlement, settle } from "./settlement.ts";
import { countContents } from "./store.ts";

type DeletionDeps = UploadDeps;

/** What deleting the account would bring about, to be said before. */
export async function previewDeletion(
  deps: Pick<Deps, "db">,
  actor: Actor,
): Promise<DeletionPreview> {
  const { userId } = actor;
  const stakes = await listStakes(deps.db, userId);
  const contents = await countContents(
    deps.db,
    stakes.map(({ id }) => id),
  );
  const shareCounts = await countSharesOf(deps.db, userId);
  return {
    isLastAdmin: await isLastAdmin(deps, userId),
    confirmation: confirmationOf(await getHolder(deps.db, userId)),
    bands: stakes.map((stake) => ({
      ...stake,
      ...(contents.get(stake.id) ?? { connectionCount: 0, trackCount: 0 }),
      shareCount: shareCounts.get(stake.id) ?? 0,
    })),
  };
}

/**
 * Deletes the actor's account in one transaction: from its end on nobody is signed in to it, what they
 * hear and watch is cut off, the address is free, and nothing here opens the storages of what is
 * removed. `purge.ts` takes the last traces 30 days later.
 *
 * @throws AppError `reauthentication_required`; `conflict` for the last administrator, for a
 *   confirmation that is not theirs, and for bands that nothing fitting was decided for.
 */
export async function deleteAccount(
  deps: DeletionDeps,
  actor: Actor,
  { bands, keepShares, confirmation }: DeleteAccount,
  device: Device,
): Promise<void> {
  await requireRecent(deps, actor);
  requireConfirmation(await getHolder(deps.db, actor.userId), confirmation);
  // Before: after it nothing here opens the storages any more that they are in.
  await discardAllOf(deps, { userId: actor.userId });
  await write(deps, async (tx) => {
    const holder = await lockAccount(tx, actor.userId);
    requireConfirmation(holder, confirmation);
    const settlements = settle(await lockStakes(tx, actor.userId), bands);
    const contents = await countContents(
      tx,
      settlements.map(({ band }) => band.id),
    );

    const providers = new Set<ProviderId>();
    for (const settlement of settlements) {
      const removed = await carryOut(deps, tx, { actor, device, holder, settlement });
      for (const provider of removed) providers.add(provider);
    }
    await deleteExports(tx, actor.userId);
    if (!keepShares) await removeSharesOf(deps, tx, actor.userId);
    // API keys end here too, once there are any: with the account, in this transaction.
    await endAccount(deps, tx, actor.userId, device);
    await note(deps, tx, { actor, device, providers: [...providers] });

    if (holder.email === null) return;
    const letter = accountDeletedLetter(
      holder.name,
      settlements.map((settlement) => ({
        settlement,
        contents: contents.get(settlement.band.id),
      })),
    );
    await sendLetter(deps, tx, "account_deleted", holder.email, letter);
  });
}

interface Ending {
  readonly actor: Actor;
  readonly device: Device;
  readonly holder: Holder;
  readonly settlement: Settlement;
}

/** @returns the kinds of the storages that nothing here opens any more. */
async function carryOut(deps: DeletionDeps, tx: Tx, ending: Ending): Promise<ProviderId[]> {
  const { actor, holder } = ending;
  const { band, end } = ending.settlement;
  switch (end) {
    case "leave":
      await leaveBand(tx, band.id, actor.userId);
      return [];
    case "hand_over":
      await giveTo(deps, tx, ending, ending.settlement.heir);
      return [];
    case "remove": {
      const removed = await removeConnectionsOf(deps, tx, band.id);
      const remover = { id: actor.userId, name: holder.name };
      await removeBand(deps, tx, { band, remover, url: linkTo(deps, "/") });
      return removed;
    }
  }
}

async function giveTo(
  deps: DeletionDeps,
  tx: Tx,
  { actor, device, holder, settlement: { band } }: Ending,
  heir: Extract<Settlement, { end: "hand_over" }>["heir"],
): Promise<void> {
  await handOver(tx, band.id, actor.userId, heir.id);
  await noteEvent(deps, tx, {
    action: "band.handed_over",
    actorId: actor.userId,
    subjectId: heir.id,
    bandId: band.id,
    device,
  });
  const { email } = await getHolder(tx, heir.id);
  if (email === null) return;
  const letter = bandHandedOverLetter(heir.name, holder.name, band.name, linkTo(deps, "/"));
  await sendLetter(deps, tx, "band_handed_over", email, letter);
}

async function note(
  deps: DeletionDeps,
  tx: Tx,
  done: {
    readonly actor: Actor;
    readonly device: Device;
    readonly providers: readonly ProviderId[];
  },
): Promise<void> {
  const { userId } = done.actor;
  const about = { actorId: userId, subjectId: userId, device: done.device };
  if (done.providers.length > 0) {
    const details = { providers: [...done.providers] };
    await noteEvent(deps, tx, { action: "credentials.purged", ...about, details });
  }
  await noteEvent(deps, tx, { action: "account.deleted", ...about });
}

/** The address, or the name of whoever has none. */
const confirmationOf = ({ email, name }: Holder): string => email ?? name;

function requireConfirmation(holder: Holder, typed: string): void {
  if (toEmailKey(typed.trim()) === toEmailKey(confirmationOf(holder))) return;
  throw new AppError(
    "conflict",
    "What you typed does not match your account, so nothing was deleted. Type it once more as it is shown.",
  );
}
