import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import type { Me } from "#contract/auth.ts";
import { readAccessToken } from "#server/auth/access-token.ts";
import { createSessionKeys } from "#server/base/keys.ts";
import type { Deps } from "#server/deps.ts";
import { openBrowser } from "./browser.ts";
import { annasServer, signIn, type World } from "./people.ts";

interface Forgery {
  readonly claims?: (nowSeconds: number) => Record<string, unknown>;
  readonly header?: Record<string, unknown>;
  readonly key?: (deps: Deps) => Uint8Array | KeyObject;
}

const attacker = new Uint8Array(32).fill(7);
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });

const forgeries: readonly (readonly [string, Forgery])[] = [
  ["is 31 seconds past its end", { claims: (now) => ({ iat: now - 631, exp: now - 31 }) }],
  ["claims to last for days", { claims: (now) => ({ iat: now - 86_400, exp: now + 86_400 }) }],
  ["comes from the future", { claims: (now) => ({ iat: now + 120, exp: now + 720 }) }],
  ["never ends", { claims: () => ({ exp: undefined }) }],
  ["has no beginning", { claims: () => ({ iat: undefined }) }],
  ["has no session", { claims: () => ({ sid: undefined }) }],
  ["has no subject", { claims: () => ({ sub: undefined }) }],
  ["names somebody else", { claims: () => ({ sub: "01900000-0000-7000-8000-000000000000" }) }],
  ["names another session", { claims: () => ({ sid: "01900000-0000-7000-8000-000000000000" }) }],
  ["is for another server", { claims: () => ({ iss: "https://elsewhere.example" }) }],
  ["is for another audience", { claims: () => ({ aud: "other" }) }],
  ["is of another type", { header: { typ: "JWT" } }],
  ["is a token for verifying an address", { header: { typ: "backline-verify+jwt" } }],
  ["has no type", { header: { typ: undefined } }],
  ["has no key id", { header: { kid: undefined } }],
  ["points its key id at a file", { header: { kid: "../../dev/null" }, key: () => attacker }],
  ["has an unknown key id", { header: { kid: "older" } }],
  ["uses another algorithm with our key", { header: { alg: "HS384" } }],
  ["uses the longest algorithm with our key", { header: { alg: "HS512" } }],
  ["was signed with a key pair", { header: { alg: "RS256" }, key: () => rsa.privateKey }],
  ["was signed by somebody else", { key: () => attacker }],
  ["was signed with the key for CSRF tokens", { key: (deps) => keyOf(deps, "csrf") }],
  [
    "brings its own key",
    {
      header: { jwk: { kty: "oct", k: Buffer.from(attacker).toString("base64url") } },
      key: () => attacker,
    },
  ],
  ["points to a key, though rightly signed", { header: { jku: "https://evil.example/keys" } }],
];

const keyOf = (deps: Deps, purpose: "access-token" | "csrf"): Uint8Array =>
  deps.sessionKeys.find(purpose, "test") ?? new Uint8Array();

/** Anna is signed in, and tokens like hers can be made. */
async function annaSignedIn(): Promise<World & { readonly me: Me }> {
  const world = await annasServer();
  await signIn(world.browser, world.anna);
  return { ...world, me: (await world.browser.query("auth.me")).data as Me };
}

/** A token like ours but for what is changed; it works when nothing is. */
function forge(world: World & { readonly me: Me }, change: Forgery = {}): Promise<string> {
  const { deps, me } = world;
  const nowSeconds = Math.floor(Date.now() / 1000);
  const claims = {
    iss: deps.config.http.publicUrl.origin,
    aud: "backline",
    sub: me.user.id,
    sid: me.sessionId,
    iat: nowSeconds,
    exp: nowSeconds + 600,
    ...change.claims?.(nowSeconds),
  };
  const kept = Object.fromEntries(
    Object.entries(claims).filter(([, value]) => value !== undefined),
  );
  const header = { alg: "HS256", typ: "backline-access+jwt", kid: "test", ...change.header };
  return new SignJWT(kept)
    .setProtectedHeader(header as { alg: string })
    .sign(change.key?.(deps) ?? keyOf(deps, "access-token"));
}

async function statusesWith(world: World, token: string): Promise<number[]> {
  const { baseUrl } = world.replicas[0];
  const byCookie = openBrowser(baseUrl);
  byCookie.cookies.set("backline-access", token);
  const byHeader = openBrowser(baseUrl, { authorization: `Bearer ${token}` });
  const answers = await Promise.all([byCookie.query("auth.me"), byHeader.query("auth.me")]);
  return answers.map((each) => each.status);
}

describe("an access token", () => {
  test("as we make them is taken from the cookie and as a bearer token, for ten minutes and some skew", async () => {
    const world = await annaSignedIn();
    expect(await statusesWith(world, await forge(world))).toEqual([200, 200]);
    const late = await forge(world, { claims: (now) => ({ iat: now - 625, exp: now - 25 }) });
    expect(await statusesWith(world, late)).toEqual([200, 200]);
  });

  test("that is not quite like ours is nobody's", async () => {
    const world = await annaSignedIn();
    for (const [what, forgery] of forgeries) {
      const token = await forge(world, forgery);
      expect([what, await statusesWith(world, token)]).toEqual([what, [401, 401]]);
    }
  });

  test("that is unsigned, cut, or no token at all is nobody's, and breaks nothing", async () => {
    const world = await annaSignedIn();
    const token = await forge(world);
    const [, payload] = token.split(".");
    const none = Buffer.from('{"alg":"none","typ":"backline-access+jwt","kid":"test"}').toString(
      "base64url",
    );
    for (const broken of [
      `${none}.${payload}.`,
      token.slice(0, -2),
      `${payload}`,
      "x",
      "..",
      "%E0%A4%A",
    ]) {
      expect(await statusesWith(world, broken)).toEqual([401, 401]);
    }
  });

  test("of an older key works as long as the key is kept", async () => {
    const world = await annaSignedIn();
    const token = await forge(world);
    const ring = [
      { kid: "new", key: Buffer.alloc(32, 9) },
      { kid: "test", key: world.deps.testKeys.session },
    ];
    const kept = { ...world.deps, sessionKeys: createSessionKeys(ring) };
    const dropped = { ...world.deps, sessionKeys: createSessionKeys(ring.slice(0, 1)) };
    expect(await readAccessToken(kept, token)).toMatchObject({ sessionId: world.me.sessionId });
    expect(await readAccessToken(dropped, token)).toBeUndefined();
  });
});
