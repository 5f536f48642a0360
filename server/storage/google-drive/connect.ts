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
import { type About, createDrive } from "./api.ts";

/** Where Google is. */
export interface Google {
  readonly issuer: string;
  readonly authorize: string;
  readonly token: string;
  readonly revoke: string;
  readonly drive: string;
}

/** Reading, and nothing else. */
const SCOPE = "https://www.googleapis.com/auth/drive.readonly";

/**
 * `offline` and `consent` together: Google gives a refresh token only when it asks, and it asks only
 * once otherwise.
 *
 * @see https://developers.google.com/identity/protocols/oauth2/web-server#creatingclient
 */
export function toAuthorizeUrl(google: Google, request: OAuthRequest): URL {
  const url = new URL(google.authorize);
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: request.clientId,
    redirect_uri: request.redirectUri,
    scope: SCOPE,
    state: request.state,
    code_challenge: request.challenge,
    code_challenge_method: "S256",
    access_type: "offline",
    prompt: "consent",
    ...(request.account === null ? {} : { login_hint: request.account }),
  }).toString();
  return url;
}

/** People can take the tick away from the permission and still go on, so what was granted is looked at. */
export async function exchange(
  google: Google,
  { client, redirectUri, code, verifier }: OAuthGrant,
  io: StorageIo,
): Promise<Connected<OAuthCredential>> {
  const tokens = await requestTokens(io, google.token, client, {
    grant_type: "authorization_code",
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
  });
  if (!(tokens.scopes ?? [SCOPE]).includes(SCOPE)) throw withoutFiles("no_scope");
  if (tokens.refreshToken === null) throw withoutFiles("no_refresh_token");
  const { user } = await createDrive(google.drive, tokens.accessToken, io).about();
  const { clientId } = client;
  const credential = {
    ...toAccess(tokens, io.now()),
    refreshToken: tokens.refreshToken,
    clientId,
    accountId: user.permissionId,
    account: nameOf(user),
  };
  const endsIn = tokens.refreshExpiresInSeconds;
  return {
    credential,
    name: "Google Drive",
    identity: credential.account,
    product: "Google Drive",
    accessEndsAt: endsIn === null ? null : new Date(io.now().getTime() + endsIn * 1000),
  };
}

/** Google keeps the refresh token as it is. */
export async function refresh(
  google: Google,
  client: ClientKeys,
  credential: OAuthCredential,
  io: StorageIo,
): Promise<OAuthCredential> {
  const tokens = await requestTokens(io, google.token, client, {
    grant_type: "refresh_token",
    refresh_token: credential.refreshToken,
  });
  return renewWith(credential, tokens, io.now());
}

const nameOf = ({ emailAddress, displayName, permissionId }: About["user"]): string =>
  emailAddress || displayName || permissionId;

const withoutFiles = (reason: string): AppError =>
  new AppError(
    "storage_refused",
    "Google did not give this server the permission to see files. Nothing was changed; connect again and leave that permission ticked.",
    { cause: new TokenRefusal(reason) },
  );
