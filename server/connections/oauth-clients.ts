import type { OAuthProviderId, ProviderId } from "#contract/connections.ts";
import type { BandId } from "#contract/ids.ts";
import type { OAuthClient, OneOAuthClient, SaveOAuthClient } from "#contract/oauth.ts";
import { noteEvent } from "#server/audit/service.ts";
import { requireMember } from "#server/bands/service.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { defineSealedColumn } from "#server/base/sealed-column.ts";
import type { Deps } from "#server/deps.ts";
import type { ClientKeys } from "#server/storage/oauth.ts";
import * as store from "./oauth-store.ts";

type ClientDeps = Pick<Deps, "db" | "providers" | "vault">;

/** Where a provider sends people back to: from the configuration alone. */
export const redirectUriOf = ({ config }: Pick<Deps, "config">, provider: ProviderId): string =>
  new URL(`/oauth/${provider}/callback`, config.http.publicUrl).href;

/** For owners: as what the band is known to a provider. */
export async function getOAuthClient(
  deps: ClientDeps & Pick<Deps, "config">,
  actor: Actor,
  { bandId, provider }: OneOAuthClient,
): Promise<OAuthClient> {
  const member = await requireMember(deps, actor, bandId, "owner");
  const own = await store.findClient(deps.db, member, provider);
  return {
    redirectUri: redirectUriOf(deps, provider),
    isServerSet: (deps.providers[provider].oauth?.client ?? null) !== null,
    ownClientId: own?.clientId ?? null,
  };
}

/** What is connected through the one before goes on while that client is the server's, or comes back. */
export async function saveOAuthClient(
  deps: ClientDeps & Pick<Deps, "config" | "now">,
  actor: Actor,
  { bandId, provider, client }: SaveOAuthClient,
  device: Device,
): Promise<OAuthClient> {
  const member = await requireMember(deps, actor, bandId, "owner");
  await write(deps, async (tx) => {
    if (client) {
      const { clientId, clientSecret } = client;
      const sealedSecret = deps.vault.seal(clientSecret, placeOf(bandId, provider));
      await store.saveClient(tx, { bandId, provider, clientId, sealedSecret });
    } else {
      await store.deleteClient(tx, member, provider);
    }
    await noteEvent(deps, tx, {
      action: "connection.client_changed",
      actorId: actor.userId,
      subjectId: actor.userId,
      bandId,
      device,
      details: { providers: [provider], isOn: client !== null },
    });
  });
  return getOAuthClient(deps, actor, { bandId, provider });
}

/** @throws AppError `conflict` when neither the band nor the server has one. */
export async function requireClient(
  deps: ClientDeps,
  bandId: BandId,
  provider: OAuthProviderId,
): Promise<ClientKeys> {
  const client =
    (await findOwnClient(deps, bandId, provider)) ?? deps.providers[provider].oauth?.client;
  if (client) return client;
  throw new AppError(
    "conflict",
    `This server has no client for ${deps.providers[provider].name} yet. Nothing was changed; follow the steps beside the button to make one.`,
  );
}

/**
 * The client that tokens were given to, as it is known today: its secret may be a new one.
 *
 * @throws AppError `storage_refused` when nobody has it any more.
 */
export async function requireClientOf(
  deps: ClientDeps,
  { bandId, provider }: { readonly bandId: BandId; readonly provider: ProviderId },
  clientId: string,
): Promise<ClientKeys> {
  const server = deps.providers[provider].oauth?.client;
  if (server?.clientId === clientId) return server;
  const own = await findOwnClient(deps, bandId, provider);
  if (own?.clientId === clientId) return own;
  throw new AppError(
    "storage_refused",
    "The client ID that this storage was connected through is not set here any more. Your library is kept; set it again, or reconnect the storage through the new one.",
  );
}

async function findOwnClient(
  deps: ClientDeps,
  bandId: BandId,
  provider: ProviderId,
): Promise<ClientKeys | undefined> {
  const row = await store.findClient(deps.db, { bandId }, provider);
  if (!row) return undefined;
  const { clientId, sealedSecret } = row;
  return { clientId, clientSecret: deps.vault.open(sealedSecret, placeOf(bandId, provider)) };
}

export const sealedClients = defineSealedColumn({
  table: "oauth_clients",
  column: "sealed_secret",
  reads: { bandId: "band_id", provider: "provider" },
  place: ({ bandId, provider }) => ({ rowId: provider, ownerId: bandId }),
});

const placeOf = (bandId: BandId, provider: ProviderId) =>
  sealedClients.placeOf({ bandId, provider });
