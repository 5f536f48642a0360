import { describe, expect, test } from "vitest";
import { jellyfin } from "#server/storage/jellyfin/index.ts";
import { refusalOf } from "#tests/storage/refusals.ts";
import { createTestIo } from "#tests/storage/worlds.ts";
import { startFakeJellyfin } from "#tests/support/fake-jellyfin.ts";
import { recordLog } from "#tests/support/log.ts";
import { listTracks, runJobs, annasServer as startServer } from "#tests/support/world.ts";
import { annasServer, formOf, keyFormOf, PW } from "./worlds.ts";

type Form = Parameters<typeof jellyfin.connect.verify>[1];

const connect = (form: Form) => jellyfin.connect.verify({}, form, createTestIo());
const refusal = (form: Form) => refusalOf(connect(form), [PW]);

describe.each([
  ["jellyfin", "Jellyfin 10.11.4"],
  ["emby", "Emby 4.9.1.80"],
] as const)("a connected %s", (product, said) => {
  test("says who is connected and to what; the password is kept nowhere", async () => {
    const media = await annasServer(product);
    const { credential, ...shown } = await connect(formOf(media));
    const { host } = new URL(media.url);
    expect(shown).toEqual({ name: "Media", identity: `Anna at ${host}`, product: said });
    expect(JSON.stringify(credential)).not.toContain(PW);
    expect(jellyfin.connect.saved(credential)).toEqual({
      provider: "jellyfin",
      url: media.url,
      username: "Anna",
    });
    expect(media.liveTokens()).toMatchObject([{ token: credential.token }]);
    expect(media.tries()).toBe(1);
  });

  test("keeps the access that somebody else of the same account has", async () => {
    const media = await annasServer(product);
    await connect(formOf(media));
    await connect(formOf(media));
    expect(media.liveTokens()).toHaveLength(2);
  });

  test("can be one by an API key, which belongs to nobody and is not ours to end", async () => {
    const media = await annasServer(product);
    const { credential, identity } = await connect(keyFormOf(media));
    expect(identity).toBe(`API key at ${new URL(media.url).host}`);
    expect(jellyfin.connect.saved(credential)).toMatchObject({ username: null });
    expect(jellyfin.revocation?.accessOf(credential)).toBeNull();
    expect(media.tries()).toBe(0);
  });

  test("ends its token when it is given back, also a second time", async () => {
    const media = await annasServer(product);
    const { credential } = await connect(formOf(media));
    expect(jellyfin.revocation?.accessOf(credential)).toContain(credential.token);
    await jellyfin.revocation?.revoke({}, credential, createTestIo());
    expect(media.liveTokens()).toEqual([]);
    await jellyfin.revocation?.revoke({}, credential, createTestIo());
    expect(media.complaints).toEqual([]);
  });

  test("is refused, with the reason, and leaves no token behind", async () => {
    const media = await annasServer(product);
    const wrong = await refusal({ ...formOf(media), password: "not this one" });
    expect([wrong.code, wrong.message]).toEqual([
      "storage_reconnect",
      expect.stringContaining("user name and password"),
    ]);
    expect(media.tries()).toBe(1);
    const key = await refusal({ ...keyFormOf(media), apiKey: "f".repeat(32) });
    expect([key.code, key.message]).toEqual([
      "storage_reconnect",
      expect.stringContaining("API key"),
    ]);
    media.library.hide("Music");
    expect((await refusal(formOf(media))).message).toContain("no library of music");
    expect(media.liveTokens()).toEqual([]);
  });

  test("is refused to an account that is switched off", async () => {
    const media = await annasServer(product);
    const ben = media.addUser("Ben", PW);
    const form = { ...formOf(media), username: "Ben" };
    media.change(ben, { says: { Policy: { IsDisabled: true } } });
    expect((await refusal(form)).message).toContain("switched off");
    media.change(ben, { isDisabled: true });
    expect((await refusal(form)).message).toContain("switched off");
    expect(media.liveTokens()).toEqual([]);
  });
});

test("a server with videos only has nothing for us", async () => {
  const media = await startFakeJellyfin();
  media.addUser("Anna", PW);
  for (const [name, kind] of [
    ["Films", "movies"],
    ["Home", "homevideos"],
    ["Mixed", null],
  ] as const) {
    media.library.addLibrary(name, kind);
  }
  expect((await refusal(formOf(media))).message).toContain("no library of music");
  expect((await refusal(keyFormOf(media))).message).toContain("no library of music");
});

test.each([
  ["10.8.13", "older than 10.9"],
  ["10.9.0", null],
  ["12.0.0", null],
])("Jellyfin %s: %s", async (Version, words) => {
  const media = await startFakeJellyfin({ info: { Version } });
  media.addUser("Anna", PW);
  media.library.addLibrary("Music");
  if (words === null) expect((await connect(formOf(media))).product).toBe(`Jellyfin ${Version}`);
  else expect((await refusal(formOf(media))).message).toContain(words);
  expect(media.tries()).toBe(words === null ? 1 : 0);
});

test("whatever else answers gets no password", async () => {
  const media = await startFakeJellyfin({ info: { ProductName: "Plex" } });
  expect((await refusal(formOf(media))).message).toContain("not a Jellyfin or Emby server");
  media.fail(200, { headers: { "content-type": "text/html" }, body: "<title>Hello</title>" });
  expect((await refusal(formOf(media))).message).toContain("not a Jellyfin or Emby server");
  media.fail(503);
  expect((await refusal(formOf(media))).code).toBe("storage_unavailable");
  media.fail(302, { headers: { location: "https://login.example/canary" } });
  expect((await refusal(formOf(media))).message).not.toContain("canary");
  expect(media.secrets).toEqual([]);
});

test.each([
  "ftp://media.example",
  "https://anna:rehearsal@media.example",
  "http://169.254.169.254/latest/",
  "10.0.0.7",
])("%j leads to no request", async (url) => {
  const media = await annasServer();
  expect((await refusal({ ...formOf(media), url })).code).toBe("storage_refused");
  expect(media.requests).toEqual([]);
});

test("a library is connected, scanned, renewed and left, and no secret is told to anybody", async () => {
  const media = await annasServer();
  media.library.put("Music/Live/take 1.mp3", "no music");
  const { log, lines } = recordLog();
  const world = await startServer({ log });
  const { connections } = world.anna.api;
  const { bandId, server } = world;
  const { id: connectionId } = await connections.create.mutate({ bandId, form: formOf(media) });
  const top = await connections.browse.query({ connectionId, folder: null });
  const music = top.folders[0]?.ref ?? expect.unreachable();
  const inside = await connections.browse.query({ connectionId, folder: music });
  expect(inside.breadcrumb.map(({ name }) => name)).toEqual(["Media", "Music"]);
  const live = inside.folders[0]?.ref ?? expect.unreachable();
  const set = await connections.setRoot.mutate({ connectionId, folder: live });
  expect(set.rootPath).toBe("Music/Live");
  await runJobs(server);
  expect((await listTracks(world)).map(({ path }) => path)).toEqual(["Music/Live/take 1.mp3"]);

  const [before] = media.liveTokens();
  await connections.reconnect.mutate({ connectionId, form: formOf(media) });
  await runJobs(server);
  const [after, ...others] = media.liveTokens();
  expect([after?.token === before?.token, others]).toEqual([false, []]);
  await connections.remove.mutate({ connectionId });
  await runJobs(server);
  expect(media.liveTokens()).toEqual([]);

  const told = lines.join("\n") + JSON.stringify([top, inside, set]);
  expect(lines.length).toBeGreaterThan(5);
  for (const secret of media.secrets) expect(told).not.toContain(secret);
  expect(media.requests.map(({ url }) => url).join()).not.toContain(after?.token ?? PW);
  expect(media.complaints).toEqual([]);
});
