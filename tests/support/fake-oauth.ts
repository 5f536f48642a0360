import { createHash, randomBytes } from "node:crypto";
import { type Answer, json } from "./fake-service.ts";

/**
 * A sign-in, strict where the emulators are not (theirs takes a redirect URI with anything behind it, and
 * does not burn a code at a wrong verifier):
 *
 * - authorize: RFC 6749 §3.1.2.3, the redirect URI must be registered to the letter; PKCE with S256.
 * - token: §4.1.3 (code once, same client and redirect URI), §5.2 (errors), RFC 7636 §4.6.
 */
export interface FakeOAuth {
  readonly client: { readonly clientId: string; readonly clientSecret: string };
  /** What was asked of the token endpoint: the grant types, in order. */
  readonly tokenRequests: string[];
  /** All that must never be seen outside. */
  readonly secrets: Set<string>;
  /** Registered with the client. */
  redirectUri: string;
  /** Who sits before the browser. */
  account: string;
  /** What people grant. */
  scope: string;
  /** What a refresh does with the refresh token; single use is what RFC 9700 §4.14.2 says. */
  renewal: "keeps it" | "single use" | "gives another";
  /** Answers this to every request for tokens instead. */
  failToken(answer: Answer | "reset" | null): void;
  /** The token endpoint has heard what is asked, and answers nobody until it is let go. */
  holdToken(isHeld: boolean): void;
  /** No access token works any more, though none has ended by the clock. */
  expireTokens(): void;
  /** As in the account's own settings. */
  revokeGrants(): void;
  /** Signs in and agrees, as a browser would. @returns where it is sent back to. */
  agree(authorizeUrl: string): Promise<URL>;
  deny(authorizeUrl: string): Promise<URL>;
}

export interface Grant {
  readonly account: string;
  readonly scope: string;
  readonly isOffline: boolean;
}

/** How one company's sign-in differs from others. */
export interface Habits {
  readonly account: string;
  readonly scope: string;
  readonly renewal: FakeOAuth["renewal"];
  /** What its page says to what it does not like. */
  readonly mismatch: string;
  /** What its page wants besides. */
  accepts(query: URLSearchParams): boolean;
  /** Whether access for a long time was asked for. */
  isOffline(query: URLSearchParams): boolean;
  /** What people are sent back with besides. */
  back(): Readonly<Record<string, string>>;
  readonly denial: Readonly<Record<string, string>>;
  /** What comes with tokens besides RFC 6749 §5.1. */
  extra(): object;
  /** What comes with an error besides its name. */
  explain(error: string): object;
}

export function createFakeOAuth(habits: Habits) {
  const codes = new Map<string, Grant & { challenge: string; redirectUri: string }>();
  const access = new Map<string, Grant>();
  const refresh = new Map<string, Grant>();
  let held: PromiseWithResolvers<void> | null = null;
  let failure: Answer | "reset" | null = null;
  const issue = (kind: string): string => {
    const token = `${kind}-${randomBytes(24).toString("base64url")}`;
    oauth.secrets.add(token);
    return token;
  };
  const refuse = (error: string, status = 400): Answer =>
    json({ error, ...habits.explain(error) }, status);

  const authorize = (query: URLSearchParams): Answer => {
    const { client, redirectUri, account, scope } = oauth;
    const isKnown =
      query.get("client_id") === client.clientId && query.get("redirect_uri") === redirectUri;
    const isRight =
      query.get("response_type") === "code" && query.get("code_challenge_method") === "S256";
    if (!isKnown || !isRight || !habits.accepts(query)) {
      return { status: 400, body: habits.mismatch };
    }
    const code = issue("code");
    const challenge = query.get("code_challenge") ?? "";
    const isOffline = habits.isOffline(query);
    codes.set(code, { account, scope, challenge, redirectUri, isOffline });
    const back = (said: Readonly<Record<string, string>>): string => {
      const all = { state: query.get("state") ?? "", ...habits.back(), ...said };
      return `${redirectUri}?${new URLSearchParams(all)}`.replaceAll("&", "&amp;");
    };
    const body = `<!doctype html><title>Sign in</title><a id="allow" href="${back({ code })}">Continue</a> <a id="deny" href="${back({ error: "access_denied", ...habits.denial })}">Cancel</a>`;
    return { status: 200, headers: { "content-type": "text/html" }, body };
  };

  const grantTokens = (grant: Grant, refreshToken: string | null): Answer => {
    const token = issue("access");
    access.set(token, grant);
    return json({
      ...{ access_token: token, expires_in: 3599, token_type: "Bearer", scope: grant.scope },
      ...(refreshToken ? { refresh_token: refreshToken } : {}),
      ...habits.extra(),
    });
  };

  const addRefresh = (grant: Grant): string => {
    const token = issue("refresh");
    refresh.set(token, grant);
    return token;
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
    if (!found || !isRight) return refuse("invalid_grant");
    return grantTokens(found, found.isOffline ? addRefresh(found) : null);
  };

  const byRefresh = (form: URLSearchParams): Answer => {
    const given = form.get("refresh_token") ?? "";
    const found = refresh.get(given);
    if (!found) return refuse("invalid_grant");
    if (oauth.renewal === "keeps it") return grantTokens(found, null);
    if (oauth.renewal === "single use") refresh.delete(given);
    return grantTokens(found, addRefresh(found));
  };

  const token = async (form: URLSearchParams): Promise<Answer | "reset"> => {
    const grantType = form.get("grant_type") ?? "";
    oauth.tokenRequests.push(grantType);
    await held?.promise;
    if (failure) return failure;
    const { clientId, clientSecret } = oauth.client;
    const isClient =
      form.get("client_id") === clientId && form.get("client_secret") === clientSecret;
    if (!isClient) return refuse("invalid_client", 401);
    if (grantType === "authorization_code") return byCode(form);
    if (grantType === "refresh_token") return byRefresh(form);
    return refuse("unsupported_grant_type");
  };

  const follow = async (authorizeUrl: string, id: string): Promise<URL> => {
    const page = await (await fetch(authorizeUrl)).text();
    const href = new RegExp(`id="${id}" href="([^"]+)"`).exec(page)?.[1];
    if (!href) throw new Error(`The sign-in page says: ${page}`);
    return new URL(href.replaceAll("&amp;", "&"));
  };

  const oauth: FakeOAuth = {
    client: { clientId: "4711.apps.example", clientSecret: "canary-client-secret" },
    tokenRequests: [],
    secrets: new Set(["canary-client-secret"]),
    redirectUri: "",
    account: habits.account,
    scope: habits.scope,
    renewal: habits.renewal,
    failToken: (next) => {
      failure = next;
    },
    holdToken: (isHeld) => {
      if (isHeld) held = Promise.withResolvers();
      else held?.resolve();
    },
    expireTokens: () => access.clear(),
    revokeGrants: () => {
      access.clear();
      refresh.clear();
    },
    agree: (authorizeUrl) => follow(authorizeUrl, "allow"),
    deny: (authorizeUrl) => follow(authorizeUrl, "deny"),
  };
  return {
    oauth,
    authorize,
    token,
    /** Whose an `Authorization` header is. */
    grantOf: (header: string | undefined): Grant | undefined =>
      access.get(/^Bearer (.+)$/.exec(header ?? "")?.[1] ?? ""),
    /** Ends all of a person. @returns false for a token that is none. */
    endGrantOf(token: string): boolean {
      const grant = refresh.get(token) ?? access.get(token);
      if (!grant) return false;
      for (const tokens of [refresh, access]) {
        for (const [each, { account }] of tokens) {
          if (account === grant.account) tokens.delete(each);
        }
      }
      return true;
    },
  };
}
