import { ProviderId } from "#contract/connections.ts";
import type { BandId, ConnectionId } from "#contract/ids.ts";
import type { BeginOAuth, OAuthBegun, OAuthTrouble } from "#contract/oauth.ts";
import { createToken, hashToken, isToken } from "#server/auth/crypto.ts";
import { isSessionAlive } from "#server/auth/service.ts";
import { requireMember } from "#server/bands/service.ts";
import type { Actor } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { requireNoMaintenance } from "#server/base/maintenance.ts";
import { defineSealedColumn } from "#server/base/sealed-column.ts";
import type { Deps } from "#server/deps.ts";
import type { ConfiguredOAuth } from "#server/storage/registry.ts";
import {
  type ConnectDeps,
  insertConnection,
  renewConnection,
  requireSameKind,
} from "./connecting.ts";
import { redirectUriOf, requireClient, requireClientOf } from "./oauth-clients.ts";
import * as store from "./oauth-store.ts";
import { requireSameAccount, troubleOf } from "./oauth-trouble.ts";
import { PATIENCE_MS, requireConnection } from "./service.ts";
import type { ConnectionRow } from "./store.ts";

/** To sign in at the provider, with a second factor too. By the database's clock. */
export const STATE_SECONDS = 600;

type OAuthDeps = ConnectDeps & Pick<Deps, "maintenance">;

/** What a provider sends people back with. */
export interface OAuthAnswer {
  readonly state?: string | undefined;
  readonly code?: string | undefined;
  readonly error?: string | undefined;
  readonly iss?: string | undefined;
}

/** Where people are when they have come back. */
export interface Landing {
  /** `null`: all is well. */
  readonly trouble: OAuthTrouble | null;
  readonly provider: ProviderId | null;
  readonly bandId: BandId | null;
  /** The one that has been made or reconnected, or was to be reconnected. */
  readonly connectionId: ConnectionId | null;
  readonly isNew: boolean;
}

type State = NonNullable<Awaited<ReturnType<typeof store.takeState>>>;

/**
 * Prepares a visit to the provider's sign-in page. What comes back from there counts once, for ten
 * minutes, in this browser, for this person, band and provider (RFC 9700 §2.1, §4.7).
 *
 * @param browser - the value of the cookie that this browser alone has.
 * @throws AppError `conflict` when there is no client for the provider.
 */
export async function beginOAuth(
  deps: OAuthDeps,
  actor: Actor,
  { bandId, provider, connectionId }: BeginOAuth,
  browser: string,
): Promise<OAuthBegun> {
  await requireMember(deps, actor, bandId, "owner");
  const known = connectionId
    ? await findKnown(deps, actor, { bandId, provider, connectionId })
    : null;
  const oauth = requireOAuth(deps, provider);
  const { clientId } = await requireClient(deps, bandId, provider);
  const [state, verifier] = [createToken(), createToken()];
  const stateHash = hashToken(state);
  await write(deps, async (tx) => {
    await store.deleteEnded(tx);
    const row = {
      stateHash,
      browserHash: hashToken(browser),
      provider,
      userId: actor.userId,
      sessionId: actor.sessionId,
      bandId,
      connectionId,
      clientId,
      sealedVerifier: deps.vault.seal(verifier, placeOf(stateHash, bandId)),
    };
    await store.insertState(tx, row, STATE_SECONDS);
  });
  const redirectUri = redirectUriOf(deps, provider);
  const account = known?.identity ?? null;
  // SHA-256 in base64url is what PKCE's S256 is, too (RFC 7636 §4.2).
  const challenge = hashToken(verifier);
  const url = oauth.authorizeUrl({ clientId, redirectUri, state, challenge, account });
  return { authorizeUrl: url.href };
}

/**
 * Takes people in who come back. Nothing is asked of the provider before everything else is right.
 *
 * @param named - the provider in the address that they came back to.
 * @param browser - the value of this browser's cookie, if it has one.
 */
export async function completeOAuth(
  deps: OAuthDeps,
  named: string,
  answer: OAuthAnswer,
  browser: string | undefined,
): Promise<Landing> {
  const provider = ProviderId.safeParse(named).data ?? null;
  const nowhere = { provider, bandId: null, connectionId: null, isNew: false };
  const { state: given = "" } = answer;
  if (!provider || !isToken(given)) return { ...nowhere, trouble: "unknown" };
  if (await isInMaintenance(deps)) return { ...nowhere, trouble: "maintenance" };
  const stateHash = hashToken(given);
  const browserHash = hashToken(browser ?? "");
  const state = await write(deps, (tx) =>
    store.takeState(tx, { stateHash, browserHash, provider }),
  );
  if (!state) {
    const isOpen = await store.isStateOpen(deps.db, { stateHash, provider });
    return { ...nowhere, trouble: isOpen ? "other_browser" : "unknown" };
  }
  const { bandId, connectionId } = state;
  try {
    const trouble = await findTrouble(deps, state, answer);
    if (trouble) return { trouble, provider, bandId, connectionId, isNew: false };
    const id = await redeem(deps, state, answer.code ?? "");
    return { trouble: null, provider, bandId, connectionId: id, isNew: connectionId === null };
  } catch (error) {
    const trouble = troubleOf(error);
    return { trouble, provider, bandId, connectionId, isNew: false };
  }
}

/** Coming back is a change; what was begun waits, and is good for its ten minutes. */
async function isInMaintenance(deps: OAuthDeps): Promise<boolean> {
  try {
    await requireNoMaintenance(deps);
    return false;
  } catch (error) {
    if (error instanceof AppError && error.code === "maintenance") return true;
    throw error;
  }
}

/** Everything that can be seen without asking the provider. */
async function findTrouble(
  deps: OAuthDeps,
  state: State,
  { iss, error, code }: OAuthAnswer,
): Promise<OAuthTrouble | null> {
  const oauth = requireOAuth(deps, state.provider);
  if (state.isExpired) return "expired";
  if (!(await isSessionAlive(deps, state.sessionId))) return "signed_out";
  const isOther = iss === undefined ? oauth.alwaysNamesIssuer : !oauth.isIssuer(iss);
  if (isOther) return "wrong_server";
  if (error === "access_denied") return "denied";
  // RFC 6749 §4.1.2.1: the client may not ask for what it asked for.
  if (error === "unauthorized_client") return "client";
  if (error !== undefined) return "unavailable";
  return code === undefined || code === "" ? "unknown" : null;
}

async function redeem(deps: OAuthDeps, state: State, code: string): Promise<ConnectionId> {
  const { bandId, provider, connectionId, userId, sessionId, stateHash } = state;
  // What an administrator may do besides is not done here.
  const actor: Actor = { userId, sessionId, role: "user" };
  const member = await requireMember(deps, actor, bandId, "owner");
  const known = connectionId
    ? await findKnown(deps, actor, { bandId, provider, connectionId })
    : null;
  const oauth = requireOAuth(deps, provider);
  const grant = {
    client: await requireClientOf(deps, state, state.clientId),
    redirectUri: redirectUriOf(deps, provider),
    code,
    verifier: deps.vault.open(state.sealedVerifier, placeOf(stateHash, bandId)),
  };
  const connected = await oauth.exchange(grant, {
    egress: deps.egress,
    now: deps.now,
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (!known) {
    return write(deps, (tx) =>
      insertConnection(deps, tx, member, { ...connected, provider, isDemo: false }),
    );
  }
  requireSameAccount(deps, oauth, known, connected);
  await write(deps, (tx) => renewConnection(deps, tx, known, connected));
  return known.id;
}

async function findKnown(
  deps: OAuthDeps,
  actor: Actor,
  asked: {
    readonly bandId: BandId;
    readonly provider: ProviderId;
    readonly connectionId: ConnectionId;
  },
): Promise<ConnectionRow> {
  const { row } = await requireConnection(deps, actor, asked.connectionId, "owner");
  requireSameKind(row, asked);
  return row;
}

function requireOAuth(deps: Pick<Deps, "providers">, provider: ProviderId): ConfiguredOAuth {
  const { oauth } = deps.providers[provider];
  if (oauth) return oauth;
  throw new AppError("conflict", "People do not sign in at this kind of storage.");
}

export const sealedVerifiers = defineSealedColumn({
  table: "oauth_states",
  column: "sealed_verifier",
  reads: { stateHash: "state_hash", bandId: "band_id" },
  place: ({ stateHash, bandId }) => ({ rowId: stateHash, ownerId: bandId }),
});

const placeOf = (stateHash: string, bandId: BandId) =>
  sealedVerifiers.placeOf({ stateHash, bandId });
