import type { UserId } from "#contract/ids.ts";
import type { JellyfinCredentials } from "#contract/jellyfin.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { authenticate, type Recognised } from "#server/storage/media-server.ts";
import { hashToken } from "./crypto.ts";
import { type Guess, giveBack, takeTry } from "./guess-limits.ts";
import * as identities from "./identity-store.ts";
import { requireTrustedServer, type TrustedServer } from "./jellyfin-server.ts";
import { discardToken, toDevice, type UpstreamToken } from "./upstream-tokens.ts";

export type JellyfinDeps = Pick<
  Deps,
  | "config"
  | "counters"
  | "db"
  | "egress"
  | "jobs"
  | "log"
  | "maintenance"
  | "now"
  | "sessionKeys"
  | "vault"
>;

/** Somebody whom the media server has recognised a moment ago. */
export interface Shown extends identities.Identity {
  readonly server: TrustedServer;
  readonly name: string;
  /** It works there until somebody takes care of it. */
  readonly upstream: UpstreamToken;
}

/** Who shows it, and where. */
export interface Showing {
  readonly device: Device;
  /** Whose this browser has been before; `null` for nobody's. */
  readonly knownUserId: UserId | null;
  /** What of us the server is to take for one device; it is never told itself. */
  readonly place: string;
}

/**
 * Shows a password to the media server, within the limits that hold for ours. It is kept nowhere.
 *
 * @returns `undefined` when the server does not let them in.
 * @throws AppError `not_found` when no such server is set; `rate_limited`; `storage_unavailable` when
 *   it cannot be asked; `forbidden` for who may not come in here with the right password.
 */
export async function showIdentity(
  deps: JellyfinDeps,
  credentials: JellyfinCredentials,
  showing: Showing,
): Promise<Shown | undefined> {
  const server = await requireTrustedServer(deps);
  const usernameKey = toUsernameKey(credentials.username);
  const deviceId = deviceIdOf(deps, [showing.place, server.serverId, usernameKey]);
  const guess = await toGuess(deps, server, usernameKey, showing);
  const recognised = await ask(deps, server, guess, deviceId, credentials);
  if (!recognised) return undefined;

  const { externalId, name, token } = recognised;
  const upstream = { site: server, deviceId, token };
  return orDiscard(deps, upstream, async () => {
    await giveBack(deps, guess);
    requireFit(server, recognised);
    return { server, serverId: server.serverId, externalId, name, upstream };
  });
}

/**
 * The same for whoever is signed in. The token is revoked at once; it has a device id of its own, so
 * that the one of the session that asks outlives it.
 */
export async function showOwnIdentity(
  deps: JellyfinDeps,
  actor: Actor,
  credentials: JellyfinCredentials,
  device: Device,
): Promise<Shown | undefined> {
  const place = `account ${actor.userId}`;
  const shown = await showIdentity(deps, credentials, { device, knownUserId: actor.userId, place });
  if (shown) await discardToken(deps, shown.upstream);
  return shown;
}

/** Whether somebody can show an account at the media server that is the actor's own. */
export async function isOwnJellyfin(
  deps: JellyfinDeps,
  actor: Actor,
  credentials: JellyfinCredentials,
  device: Device,
): Promise<boolean> {
  const shown = await showOwnIdentity(deps, actor, credentials, device);
  return shown !== undefined && (await identities.findOwner(deps.db, shown)) === actor.userId;
}

/** Does something with a token in hand; if that comes to nothing, the token does not stay behind. */
export async function orDiscard<T>(
  deps: JellyfinDeps,
  upstream: UpstreamToken,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await discardToken(deps, upstream).catch((cause: unknown) => {
      // There is no database either. The next sign-in from this device makes the token void.
      deps.log.warn({ err: cause }, "a token of another server could not be revoked");
    });
    throw error;
  }
}

/** A try that the server did not answer is none. */
async function ask(
  deps: JellyfinDeps,
  server: TrustedServer,
  guess: Guess,
  deviceId: string,
  credentials: JellyfinCredentials,
): Promise<Recognised | undefined> {
  await takeTry(deps, guess);
  try {
    const device = toDevice(deps, deviceId);
    const answer = await authenticate(deps, server, device, credentials);
    return typeof answer === "string" ? undefined : answer;
  } catch (cause) {
    await giveBack(deps, guess);
    throw new AppError(
      "storage_unavailable",
      `${server.name} does not answer as it should at the moment, so nobody can sign in with it. Nothing is lost; try again in a while, or sign in another way. If it stays like this, tell the people who run this server.`,
      { cause },
    );
  }
}

/**
 * What Jellyfin takes for one device. It has one token a person and device, so the id stays the same
 * for one browser and name, and sessions of other browsers do not end with it. It is a MAC, because
 * whoever knew somebody's could end theirs, and so that nothing in it ties two people of one browser
 * together.
 */
const deviceIdOf = (deps: Pick<Deps, "sessionKeys">, place: readonly string[]): string =>
  hashToken(deps.sessionKeys.sign("upstream-device", JSON.stringify(place)));

/** A device is known for a name only while its owner is called that over there. */
async function toGuess(
  deps: Pick<Deps, "db">,
  server: TrustedServer,
  usernameKey: string,
  { device, knownUserId }: Showing,
): Promise<Guess> {
  const known =
    knownUserId && (await identities.findIdentityOf(deps.db, knownUserId, server.serverId));
  const isKnown =
    known !== undefined && known !== null && toUsernameKey(known.name) === usernameKey;
  return {
    accountKey: `jellyfin ${server.serverId} ${usernameKey}`,
    device,
    knownUserId,
    userId: isKnown ? knownUserId : null,
    instead: "ask the people who run the other server for a new password",
  };
}

/** @throws AppError */
function requireFit(server: TrustedServer, recognised: Recognised): void {
  if (recognised.serverId !== server.serverId) {
    throw new AppError(
      "storage_unavailable",
      `Another server answers at the address of ${server.name}, so nobody can sign in with it. Nothing is lost; sign in another way, and tell the people who run this server.`,
    );
  }
  if (recognised.isDisabled) {
    throw new AppError(
      "forbidden",
      `Your account at ${server.name} is switched off there. Ask the people who run it; everything you have here is kept.`,
    );
  }
  if (!recognised.hasPassword) {
    throw new AppError(
      "forbidden",
      `Your account at ${server.name} has no password, so anybody could come in with it. Set one there, then sign in again.`,
    );
  }
}

/** Media servers do not mind capitals. */
const toUsernameKey = (username: string): string => username.trim().normalize("NFKC").toLowerCase();
