import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { Connection } from "#contract/connections.ts";
import { openCredential } from "#server/connections/credentials.ts";
import { attachStorage } from "#server/connections/service.ts";
import { findConnectionById } from "#server/connections/store.ts";
import { isIssuerOf, Tenant } from "#server/storage/onedrive/tenant.ts";
import { refusalOf } from "#tests/storage/refusals.ts";
import { json } from "#tests/support/fake-service.ts";
import { recordLog } from "#tests/support/log.ts";
import { runJobs, trackAt } from "#tests/support/world.ts";
import { annasMicrosoft, type MicrosoftWorld } from "./microsoft-world.ts";
import { dumpOf, troubleIn } from "./oauth-world.ts";

const DIRECTORY = "00001111-aaaa-2222-bbbb-3333cccc4444";
const CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad";

async function open({ server: { deps } }: MicrosoftWorld, id: Connection["id"]) {
  const row = (await findConnectionById(deps.db, id)) ?? expect.unreachable();
  return attachStorage(deps, row, new AbortController().signal);
}

async function refreshTokenOf({ server: { deps } }: MicrosoftWorld, id: Connection["id"]) {
  const row = (await findConnectionById(deps.db, id)) ?? expect.unreachable();
  return (openCredential(deps, row) as { readonly refreshToken: string }).refreshToken;
}

test("Anna signs in at Microsoft, comes back, chooses a folder and listens", async () => {
  const world = await annasMicrosoft();
  const { anna, bandId, microsoft, server } = world;
  microsoft.tree.put("Live/take 1.mp3", "one take");
  const connection = await world.connect();
  expect(connection).toMatchObject({
    provider: "onedrive",
    name: "OneDrive",
    identity: "anna@contoso.example",
    product: "Personal account",
    health: "active",
    accessEndsAt: null,
  });
  const { connections } = anna.api;
  const top = await connections.browse.query({ connectionId: connection.id, folder: null });
  const live = top.folders[0] ?? expect.unreachable();
  const inside = await connections.browse.query({ connectionId: connection.id, folder: live.ref });
  expect(inside.breadcrumb.map(({ name }) => name)).toEqual(["OneDrive", "Live"]);
  expect(inside.audioFileCount).toBe(1);
  await connections.setRoot.mutate({ connectionId: connection.id, folder: live.ref });
  await runJobs(server);
  const track = await trackAt(world, "Live/take 1.mp3");
  const answer = await anna.fetch(anna.streamUrl(track.id));
  expect(await answer.text()).toBe("one take");
  expect(await anna.api.library.tracks.list.query({ bandId })).toMatchObject({
    tracks: [{ path: "Live/take 1.mp3" }],
  });
});

test("what is asked of Microsoft is as little as it takes", async () => {
  const world = await annasMicrosoft();
  const url = new URL(await world.begin());
  const { state, code_challenge, ...rest } = Object.fromEntries(url.searchParams);
  expect(rest).toEqual({
    response_type: "code",
    response_mode: "query",
    client_id: world.microsoft.client.clientId,
    redirect_uri: world.microsoft.redirectUri,
    scope: "Files.Read.All offline_access",
    code_challenge_method: "S256",
    prompt: "select_account",
  });
  expect([state, code_challenge].every((each) => /^[\w-]{43}$/.test(each ?? ""))).toBe(true);
});

test.each([undefined, "organizations", "consumers", DIRECTORY])(
  "people of %s sign in there, and tokens come from there",
  async (tenant) => {
    const world = await annasMicrosoft(tenant ? { tenant } : {});
    const { id } = await world.connect();
    world.microsoft.expireTokens();
    await world.anna.api.connections.check.mutate({ connectionId: id });
    const said = tenant ?? "common";
    expect(world.microsoft.tenants).toEqual([
      `authorize ${said}`,
      `token ${said}`,
      `token ${said}`,
    ]);
  },
);

test("a directory goes by its ID and by nothing that leads elsewhere", () => {
  expect(Tenant.parse(DIRECTORY.toUpperCase())).toBe(DIRECTORY);
  for (const odd of ["", "contoso.example", "../evil", "common/..", "Common", `${DIRECTORY}/x`]) {
    expect(Tenant.safeParse(odd).success).toBe(false);
  }
});

test.each<[string, string, boolean]>([
  ["common", `/${DIRECTORY}/v2.0`, true],
  ["common", `/${CONSUMERS}/v2.0`, true],
  ["common", "/common/v2.0", false],
  ["common", `/${DIRECTORY}/v1.0`, false],
  ["common", `/${DIRECTORY}`, false],
  ["common", `/${DIRECTORY}/v2.0/x`, false],
  ["common", `.evil.example/${DIRECTORY}/v2.0`, false],
  ["organizations", `/${DIRECTORY}/v2.0`, true],
  ["organizations", `/${CONSUMERS}/v2.0`, false],
  ["consumers", `/${CONSUMERS}/v2.0`, true],
  ["consumers", `/${DIRECTORY}/v2.0`, false],
  [DIRECTORY, `/${DIRECTORY}/v2.0`, true],
  [DIRECTORY, `/${CONSUMERS}/v2.0`, false],
])("for %s an answer of …%s is taken: %s", (tenant, path, isTaken) => {
  const login = "https://login.microsoftonline.com";
  expect(isIssuerOf(tenant, login, `${login}${path}`)).toBe(isTaken);
  expect(isIssuerOf(tenant, login, `https://accounts.google.com${path}`)).toBe(false);
});

test("an answer that says it is another's is refused, and one that says nothing is not", async () => {
  const world = await annasMicrosoft();
  const back = await world.microsoft.agree(await world.begin());
  expect(back.searchParams.has("iss")).toBe(false);
  for (const iss of ["https://accounts.google.com", `${world.microsoft.url}/common/v2.0`]) {
    const other = await world.microsoft.agree(await world.begin());
    other.searchParams.set("iss", iss);
    expect(troubleIn(await world.comeBack(other))).toBe("wrong_server");
  }
  const elsewhere = new URL(back.href.replace("/oauth/onedrive/", "/oauth/google-drive/"));
  expect(troubleIn(await world.comeBack(elsewhere))).toBe("unknown");
  expect(world.microsoft.tokenRequests).toEqual([]);
  const right = await world.microsoft.agree(await world.begin());
  right.searchParams.set("iss", `${world.microsoft.url}/${DIRECTORY}/v2.0`);
  expect(troubleIn(await world.comeBack(right))).toBeNull();
});

test.each<[string, (world: MicrosoftWorld) => void, string]>([
  [
    "grants something else",
    ({ microsoft }) => Object.assign(microsoft, { scope: "openid" }),
    "no_files",
  ],
  ["grants less", ({ microsoft }) => Object.assign(microsoft, { scope: "Files.Read" }), "no_files"],
  [
    "has no OneDrive",
    ({ microsoft }) => Object.assign(microsoft, { driveType: null }),
    "no_storage",
  ],
  [
    "comes through a client whose secret has ended",
    ({ microsoft }) => microsoft.failToken(json({ error: "invalid_client" }, 401)),
    "client",
  ],
  [
    "meets a Microsoft that is away",
    ({ microsoft }) => microsoft.failToken(json({ error: "temporarily_unavailable" }, 503)),
    "unavailable",
  ],
])("who %s is told so, and nothing is connected", async (_, change, trouble) => {
  const world = await annasMicrosoft();
  change(world);
  const landed = await world.comeBack(await world.microsoft.agree(await world.begin()));
  expect(troubleIn(landed)).toBe(trouble);
  expect(landed.searchParams.get("provider")).toBe("onedrive");
  expect(await world.anna.api.connections.list.query({ bandId: world.bandId })).toEqual([]);
});

test("no, and a client that may not ask, are told apart without Microsoft's own words", async () => {
  const world = await annasMicrosoft();
  const denied = await world.comeBack(await world.microsoft.deny(await world.begin()));
  expect(troubleIn(denied)).toBe("denied");
  const back = await world.microsoft.deny(await world.begin());
  back.searchParams.set("error", "unauthorized_client");
  const refused = await world.comeBack(back);
  expect(troubleIn(refused)).toBe("client");
  expect(denied.href + refused.href).not.toContain("AADSTS");
  expect(world.microsoft.tokenRequests).toEqual([]);
});

test("an account without an address is known by its name, and signs in again without a hint", async () => {
  const world = await annasMicrosoft();
  Object.assign(world.microsoft, { hasEmail: false, driveType: "business" });
  const { id, identity, product } = await world.connect();
  expect([identity, product]).toEqual(["anna", "Work or school account"]);
  const url = new URL(await world.begin(id));
  expect(url.searchParams.get("prompt")).toBe("select_account");
  expect(url.searchParams.has("login_hint")).toBe(false);
});

test("each renewal brings another refresh token, and the newest is the one that is kept", async () => {
  const world = await annasMicrosoft();
  const { microsoft } = world;
  const { id } = await world.connect();
  const seen = new Set([await refreshTokenOf(world, id)]);
  for (const renewal of ["gives another", "single use", "single use"] as const) {
    microsoft.renewal = renewal;
    microsoft.expireTokens();
    await world.anna.api.connections.check.mutate({ connectionId: id });
    seen.add(await refreshTokenOf(world, id));
  }
  expect(seen.size).toBe(4);
  expect((await world.find(id)).health).toBe("active");
  expect(await dumpOf(world)).not.toMatch(/refresh-[\w-]{32}/);
});

test.each([
  ["invalid_grant", 400],
  ["interaction_required", 400],
  ["consent_required", 400],
  ["login_required", 401],
])(
  "%s ends the access until somebody signs in again, with the same account",
  async (error, status) => {
    const world = await annasMicrosoft();
    const { anna, microsoft } = world;
    const { id } = await world.connect();
    microsoft.expireTokens();
    const description = "AADSTS50076: canary-error-description";
    microsoft.failToken(json({ error, error_description: description }, status));
    const checked = await anna.api.connections.check.mutate({ connectionId: id });
    expect(checked.health).toBe("needs_reconnect");
    expect(checked.healthMessage).not.toMatch(/AADSTS|canary/);

    microsoft.failToken(null);
    microsoft.account = "ben@contoso.example";
    const asBen = await world.comeBack(await microsoft.agree(await world.begin(id)));
    expect(troubleIn(asBen)).toBe("other_account");
    microsoft.account = "anna@contoso.example";
    const url = await world.begin(id);
    expect(new URL(url).searchParams.get("login_hint")).toBe("anna@contoso.example");
    await world.comeBack(await microsoft.agree(url));
    expect(await world.find(id)).toMatchObject({ health: "active", healthMessage: null });
  },
);

test.each([
  ["invalid_client", 401],
  ["unauthorized_client", 400],
  ["temporarily_unavailable", 400],
  ["invalid_request", 400],
])("%s ends nothing: somebody has to mend it, or it passes", async (error, status) => {
  const world = await annasMicrosoft();
  const { id } = await world.connect();
  world.microsoft.expireTokens();
  world.microsoft.failToken(json({ error, error_description: "AADSTS canary" }, status));
  const refusal = await refusalOf((await open(world, id)).list(null, null), [
    ...world.microsoft.secrets,
    "AADSTS",
  ]);
  expect(refusal.code).toMatch(/^storage_(refused|unavailable)$/);
  const checked = await world.anna.api.connections.check.mutate({ connectionId: id });
  expect(checked.health).toBe("unavailable");
});

const LONG = Buffer.alloc(24 * 1024 * 1024, "take one of many ");

/** A listener in the middle of a recording. */
async function annaListens() {
  const world = await annasMicrosoft();
  const { anna, microsoft } = world;
  microsoft.tree.put("Live/take 1.mp3", LONG);
  const { id } = await world.connect();
  await anna.api.connections.setRoot.mutate({ connectionId: id, folder: null });
  await runJobs(world.server);
  const track = await trackAt(world, "Live/take 1.mp3");
  const answer = await anna.fetch(anna.streamUrl(track.id));
  const reader = (answer.body ?? expect.unreachable()).getReader();
  const first = await reader.read();
  const rest = async (): Promise<Buffer> => {
    const pieces = [first.value ?? new Uint8Array()];
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      pieces.push(next.value);
    }
    return Buffer.concat(pieces);
  };
  return { ...world, rest };
}

test("a recording plays on when its address and the access end in the middle of it", async () => {
  const { microsoft, rest } = await annaListens();
  microsoft.endAddresses();
  microsoft.failDownload({ status: 401 });
  microsoft.expireTokens();
  const before = microsoft.tokenRequests.length;
  microsoft.cutDownloads();
  expect((await rest()).equals(LONG)).toBe(true);
  expect(microsoft.tokenRequests).toHaveLength(before + 1);
  expect(microsoft.downloadRequests.every((headers) => !headers.authorization)).toBe(true);
});

test("a recording that is written anew in the middle is cut off, never mixed", async () => {
  const { microsoft, rest } = await annaListens();
  microsoft.tree.put("Live/take 1.mp3", Buffer.alloc(LONG.length, "another take "));
  microsoft.cutDownloads();
  await expect(rest()).rejects.toThrow();
});

test("no token, no address of bytes and no word of Microsoft's is in an answer, the log or the database", async () => {
  const { log, lines } = recordLog();
  const world = await annasMicrosoft({ log });
  const { anna, microsoft } = world;
  microsoft.tree.put("Live/take 1.mp3", "one take");
  const { id } = await world.connect();
  await anna.api.connections.setRoot.mutate({ connectionId: id, folder: null });
  await runJobs(world.server);
  const track = await trackAt(world, "Live/take 1.mp3");
  const answers: string[] = [JSON.stringify(track)];
  for (const status of [401, 500, 429]) {
    microsoft.failDownload({ status }, 2);
    const answer = await anna.fetch(anna.streamUrl(track.id));
    answers.push(JSON.stringify([...answer.headers]), await answer.text());
  }
  microsoft.failDownload(null);
  answers.push(JSON.stringify(await anna.api.connections.savedForm.query({ connectionId: id })));
  microsoft.expireTokens();
  microsoft.failToken(json({ error: "invalid_client", error_description: "AADSTS canary" }, 401));
  answers.push(JSON.stringify(await anna.api.connections.check.mutate({ connectionId: id })));
  const everything = [...lines, ...answers, await dumpOf(world)].join("\n");
  expect(lines.length).toBeGreaterThan(3);
  expect(microsoft.secrets.size).toBeGreaterThan(6);
  for (const secret of [...microsoft.secrets, "AADSTS", "tempauth"]) {
    expect(everything).not.toContain(secret);
  }
});

test("disconnecting forgets the access here: there is nothing that Microsoft could be told", async () => {
  const world = await annasMicrosoft();
  const { id } = await world.connect();
  const [tokens, graph] = [world.microsoft.tokenRequests, world.microsoft.graphRequests];
  const before = [tokens.length, graph.length];
  await world.anna.api.connections.remove.mutate({ connectionId: id });
  await runJobs(world.server);
  expect([tokens.length, graph.length]).toEqual(before);
  expect(await world.anna.api.connections.list.query({ bandId: world.bandId })).toEqual([]);
  const { db } = world.server.deps;
  expect(await findConnectionById(db, id)).toBeUndefined();
  expect(await db.execute(sql`select id from released_credentials`)).toEqual([]);
});
