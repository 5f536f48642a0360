import type { Invitation, Invite, NewInvitation } from "#contract/auth.ts";
import { noteEvent } from "#server/audit/service.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { createId } from "#server/base/ids.ts";
import type { Deps } from "#server/deps.ts";
import { sendLetter } from "#server/mail/service.ts";
import { createToken, hashToken } from "./crypto.ts";
import { toEmailKey } from "./email.ts";
import * as invitations from "./invitation-store.ts";
import { invitationLetter } from "./letters.ts";
import { linkTo } from "./links.ts";
import * as store from "./store.ts";

const LIFETIME_SECONDS = 14 * 86_400;

/** Lets somebody register. The link is shown once, and mailed when it is for an address. */
export async function invite(
  deps: Pick<Deps, "config" | "db" | "jobs" | "now" | "vault">,
  actor: Actor,
  { email }: Invite,
  device: Device,
): Promise<NewInvitation> {
  const token = createToken();
  const url = linkTo(deps, "/register", token);
  await write(deps, async (tx) => {
    const invitation = {
      tokenHash: hashToken(token),
      id: createId<string>(deps.now()),
      email: email === null ? null : toEmailKey(email),
      createdBy: actor.userId,
    };
    await invitations.insertInvitation(tx, invitation, LIFETIME_SECONDS);
    await noteEvent(deps, tx, {
      action: "admin.invited",
      actorId: actor.userId,
      subjectId: null,
      device,
      details: { hasAddress: email !== null },
    });
    if (email === null) return;
    const me = await store.findMe(tx, actor.userId);
    const letter = invitationLetter(me?.user.name ?? "Somebody", url);
    await sendLetter(deps, tx, "invitation", email, letter);
  });
  return { url };
}

export async function listInvitations(deps: Pick<Deps, "db">): Promise<Invitation[]> {
  const rows = await invitations.listInvitations(deps.db);
  return rows.map(({ createdAt, expiresAt, ...row }) => ({
    ...row,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
  }));
}

/** @throws AppError `not_found` for one that was used or is too old. */
export const removeInvitation = (deps: Pick<Deps, "db">, id: string): Promise<void> =>
  write(deps, async (tx) => {
    if (await invitations.deleteInvitation(tx, id)) return;
    throw new AppError("not_found", "There is no such invitation; perhaps it was used.");
  });
