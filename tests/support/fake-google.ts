import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { createGoogleDrive } from "#server/storage/google-drive/index.ts";
import { configure } from "#server/storage/registry.ts";
import { type Answer, answerFiles, createTree, json, type Tree, toError } from "./fake-drive.ts";

/**
 * A stand-in for Google's sign-in, strict where the emulators are not (they take any redirect URI, do
 * not burn a code, and know no `about`). From what Google and the RFCs publish:
 *
 * - authorize: https://developers.google.com/identity/protocols/oauth2/web-server#creatingclient; the
 *   redirect URI must be registered to the letter; a refresh token only for `access_type=offline`.
 * - token: RFC 6749 §4.1.3 (code once, same client and redirect URI), §5.2 (errors), RFC 7636 §4.6.
 * - a refresh does not change the refresh token: `#offline`; `rotates` does, as RFC 9700 §4.14.2 says.
 * - `refresh_token_expires_in` while the consent screen is in testing: #refresh-token-expiration there.
 * - revoke ends the whole grant of the person to the client: #tokenrevoke.
 * - `iss` in the answer: RFC 9207 §2.
 */
export interface FakeGoogle {
  readonly url: string;
  readonly client: { readonly clientId: string; readonly clientSecret: string };
  readonly tree: Tree;
  /** What was asked of the token endpoint: the grant types, in order. */
  readonly tokenRequests: string[];
  readonly revocations: string[];
  /** What was asked of Drive, as method and path. */
  readonly driveRequests: URL[];
  /** All that must never be seen outside. */
  readonly secrets: Set<string>;
  /** Registered with the client. */
  redirectUri: string;
  /** Who sits before the browser. */
  account: string;
  /** What people grant. */
  scope: string;
  /** Single-use refresh tokens. */
  rotates: boolean;
  isTesting: boolean;
  pageSize: number;
  /** Answers this to the next so many requests instead. */
  failToken(answer: Answer | "reset" | null): void;
  failDrive(answer: Answer | null, times?: number): void;
  /** No access token works any more, though none has ended by the clock. */
  expireTokens(): void;
  /** As in the account's own settings. */
  revokeGrants(): void;
  /** Signs in and agrees, as a browser would. @returns where it is sent back to. */
  agree(authorizeUrl: string): Promise<URL>;
  deny(authorizeUrl: string): Promise<URL>;
  openDownloads(): number;
  /** What is on its way breaks off. */
  cutDownloads(): void;
  /** To be a provider of a server. */
  provider(settings?: object): ReturnType<typeof configure>;
  readonly spec: ReturnType<typeof createGoogleDrive>;
}

interface Grant {
  readonly account: string;
  readonly scope: string;
}

export async function startFakeGoogle(): Promise<FakeGoogle> {
  const tree = createTree();
  const codes = new Map<string, Grant & { challenge: string; redirectUri: string }>();
  const access = new Map<string, Grant>();
  const refresh = new Map<string, Grant>();
  const downloads = new Set<ServerResponse>();
  let tokenFailure: Answer | "reset" | null = null;
  let driveFailure: { answer: Answer; times: number } | null = null;
  const issue = (kind: string): string => {
    const token = `${kind}-${randomBytes(24).toString("base64url")}`;
    google.secrets.add(token);
    return token;
  };

  const authorize = (query: URLSearchParams): Answer => {
    const { client, redirectUri } = google;
    const isKnown =
      query.get("client_id") === client.clientId && query.get("redirect_uri") === redirectUri;
    const isRight =
      query.get("response_type") === "code" && query.get("code_challenge_method") === "S256";
    if (!isKnown || !isRight || query.get("access_type") !== "offline") {
      return { status: 400, body: "Error 400: redirect_uri_mismatch" };
    }
    const code = issue("code");
    const { account, scope } = google;
    const challenge = query.get("code_challenge") ?? "";
    codes.set(code, { account, scope, challenge, redirectUri });
    const back = (said: Record<string, string>): string => {
      const all = { state: query.get("state") ?? "", iss: google.url, ...said };
      return `${redirectUri}?${new URLSearchParams(all)}`.replaceAll("&", "&amp;");
    };
    const body = `<!doctype html><title>Sign in</title><a id="allow" href="${back({ code, scope })}">Continue</a> <a id="deny" href="${back({ error: "access_denied" })}">Cancel</a>`;
    return { status: 200, headers: { "content-type": "text/html" }, body };
  };

  const grantTokens = ({ account, scope }: Grant, refreshToken: string | null): Answer => {
    const token = issue("access");
    access.set(token, { account, scope });
    return json({
      ...{ access_token: token, expires_in: 3599, token_type: "Bearer", scope },
      ...(refreshToken ? { refresh_token: refreshToken } : {}),
      ...(google.isTesting ? { refresh_token_expires_in: 604_799 } : {}),
    });
  };

  const byCode = (form: URLSearchParams): Answer => {
    const given = form.get("code") ?? "";
    const found = codes.get(given);
    codes.delete(given);
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    const isRight =
      found?.challenge === challenge && found.redirectUri === form.get("redirect_uri");
    if (!found || !isRight) return json({ error: "invalid_grant" }, 400);
    const refreshToken = issue("refresh");
    refresh.set(refreshToken, found);
    return grantTokens(found, refreshToken);
  };

  const byRefresh = (form: URLSearchParams): Answer => {
    const given = form.get("refresh_token") ?? "";
    const found = refresh.get(given);
    if (!found) return json({ error: "invalid_grant" }, 400);
    if (!google.rotates) return grantTokens(found, null);
    refresh.delete(given);
    const next = issue("refresh");
    refresh.set(next, found);
    return grantTokens(found, next);
  };

  const answerToken = (form: URLSearchParams): Answer | "reset" => {
    const grantType = form.get("grant_type") ?? "";
    google.tokenRequests.push(grantType);
    if (tokenFailure) return tokenFailure;
    const { clientId, clientSecret } = google.client;
    const isClient =
      form.get("client_id") === clientId && form.get("client_secret") === clientSecret;
    if (!isClient) return json({ error: "invalid_client" }, 401);
    if (grantType === "authorization_code") return byCode(form);
    if (grantType === "refresh_token") return byRefresh(form);
    return json({ error: "unsupported_grant_type" }, 400);
  };

  const answerRevoke = (form: URLSearchParams): Answer => {
    const token = form.get("token") ?? "";
    google.revocations.push(token);
    const grant = refresh.get(token) ?? access.get(token);
    if (!grant) return json({ error: "invalid_token" }, 400);
    for (const [each, { account }] of [...refresh, ...access]) {
      if (account !== grant.account) continue;
      refresh.delete(each);
      access.delete(each);
    }
    return json({});
  };

  const answerDrive = (url: URL, { headers }: IncomingMessage): Answer => {
    google.driveRequests.push(url);
    if (driveFailure && driveFailure.times > 0) {
      driveFailure.times -= 1;
      return driveFailure.answer;
    }
    const grant = access.get(/^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1] ?? "");
    if (!grant) return toError(401, "authError");
    const path = url.pathname.slice("/drive/v3/".length);
    if (path === "about") {
      const user = { permissionId: idOf(grant.account), emailAddress: grant.account };
      return json({ user, storageQuota: { limit: "16106127360", usage: "4711" } });
    }
    return answerFiles(tree, path, url.searchParams, headers.range ?? "", google.pageSize);
  };

  const answer = async (request: IncomingMessage): Promise<Answer | "reset"> => {
    const url = new URL(request.url ?? "", google.url);
    if (url.pathname === "/auth") return authorize(url.searchParams);
    if (url.pathname.startsWith("/drive/v3/")) return answerDrive(url, request);
    // A browser asks for an icon.
    if (request.method === "GET") return { status: 204 };
    const form = new URLSearchParams(await text(request));
    return url.pathname === "/revoke" ? answerRevoke(form) : answerToken(form);
  };

  const server = createServer(async (request, response) => {
    const said = await answer(request);
    if (said === "reset") return void response.destroy();
    const { status, headers = {}, body = "" } = said;
    if (status === 206) downloads.add(response);
    response.once("close", () => downloads.delete(response));
    response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
    response.end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
  });

  const follow = async (authorizeUrl: string, id: string): Promise<URL> => {
    const page = await (await fetch(authorizeUrl)).text();
    const href = new RegExp(`id="${id}" href="([^"]+)"`).exec(page)?.[1];
    if (!href) throw new Error(`Google says: ${page}`);
    return new URL(href.replaceAll("&amp;", "&"));
  };
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  const spec = createGoogleDrive({
    issuer: url,
    authorize: `${url}/auth`,
    token: `${url}/token`,
    revoke: `${url}/revoke`,
    drive: `${url}/drive/v3`,
  });
  const google: FakeGoogle = {
    url,
    client: { clientId: "4711.apps.example", clientSecret: "canary-client-secret" },
    tree,
    tokenRequests: [],
    revocations: [],
    driveRequests: [],
    secrets: new Set(["canary-client-secret"]),
    redirectUri: "",
    account: "anna@gmail.example",
    scope: "https://www.googleapis.com/auth/drive.readonly",
    rotates: false,
    isTesting: false,
    pageSize: 1000,
    failToken: (next) => {
      tokenFailure = next;
    },
    failDrive: (next, times = 1) => {
      driveFailure = next && { answer: next, times };
    },
    expireTokens: () => access.clear(),
    revokeGrants: () => {
      access.clear();
      refresh.clear();
    },
    agree: (authorizeUrl) => follow(authorizeUrl, "allow"),
    deny: (authorizeUrl) => follow(authorizeUrl, "deny"),
    openDownloads: () => downloads.size,
    cutDownloads: () => {
      for (const response of downloads) response.destroy();
    },
    provider: (settings = {}) => configure(spec, settings),
    spec,
  };
  return google;
}

const idOf = (account: string): string =>
  createHash("sha256").update(account).digest("hex").slice(0, 20);
