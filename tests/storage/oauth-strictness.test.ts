import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createToken, hashToken } from "#server/auth/crypto.ts";
import { toAuthorizeUrl } from "#server/storage/google-drive/connect.ts";
import { requestTokens, TokenRefusal } from "#server/storage/oauth.ts";
import { type OidcServer, startOidcServer } from "#tests/support/oidc-server.ts";
import { refusalOf } from "./refusals.ts";
import { createTestIo } from "./worlds.ts";

console.log("OAuth in these tests also against oidc-provider 9.13.3.");

const DRIVE = "https://www.googleapis.com/auth/drive.readonly";

/** Anna at the sign-in page, and back with what it takes to redeem. */
async function annaComesBack(server: OidcServer) {
  const [state, verifier] = [createToken(), createToken()];
  const { authorize, issuer, client, redirectUri } = server;
  const google = { authorize, issuer, token: server.token, revoke: "", drive: "" };
  const url = toAuthorizeUrl(google, {
    ...{ clientId: client.clientId, redirectUri, state, account: null },
    // What the server itself sends: S256.
    challenge: hashToken(verifier),
  });
  url.searchParams.set("scope", `openid ${DRIVE}`);
  const back = await server.agree(url);
  return { back, state, verifier, code: back.searchParams.get("code") ?? "" };
}

const toCodeGrant = (server: OidcServer, code: string, verifier: string) => ({
  grant_type: "authorization_code",
  code,
  redirect_uri: server.redirectUri,
  code_verifier: verifier,
});

const toRefreshGrant = (refreshToken: string | null) => ({
  grant_type: "refresh_token",
  refresh_token: refreshToken ?? "",
});

const reasonOf = (error: { cause?: unknown }): string | undefined =>
  error.cause instanceof TokenRefusal ? error.cause.reason : undefined;

async function begin() {
  const server = await startOidcServer([DRIVE]);
  const io = createTestIo();
  const ask = (grant: Record<string, string>, client = server.client) =>
    requestTokens(io, server.token, client, grant);
  return { server, ask };
}

describe("a strict authorization server of somebody else's", () => {
  test("takes our request, our proof and our code, and names itself on the way back", async () => {
    const { server, ask } = await begin();
    const { back, state, verifier, code } = await annaComesBack(server);
    expect(back.origin + back.pathname).toBe(server.redirectUri);
    expect(back.searchParams.get("state")).toBe(state);
    expect(back.searchParams.get("iss")).toBe(server.issuer);
    const tokens = await ask(toCodeGrant(server, code, verifier));
    expect(tokens).toMatchObject({ expiresInSeconds: 2, scopes: ["openid", DRIVE] });
    expect(tokens.refreshToken).toMatch(/^\S{20,}$/);
    expect(await server.isAccepted(tokens.accessToken)).toBe(true);
  });

  test("redeems a code once, and only with its verifier, its address and our secret", async () => {
    const { server, ask } = await begin();
    for (const [change, reason] of [
      [{ code_verifier: createToken() }, "invalid_grant"],
      [{ redirect_uri: "https://music.example/elsewhere" }, "invalid_grant"],
    ] as const) {
      const { code, verifier } = await annaComesBack(server);
      const refused = await refusalOf(ask({ ...toCodeGrant(server, code, verifier), ...change }));
      expect([refused.code, reasonOf(refused)]).toEqual(["storage_reconnect", reason]);
    }
    const { code, verifier } = await annaComesBack(server);
    const stranger = { ...server.client, clientSecret: "another secret of 32 characters!" };
    const unknown = await refusalOf(ask(toCodeGrant(server, code, verifier), stranger));
    expect([unknown.code, reasonOf(unknown)]).toEqual(["storage_refused", "invalid_client"]);
    await ask(toCodeGrant(server, code, verifier));
    const again = await refusalOf(ask(toCodeGrant(server, code, verifier)));
    expect(reasonOf(again)).toBe("invalid_grant");
  });

  test("renews access that has ended, and each refresh token once", async () => {
    const { server, ask } = await begin();
    const { code, verifier } = await annaComesBack(server);
    const first = await ask(toCodeGrant(server, code, verifier));
    await sleep(first.expiresInSeconds * 1000 + 1_100);
    expect(await server.isAccepted(first.accessToken)).toBe(false);
    const second = await ask(toRefreshGrant(first.refreshToken));
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(await server.isAccepted(second.accessToken)).toBe(true);
    // Whoever uses a spent one takes the whole family down: that is why one server renews for all.
    const reused = await refusalOf(ask(toRefreshGrant(first.refreshToken)));
    expect([reused.code, reasonOf(reused)]).toEqual(["storage_reconnect", "invalid_grant"]);
    const family = await refusalOf(ask(toRefreshGrant(second.refreshToken)));
    expect(reasonOf(family)).toBe("invalid_grant");
  });
});
