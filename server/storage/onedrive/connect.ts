import { AppError } from "#server/base/errors.ts";
import {
  type ClientKeys,
  type OAuthGrant,
  type OAuthRequest,
  requestTokens,
  TokenRefusal,
} from "#server/storage/oauth.ts";
import { type OAuthCredential, renewWith, toAccess } from "#server/storage/oauth-credential.ts";
import type { Connected, StorageIo } from "#server/storage/provider.ts";
import { createGraph, type Drive } from "./api.ts";
import { toStableId } from "./ids.ts";
import type { Tenant } from "./tenant.ts";

/** Where Microsoft is. */
export interface Microsoft {
  readonly login: string;
  readonly graph: string;
}

/**
 * Reading, and nothing else: `Files.Read` would show nothing of what others share. No administrator
 * has to agree to it, unless an organization has ruled so.
 *
 * @see https://learn.microsoft.com/graph/permissions-reference#filesreadall
 */
const PERMISSION = "Files.Read.All";
/** Without it there is no refresh token. */
const OFFLINE = "offline_access";

const endpoint = ({ login }: Microsoft, tenant: Tenant, name: string): string =>
  `${login}/${tenant}/oauth2/v2.0/${name}`;

/**
 * People are often signed in at Microsoft with the wrong one of their accounts, so they choose.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#request-an-authorization-code
 */
export function toAuthorizeUrl(microsoft: Microsoft, tenant: Tenant, request: OAuthRequest): URL {
  const url = new URL(endpoint(microsoft, tenant, "authorize"));
  url.search = new URLSearchParams({
    response_type: "code",
    response_mode: "query",
    client_id: request.clientId,
    redirect_uri: request.redirectUri,
    scope: `${PERMISSION} ${OFFLINE}`,
    state: request.state,
    code_challenge: request.challenge,
    code_challenge_method: "S256",
    // Some accounts have a name and no address.
    ...(request.account?.includes("@")
      ? { login_hint: request.account }
      : { prompt: "select_account" }),
  }).toString();
  return url;
}

export async function exchange(
  microsoft: Microsoft,
  tenant: Tenant,
  { client, redirectUri, code, verifier }: OAuthGrant,
  io: StorageIo,
): Promise<Connected<OAuthCredential>> {
  const tokens = await requestTokens(io, endpoint(microsoft, tenant, "token"), client, {
    grant_type: "authorization_code",
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
  });
  if (!canRead(tokens.scopes)) throw withoutFiles("no_scope");
  if (tokens.refreshToken === null) throw withoutFiles("no_refresh_token");
  const drive = await findDrive(microsoft, tokens.accessToken, io);
  const account = nameOf(drive);
  return {
    credential: {
      ...toAccess(tokens, io.now()),
      refreshToken: tokens.refreshToken,
      clientId: client.clientId,
      accountId: toStableId(drive.id),
      account,
    },
    name: "OneDrive",
    identity: account,
    product: drive.driveType === "personal" ? "Personal account" : "Work or school account",
  };
}

/** Microsoft gives a new refresh token each time; the one before is not to be kept. */
export async function refresh(
  microsoft: Microsoft,
  tenant: Tenant,
  client: ClientKeys,
  credential: OAuthCredential,
  io: StorageIo,
): Promise<OAuthCredential> {
  const tokens = await requestTokens(io, endpoint(microsoft, tenant, "token"), client, {
    grant_type: "refresh_token",
    refresh_token: credential.refreshToken,
  });
  return renewWith(credential, tokens, io.now());
}

/** What was granted comes with or without the resource before it, in any case. */
const canRead = (scopes: readonly string[] | null): boolean =>
  scopes === null ||
  scopes.some((scope) => /^(https:\/\/[^/]+\/)?files\.read(write)?\.all$/i.test(scope));

/** Not every account has a OneDrive: 404 or 400 says so, depending on what is missing. */
async function findDrive(microsoft: Microsoft, accessToken: string, io: StorageIo): Promise<Drive> {
  try {
    return await createGraph(microsoft.graph, accessToken, io).drive();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "not_found") throw error;
    throw new AppError(
      "storage_refused",
      "This Microsoft account has no OneDrive. Nothing was changed; open OneDrive once with it, or connect another account.",
      { cause: new TokenRefusal("no_storage") },
    );
  }
}

const nameOf = ({ id, owner }: Drive): string =>
  owner?.user?.email || owner?.user?.displayName || id;

const withoutFiles = (reason: string): AppError =>
  new AppError(
    "storage_refused",
    "Microsoft did not give this server the permission to read files. Nothing was changed; connect again and accept that permission.",
    { cause: new TokenRefusal(reason) },
  );
