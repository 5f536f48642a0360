import type { AddPasskey, Passkey, PasskeyCreation, RenamePasskey } from "#contract/passkeys.ts";
import { noteEvent } from "#server/audit/service.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { createId } from "#server/base/ids.ts";
import type { Deps } from "#server/deps.ts";
import { passkeyAddedLetter, passkeyRemovedLetter } from "./letters.ts";
import { linkTo } from "./links.ts";
import { browserOf, giveChallenge, takeChallenge } from "./passkey-challenges.ts";
import * as store from "./passkey-store.ts";
import { requireRecent } from "./reauthentication.ts";
import { findMe, lockUser } from "./store.ts";
import { tellOwner } from "./telling.ts";
import { toCreation, verifyAttestation } from "./webauthn.ts";

type PasskeyDeps = Pick<Deps, "config" | "db" | "jobs" | "now" | "vault">;

/** Some for each device; the list is sent to devices that make a new one. */
const MOST_PASSKEYS = 20;

export async function listPasskeys(deps: Pick<Deps, "db">, actor: Actor): Promise<Passkey[]> {
  const rows = await store.listPasskeys(deps.db, actor.userId);
  return rows.map(({ id, name, isSynced, createdAt, lastUsedAt }) => ({
    ...{ id, name, isSynced },
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  }));
}

/**
 * What a device needs to make a passkey. Those that have one of this account make no second.
 *
 * @throws AppError `reauthentication_required`; `conflict` when there are many already.
 */
export async function beginPasskey(
  deps: Pick<Deps, "config" | "db">,
  actor: Actor,
): Promise<PasskeyCreation> {
  await requireRecent(deps, actor);
  const passkeys = await store.listPasskeys(deps.db, actor.userId);
  if (passkeys.length >= MOST_PASSKEYS) throw areMany();
  const me = await findMe(deps.db, actor.userId);
  if (!me) throw new Error("A user has no personal band.");
  const asking = { purpose: "add", browser: browserOf(actor) } as const;
  const challenge = await write(deps, (tx) => giveChallenge(tx, asking));
  return toCreation(deps, challenge, me.user, passkeys);
}

/**
 * Keeps the public half of what a device has made, and tells the owner.
 *
 * @throws AppError `reauthentication_required`; `forbidden` for what was not made for this account,
 *   this address and this browser a moment ago, by a device that verifies its owner; `conflict`.
 */
export async function addPasskey(
  deps: PasskeyDeps,
  actor: Actor,
  input: AddPasskey,
  device: Device,
): Promise<void> {
  await requireRecent(deps, actor);
  // A challenge is used up by a failure, too, so that one is not thrown inside, where it is undone.
  const failure = await write(deps, (tx) => addWithin(deps, tx, actor, input, device));
  if (failure === "many") throw areMany();
  if (failure === "wrong") {
    throw new AppError(
      "forbidden",
      "This passkey can't be used here: it took too long, or it was not made for this account. Nothing was added; try again.",
    );
  }
}

async function addWithin(
  deps: PasskeyDeps,
  tx: Tx,
  actor: Actor,
  { name, attestation }: AddPasskey,
  device: Device,
): Promise<"many" | "wrong" | null> {
  const { userId } = actor;
  const { clientDataJSON, transports = [] } = attestation.response;
  const asking = { purpose: "add", browser: browserOf(actor) } as const;
  const challenge = await takeChallenge(tx, clientDataJSON, asking);
  if (challenge === undefined) return "wrong";
  const made = await verifyAttestation(deps, attestation, challenge);
  if (!made) return "wrong";
  await lockUser(tx, userId);
  if ((await store.countPasskeys(tx, userId)) >= MOST_PASSKEYS) return "many";
  const id = createId<string>(deps.now());
  if (!(await store.insertPasskey(tx, { id, userId, name, transports, ...made }))) return "wrong";
  await note(deps, tx, actor, "passkey.added", device);
  await tellOwner(deps, tx, userId, "passkey_added", (owner) =>
    passkeyAddedLetter(owner, name, linkTo(deps, "/")),
  );
  return null;
}

/** @throws AppError `not_found` for one that is gone or somebody else's. */
export const renamePasskey = (
  deps: Pick<Deps, "db" | "now">,
  actor: Actor,
  input: RenamePasskey,
  device: Device,
): Promise<void> =>
  write(deps, async (tx) => {
    if (!(await store.savePasskeyName(tx, actor.userId, input))) throw isGone();
    await note(deps, tx, actor, "passkey.renamed", device);
  });

/**
 * The passkey lets nobody in any more; sessions that it has opened go on.
 *
 * @throws AppError `reauthentication_required`; `not_found` for one that is gone or somebody else's;
 *   `conflict` for the only way in that is left.
 */
export async function removePasskey(
  deps: PasskeyDeps,
  actor: Actor,
  id: string,
  device: Device,
): Promise<void> {
  await requireRecent(deps, actor);
  const { userId } = actor;
  await write(deps, async (tx) => {
    await lockUser(tx, userId);
    const name = await store.deletePasskey(tx, userId, id);
    if (name === undefined) throw isGone();
    if ((await findMe(tx, userId))?.user.ways.length === 0) throw isLast();
    await note(deps, tx, actor, "passkey.removed", device);
    await tellOwner(deps, tx, userId, "passkey_removed", (owner) =>
      passkeyRemovedLetter(owner, name, linkTo(deps, "/")),
    );
  });
}

const note = (
  deps: Pick<Deps, "now">,
  tx: Tx,
  actor: Actor,
  action: "passkey.added" | "passkey.renamed" | "passkey.removed",
  device: Device,
): Promise<void> =>
  noteEvent(deps, tx, { action, actorId: actor.userId, subjectId: actor.userId, device });

const isGone = (): AppError =>
  new AppError("not_found", "This passkey is not in your account any more.");

const isLast = (): AppError =>
  new AppError(
    "conflict",
    "This passkey is the only way into your account, so it stays. Add another one or choose a password first.",
  );

const areMany = (): AppError =>
  new AppError(
    "conflict",
    `Your account has ${MOST_PASSKEYS} passkeys already. Remove one that you do not use any more first.`,
  );
