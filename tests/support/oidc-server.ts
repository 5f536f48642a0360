import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import Provider from "oidc-provider";
import { onTestFinished } from "vitest";

/** A certified authorization server of somebody else's, as strict as the standards let it be. */
export interface OidcServer {
  readonly issuer: string;
  readonly token: string;
  readonly authorize: string;
  readonly client: { readonly clientId: string; readonly clientSecret: string };
  readonly redirectUri: string;
  /** Somebody signs in there and agrees. @returns where the browser is sent back to. */
  agree(authorizeUrl: URL): Promise<URL>;
  /** Whether an access token opens what it was given for. */
  isAccepted(accessToken: string): Promise<boolean>;
}

const ACCESS_SECONDS = 2;

/** @param scopes - that clients may ask for. */
export async function startOidcServer(scopes: readonly string[]): Promise<OidcServer> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = { clientId: "backline", clientSecret: "a secret of thirty-two characters" };
  const redirectUri = "https://music.example/oauth/google-drive/callback";
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: client.clientId,
        client_secret: client.clientSecret,
        redirect_uris: [redirectUri],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        token_endpoint_auth_method: "client_secret_post",
      },
    ],
    scopes: ["openid", "offline_access", ...scopes],
    claims: { openid: ["sub"] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: true } },
    rotateRefreshToken: true,
    issueRefreshToken: async () => true,
    ttl: { AccessToken: ACCESS_SECONDS, AuthorizationCode: 60, RefreshToken: 3600 },
    clockTolerance: 0,
  });
  server.on("request", provider.callback());
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    issuer,
    token: `${issuer}/token`,
    authorize: `${issuer}/auth`,
    client,
    redirectUri,
    agree: (url) => agree(issuer, url),
    async isAccepted(accessToken) {
      const headers = { authorization: `Bearer ${accessToken}` };
      return (await fetch(`${issuer}/me`, { headers })).status === 200;
    },
  };
}

/** Fills in the pages that stand in for signing in and for consent. */
async function agree(issuer: string, from: URL): Promise<URL> {
  const jar = new Map<string, string>();
  const ask = async (url: URL, form?: Record<string, string>): Promise<Response> => {
    const answer = await fetch(url, {
      redirect: "manual",
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") },
      ...(form ? { method: "POST", body: new URLSearchParams(form) } : {}),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      jar.set(name, value);
    }
    return answer;
  };
  let url = from;
  for (let step = 0; step < 12; step += 1) {
    const isPage = url.pathname.startsWith("/interaction/");
    let answer = await ask(url);
    if (isPage) {
      const page = await answer.text();
      const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1] ?? "";
      answer = await ask(url, { prompt, login: "anna", password: "any" });
    }
    const location = answer.headers.get("location");
    if (location === null) throw new Error(`${answer.status}: ${await answer.text()}`);
    url = new URL(location, url);
    if (url.origin !== issuer) return url;
  }
  throw new Error("There was no way back.");
}
