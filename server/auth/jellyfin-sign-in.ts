import type { Me } from "#contract/auth.ts";
import type { SessionId, UserId } from "#contract/ids.ts";
import type { SignInJellyfin } from "#contract/jellyfin.ts";
import { noteEvent } from "#server/audit/service.ts";
import { createPersonalBand } from "#server/bands/service.ts";
import type { Device } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { createId } from "#server/base/ids.ts";
import { hashToken } from "./crypto.ts";
import * as identities from "./identity-store.ts";
import {
  type JellyfinDeps,
  orDiscard,
  type Showing,
  type Shown,
  showIdentity,
} from "./jellyfin-identity.ts";
import type { TrustedServer } from "./jellyfin-server.ts";
import { hasFactor } from "./second-factor-store.ts";
import { type Grant, idleSecondsOf, openSession } from "./service.ts";
import { getMe, giveTicket, isSuspended, type SignedIn, TICKET_SECONDS } from "./sign-in.ts";
import * as store from "./store.ts";
import { keepToken, sessionOfTicket } from "./upstream-tokens.ts";

type Opened = Grant & { readonly userId: UserId; readonly sessionId: Me["sessionId"] };

/**
 * Opens a session for whoever the media server recognises. They are who they are by the server's id
 * and theirs there; a name or an address ties nobody to an account of before.
 *
 * @throws AppError `unauthenticated`; `rate_limited`; `forbidden` for who has no account here and may
 *   not make one, for a suspended user, and for who may not come in from there; `not_found` when no
 *   server is set; `storage_unavailable` when it cannot be asked.
 */
export async function signInJellyfin(
  deps: JellyfinDeps,
  { rememberMe, ...credentials }: SignInJellyfin,
  showing: Showing,
): Promise<SignedIn | { readonly ticket: string }> {
  const shown = await showIdentity(deps, credentials, showing);
  if (!shown) throw await refuse(deps, showing.device);
  return orDiscard(deps, shown.upstream, async () => {
    const outcome = await write(deps, (tx) => enter(deps, tx, shown, rememberMe, showing.device));
    if (outcome === "unknown") throw isUnknown(shown.server);
    if (outcome === "suspended") throw isSuspended();
    if ("ticket" in outcome) return outcome;
    const { userId, ...session } = outcome;
    return { ...session, me: await getMe(deps, { userId, sessionId: session.sessionId }) };
  });
}

async function enter(
  deps: JellyfinDeps,
  tx: Tx,
  shown: Shown,
  rememberMe: boolean,
  device: Device,
): Promise<Opened | { readonly ticket: string } | "unknown" | "suspended"> {
  await identities.lockIdentity(tx, shown);
  const owner = await identities.findOwner(tx, shown);
  if (!owner && !shown.server.newUsers) return "unknown";
  const userId = owner ?? (await makeUser(deps, tx, shown, device));
  if ((await store.lockUser(tx, userId))?.isSuspended) return "suspended";
  await identities.saveIdentityName(tx, shown, shown.name);

  const keep = (sessionId: SessionId, forSeconds: number) =>
    keepToken(deps, tx, shown.upstream, { userId, sessionId, forSeconds });
  if (await hasFactor(tx, userId)) {
    const owed = await giveTicket(tx, userId, rememberMe);
    await keep(sessionOfTicket(hashToken(owed.ticket)), TICKET_SECONDS);
    return owed;
  }
  const session = await openSession(deps, tx, { userId, rememberMe, device, way: "jellyfin" });
  await keep(session.sessionId, idleSecondsOf({ rememberMe }));
  return { userId, ...session };
}

/** Without an address or a password: their only way in is the one they came. */
async function makeUser(
  deps: JellyfinDeps,
  tx: Tx,
  { serverId, externalId, name }: Shown,
  device: Device,
): Promise<UserId> {
  const userId = createId<UserId>(deps.now());
  await store.insertUser(tx, {
    id: userId,
    email: null,
    emailKey: null,
    name,
    role: "user",
    passwordHash: null,
    isVerified: false,
  });
  await createPersonalBand(tx, { userId, name }, deps.now());
  await identities.insertIdentity(tx, { serverId, externalId, userId, name });
  await noteEvent(deps, tx, {
    action: "account.registered",
    actorId: userId,
    subjectId: userId,
    device,
    details: { way: "jellyfin", role: "user" },
  });
  return userId;
}

/** Whose name was typed is not looked up: it says nothing about whose account here it would be. */
async function refuse(deps: JellyfinDeps, device: Device): Promise<AppError> {
  await write(deps, (tx) =>
    noteEvent(deps, tx, {
      action: "session.refused",
      actorId: null,
      subjectId: null,
      device,
      details: { way: "jellyfin" },
    }),
  );
  return new AppError(
    "unauthenticated",
    "The user name or the password is not right, or that server does not let this account in at the moment. Check both and try again.",
  );
}

const isUnknown = ({ name }: TrustedServer): AppError =>
  new AppError(
    "forbidden",
    `${name} knows you, but no account here belongs to you there, and new ones are not made by signing in. If you have an account here, sign in another way and link the two under Settings; else ask the people who run this server for one.`,
  );
