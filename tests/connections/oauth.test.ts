import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { createBackline } from "#sdk/index.ts";
import { hashToken } from "#server/auth/crypto.ts";
import { write } from "#server/base/db.ts";
import { completeOAuth } from "#server/connections/oauth.ts";
import { forgetTries } from "#tests/auth/jellyfin-people.ts";
import { json } from "#tests/support/fake-service.ts";
import { recordLog } from "#tests/support/log.ts";
import { ADMIN, startServer } from "#tests/support/server.ts";
import { runJobs } from "#tests/support/world.ts";
import { annasGoogle, type GoogleWorld } from "./google-world.ts";
import { dumpOf, troubleIn } from "./oauth-world.ts";

const states = async ({ server }: GoogleWorld) =>
  server.deps.db.execute(sql`select * from oauth_states`);

test("Anna signs in at Google, comes back and chooses a folder", async () => {
  const world = await annasGoogle();
  world.google.tree.put("Live/take 1.mp3", "one");
  const connection = await world.connect();
  expect(connection).toMatchObject({
    provider: "google-drive",
    name: "Google Drive",
    identity: "anna@gmail.example",
    health: "active",
    rootPath: null,
    accessEndsAt: null,
  });
  const { api } = world.anna;
  const top = await api.connections.browse.query({ connectionId: connection.id, folder: null });
  const live = top.folders[0] ?? expect.unreachable();
  expect(live.name).toBe("Live");
  const inside = await api.connections.browse.query({
    connectionId: connection.id,
    folder: live.ref,
  });
  expect(inside.audioFileCount).toBe(1);
  expect(inside.breadcrumb).toEqual([
    { ref: null, name: "Google Drive" },
    { ref: live.ref, name: "Live" },
  ]);
  const set = await api.connections.setRoot.mutate({
    connectionId: connection.id,
    folder: live.ref,
  });
  expect(set.rootPath).toBe("Live");
  await runJobs(world.server);
  const { tracks } = await api.library.tracks.list.query({ bandId: world.bandId });
  expect(tracks.map(({ path }) => path)).toEqual(["Live/take 1.mp3"]);
  expect(world.google.tokenRequests).toEqual(["authorization_code"]);
});

test("what is asked of Google is as little as it takes, and says nothing of us but the client", async () => {
  const world = await annasGoogle();
  const url = new URL(await world.begin());
  const { state, code_challenge, ...rest } = Object.fromEntries(url.searchParams);
  expect(rest).toEqual({
    response_type: "code",
    client_id: world.google.client.clientId,
    redirect_uri: world.google.redirectUri,
    scope: "https://www.googleapis.com/auth/drive.readonly",
    code_challenge_method: "S256",
    access_type: "offline",
    prompt: "consent",
  });
  // 256 bits each.
  expect([state, code_challenge].every((each) => /^[\w-]{43}$/.test(each ?? ""))).toBe(true);
  const kept = JSON.stringify(await states(world));
  expect(kept).not.toContain(state);
  expect(await states(world)).toHaveLength(1);
});

test("the cookie of the browser is its own, for this site and for ten minutes", async () => {
  const world = await annasGoogle();
  const { csrf } = { csrf: await world.anna.api.auth.csrf.query() };
  const answer = await world.anna.fetch(`${world.server.baseUrl}/trpc/connections.beginOAuth`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-csrf-token": csrf.token },
    body: JSON.stringify({ bandId: world.bandId, provider: "google-drive" }),
  });
  const cookie = answer.headers.getSetCookie().find((each) => each.startsWith("backline-oauth="));
  expect(cookie).toMatch(
    /^backline-oauth=[\w-]{43}; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/,
  );
});

test("whoever says no at Google is told so, and nothing is asked of Google", async () => {
  const world = await annasGoogle();
  const landed = await world.comeBack(await world.google.deny(await world.begin()));
  expect(Object.fromEntries(landed.searchParams)).toEqual({
    why: "denied",
    provider: "google-drive",
    band: world.bandId,
  });
  expect(landed.pathname).toBe("/not-connected");
  expect(world.google.tokenRequests).toEqual([]);
});

test("a callback counts once", async () => {
  const world = await annasGoogle();
  const back = await world.google.agree(await world.begin());
  expect(troubleIn(await world.comeBack(back))).toBeNull();
  expect(troubleIn(await world.comeBack(back))).toBe("unknown");
  expect(world.google.tokenRequests).toHaveLength(1);
  expect(await states(world)).toEqual([]);
});

test("of 64 callbacks at the same time at three servers one counts, 200 times", {
  timeout: 600_000,
}, async () => {
  const [rounds, atOnce] = [200, 64];
  const world = await annasGoogle();
  const { id } = await world.connect();
  const { deps } = world.server;
  const replica = () =>
    startServer({
      database: deps.testDatabase,
      keys: deps.testKeys,
      providers: { "google-drive": deps.providers["google-drive"] },
    });
  const servers = [world.server, await replica(), await replica()];
  const exchanges = () =>
    world.google.tokenRequests.filter((each) => each === "authorization_code").length;
  const before = exchanges();
  const told: Record<string, number> = {};
  for (let round = 1; round <= rounds; round += 1) {
    if (round % 50 === 0) await forgetTries(world.server);
    const back = await world.google.agree(await world.begin(id));
    const landed = await Promise.all(
      Array.from({ length: atOnce }, (_, n) =>
        world.comeBack(back, world.anna.fetch, servers[n % servers.length]?.baseUrl),
      ),
    );
    const reasons = landed.map((each) => troubleIn(each) ?? "connected");
    for (const reason of reasons) told[reason] = (told[reason] ?? 0) + 1;
    expect(reasons.filter((each) => each === "connected")).toHaveLength(1);
    expect(exchanges() - before).toBe(round);
  }
  const said = `${atOnce} callbacks at once x ${rounds} rounds at 3 servers: ${JSON.stringify(told)}, ${exchanges() - before} token requests`;
  process.stdout.write(`${said}\n`);
  expect(told).toEqual({ connected: rounds, unknown: rounds * (atOnce - 1) });
});

test("after ten minutes by the database's clock it is too late", async () => {
  const world = await annasGoogle();
  const back = await world.google.agree(await world.begin());
  const [row] = await world.server.deps.db.execute<{ left: number }>(
    sql`select extract(epoch from expires_at - now())::int as left from oauth_states`,
  );
  expect(row?.left).toBeGreaterThan(580);
  expect(row?.left).toBeLessThanOrEqual(600);
  await write(world.server.deps, (tx) =>
    tx.execute(sql`update oauth_states set expires_at = now() - interval '1 second'`),
  );
  expect(troubleIn(await world.comeBack(back))).toBe("expired");
  expect(world.google.tokenRequests).toEqual([]);
});

test("in another browser it counts for nothing, and still does in the one that began", async () => {
  const world = await annasGoogle();
  const back = await world.google.agree(await world.begin());
  for (const browser of [fetch, world.server.guest().fetch]) {
    expect(troubleIn(await world.comeBack(back, browser))).toBe("other_browser");
  }
  const cookie = `backline-oauth=${"x".repeat(43)}`;
  const withOther: typeof fetch = (url, init) => fetch(url, { ...init, headers: { cookie } });
  expect(troubleIn(await world.comeBack(back, withOther))).toBe("other_browser");
  expect(world.google.tokenRequests).toEqual([]);
  expect(troubleIn(await world.comeBack(back))).toBeNull();
});

test("it needs no session cookie, but a session that is alive", async () => {
  const world = await annasGoogle();
  const cookies: string[] = [];
  const watching: typeof fetch = async (url, init) => {
    cookies.push(new Headers(init?.headers).get("cookie") ?? "");
    return fetch(url, init);
  };
  const browser = createBackline({ baseUrl: world.server.baseUrl, fetch: watching });
  const { email, password } = ADMIN;
  await browser.api.auth.signIn.mutate({ email, password, rememberMe: false });
  const start = () =>
    browser.api.connections.beginOAuth.mutate({ bandId: world.bandId, provider: "google-drive" });
  const alone: typeof fetch = (url, init) => {
    const [own] = /backline-oauth=[\w-]{43}/.exec(cookies.at(-1) ?? "") ?? [];
    return fetch(url, { ...init, headers: { cookie: own ?? "" } });
  };
  const first = await start();
  await browser.api.auth.me.query();
  expect(
    troubleIn(await world.comeBack(await world.google.agree(first.authorizeUrl), alone)),
  ).toBeNull();

  const second = await start();
  await browser.api.auth.me.query();
  const back = await world.google.agree(second.authorizeUrl);
  const asked = world.google.tokenRequests.length;
  await browser.api.auth.signOut.mutate();
  expect(troubleIn(await world.comeBack(back, alone))).toBe("signed_out");
  expect(world.google.tokenRequests).toHaveLength(asked);
});

test("an answer of somebody else than was asked is refused", async () => {
  const world = await annasGoogle();
  const back = await world.google.agree(await world.begin());
  back.searchParams.set("iss", "https://login.microsoftonline.example");
  expect(troubleIn(await world.comeBack(back))).toBe("wrong_server");
  const other = await world.google.agree(await world.begin());
  for (const name of ["webdav", "s3", "nobody"]) {
    const elsewhere = new URL(other.href.replace("google-drive", name));
    expect(troubleIn(await world.comeBack(elsewhere))).toBe("unknown");
  }
  expect(world.google.tokenRequests).toEqual([]);
});

test("a provider that always names itself has to", async () => {
  const world = await annasGoogle();
  const { deps } = world.server;
  const google = deps.providers["google-drive"];
  const oauth = google.oauth ?? expect.unreachable();
  const strict = { ...google, oauth: { ...oauth, alwaysNamesIssuer: true } };
  const providers = { ...deps.providers, "google-drive": strict };
  const back = await world.google.agree(await world.begin());
  const { iss: _, ...answer } = Object.fromEntries(back.searchParams);
  const mine = hashToken("mine");
  await write(deps, (tx) => tx.execute(sql`update oauth_states set browser_hash = ${mine}`));
  const landed = await completeOAuth({ ...deps, providers }, "google-drive", answer, "mine");
  expect(landed.trouble).toBe("wrong_server");
  expect(world.google.tokenRequests).toEqual([]);
});

test.each([
  ["without a state", (back: URL) => back.searchParams.delete("state")],
  ["with two states", (back: URL) => back.searchParams.append("state", "x".repeat(43))],
  [
    "with a state of ours that is none",
    (back: URL) => back.searchParams.set("state", "x".repeat(43)),
  ],
  ["without a code", (back: URL) => back.searchParams.delete("code")],
  ["with an odd error", (back: URL) => back.searchParams.set("error", "server_error")],
])("a callback %s asks nothing of Google", async (_, change) => {
  const world = await annasGoogle();
  const back = await world.google.agree(await world.begin());
  change(back);
  expect(troubleIn(await world.comeBack(back))).toMatch(/^(unknown|unavailable)$/);
  expect(world.google.tokenRequests).toEqual([]);
  expect(await world.anna.api.connections.list.query({ bandId: world.bandId })).toEqual([]);
});

test("what comes in the callback decides nothing about where people land", async () => {
  const world = await annasGoogle();
  const back = await world.google.agree(await world.begin());
  for (const target of ["//evil.example", "/\\evil.example", "%2f%2fevil", "javascript:alert(1)"]) {
    for (const name of ["returnTo", "next", "redirect_uri"]) back.searchParams.set(name, target);
    back.searchParams.set("state", target);
    const landed = await world.comeBack(back);
    expect([landed.origin, landed.pathname]).toEqual([world.server.baseUrl, "/not-connected"]);
    expect(landed.href).not.toContain("evil");
  }
  const url = new URL(await world.begin());
  expect(url.searchParams.get("redirect_uri")).toBe(
    `${world.server.deps.config.http.publicUrl.origin}/oauth/google-drive/callback`,
  );
});

test("without the permission to see files there is no connection", async () => {
  const world = await annasGoogle();
  world.google.scope = "openid";
  const landed = await world.comeBack(await world.google.agree(await world.begin()));
  expect(troubleIn(landed)).toBe("no_files");
  expect(await world.anna.api.connections.list.query({ bandId: world.bandId })).toEqual([]);
});

test("a client that Google refuses, and a Google that is away, are told apart", async () => {
  const world = await annasGoogle();
  const trouble = async () =>
    troubleIn(await world.comeBack(await world.google.agree(await world.begin())));
  world.google.failToken(json({ error: "invalid_client" }, 401));
  expect(await trouble()).toBe("client");
  for (const answer of [json({}, 500), json({}, 503), "reset" as const]) {
    world.google.failToken(answer);
    expect(await trouble()).toBe("unavailable");
  }
});

test("who is no owner of the band any more connects nothing", async () => {
  const world = await annasGoogle();
  const back = await world.google.agree(await world.begin());
  await write(world.server.deps, (tx) => tx.execute(sql`update members set role = 'editor'`));
  expect(troubleIn(await world.comeBack(back))).toBe("not_allowed");
  expect(world.google.tokenRequests).toEqual([]);
});

test("reconnecting keeps the connection, and takes the same account only", async () => {
  const world = await annasGoogle();
  const { id } = await world.connect();
  world.google.revokeGrants();
  await world.anna.api.connections.check.mutate({ connectionId: id });
  expect((await world.find(id)).health).toBe("needs_reconnect");

  world.google.account = "ben@gmail.example";
  const asBen = await world.google.agree(await world.begin(id));
  expect(troubleIn(await world.comeBack(asBen))).toBe("other_account");
  expect((await world.find(id)).health).toBe("needs_reconnect");

  world.google.account = "anna@gmail.example";
  const url = await world.begin(id);
  expect(new URL(url).searchParams.get("login_hint")).toBe("anna@gmail.example");
  const landed = await world.comeBack(await world.google.agree(url));
  expect(landed.pathname).toBe(`/b/${world.bandId}/storage`);
  expect(await world.find(id)).toMatchObject({ health: "active", healthMessage: null });
  expect(await world.anna.api.connections.list.query({ bandId: world.bandId })).toHaveLength(1);
});

test("the end that Google sets to a client in testing is known", async () => {
  const world = await annasGoogle();
  world.google.isTesting = true;
  const { accessEndsAt } = await world.connect();
  const days = (Date.parse(accessEndsAt ?? "") - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(6.9);
  expect(days).toBeLessThan(7);
});

test("a band brings its own client, which only owners set and nobody sees again", async () => {
  const world = await annasGoogle({ providers: {} });
  const { google, server, bandId } = world;
  const { api } = world.anna;
  const unset = google.provider();
  Object.assign(server.deps.providers, { "google-drive": unset });
  const ask = { bandId, provider: "google-drive" as const };
  expect(await api.connections.oauthClient.query(ask)).toEqual({
    redirectUri: google.redirectUri,
    isServerSet: false,
    ownClientId: null,
  });
  await expect(world.begin()).rejects.toThrow("has no client for Google Drive");
  const saved = await api.connections.saveOAuthClient.mutate({ ...ask, client: google.client });
  expect(saved.ownClientId).toBe(google.client.clientId);
  const { id } = await world.connect();
  google.expireTokens();
  await api.connections.check.mutate({ connectionId: id });
  expect((await world.find(id)).health).toBe("active");

  const rows = await server.deps.db.execute(sql`select * from oauth_clients`);
  expect(JSON.stringify(rows)).not.toContain(google.client.clientSecret);
  await api.connections.saveOAuthClient.mutate({ ...ask, client: null });
  google.expireTokens();
  const checked = await api.connections.check.mutate({ connectionId: id });
  expect(checked.health).toBe("unavailable");
  expect(checked.healthMessage).toContain("client ID");
});

test("no token and no secret is ever in an answer, the log, the database's text or the audit", async () => {
  const { log, lines } = recordLog();
  const world = await annasGoogle({ log });
  const answers: string[] = [];
  const { id } = await world.connect();
  world.google.expireTokens();
  answers.push(JSON.stringify(await world.anna.api.connections.check.mutate({ connectionId: id })));
  answers.push(
    JSON.stringify(await world.anna.api.connections.savedForm.query({ connectionId: id })),
  );
  world.google.failToken(json({ error: "invalid_client", error_description: "x" }, 401));
  world.google.expireTokens();
  answers.push(JSON.stringify(await world.anna.api.connections.check.mutate({ connectionId: id })));
  const everything = [...lines, ...answers, await dumpOf(world)].join("\n");
  expect(lines.length).toBeGreaterThan(3);
  expect(world.google.secrets.size).toBeGreaterThan(4);
  for (const secret of world.google.secrets) expect(everything).not.toContain(secret);
});

test("disconnecting gives the access back at Google", async () => {
  const world = await annasGoogle();
  const { id } = await world.connect();
  await world.anna.api.connections.remove.mutate({ connectionId: id });
  await runJobs(world.server);
  expect(world.google.revocations).toHaveLength(1);
});
