import { describe, expect, test } from "vitest";
import { refusalOf } from "#tests/storage/refusals.ts";
import { listAll, readRange } from "#tests/storage/worlds.ts";
import { annasServer, attachTo, PW } from "./worlds.ts";

describe.each(["jellyfin", "emby"] as const)("the libraries of a %s", (product) => {
  test.each(["account", "key"] as const)("are those of music, by %s", async (by) => {
    const media = await annasServer(product);
    media.library.addLibrary("Films", "movies");
    media.library.addLibrary("Home", "homevideos");
    media.library.addLibrary("Mixed", null);
    media.library.addLibrary("Live", "music");
    const { storage } = await attachTo(media, by);
    const { entries, trail } = await storage.list(null, null);
    expect(entries).toMatchObject([
      { kind: "folder", name: "Music", path: "Music" },
      { kind: "folder", name: "Live", path: "Live" },
    ]);
    expect(trail).toEqual([]);
  });

  test("tell where a folder is, also to who begins with it", async () => {
    const media = await annasServer(product);
    media.library.put("Music/Live/Berlin/take 1.mp3", "x");
    const { again } = await attachTo(media);
    const ref = media.library.refOf("Music/Live/Berlin") ?? "";
    const { trail, entries } = await again().list(ref, null);
    expect(trail?.map(({ name }) => name)).toEqual(["Music", "Live", "Berlin"]);
    expect(trail?.map((step) => step.ref)).toEqual(
      ["Music", "Music/Live", "Music/Live/Berlin"].map(media.library.refOf),
    );
    expect(entries).toMatchObject([{ path: "Music/Live/Berlin/take 1.mp3" }]);
  });

  test("come in pages of 500, each once", async () => {
    const media = await annasServer(product);
    for (let take = 0; take < 1001; take += 1) media.library.put(`Music/${take}.mp3`, "x");
    const { storage } = await attachTo(media);
    const before = media.requests.length;
    const entries = await listAll(storage, media.library.refOf("Music") ?? "");
    expect(new Set(entries.map(({ ref }) => ref)).size).toBe(1001);
    const urls = media.requests.slice(before).map(({ url }) => url);
    expect(urls.filter((url) => /startindex=/i.test(url))).toHaveLength(3);
  });

  test("are called as on a disk of Windows, or by title where nothing is told", async () => {
    const media = await annasServer(product);
    media.library.put("Music/Live/take 1.flac", "x");
    const { again } = await attachTo(media);
    const ref = media.library.refOf("Music/Live") ?? "";
    for (const style of ["windows", "hidden"] as const) {
      media.library.showPathsAs(style);
      const entries = await listAll(again(), ref);
      expect(entries).toMatchObject([{ name: "take 1.flac", path: "Music/Live/take 1.flac" }]);
    }
  });

  test("have not ended where a page of them is empty", async () => {
    const media = await annasServer(product);
    for (let take = 0; take < 501; take += 1) media.library.put(`Music/${take}.mp3`, "x");
    const { storage } = await attachTo(media);
    media.library.keepBack();
    const refused = await refusalOf(storage.list(media.library.refOf("Music") ?? "", null));
    expect([refused.code, refused.message]).toEqual([
      "storage_unavailable",
      expect.stringContaining("not complete"),
    ]);
  });

  test("are not left for the top when a folder is gone", async () => {
    const media = await annasServer(product);
    media.library.put("Music/Live/take 1.mp3", "x");
    const { storage } = await attachTo(media);
    const ref = media.library.refOf("Music/Live") ?? "";
    await listAll(storage, ref);
    media.library.remove("Music/Live");
    await expect(storage.list(ref, null)).rejects.toMatchObject({ code: "not_found" });
    await expect(storage.list("music/live", null)).rejects.toMatchObject({ code: "not_found" });
  });

  test("play for who may not have the files themselves, as they are", async () => {
    const media = await annasServer(product);
    media.library.put("Music/take 1.mp3", "hello, hello");
    media.library.forbidFiles(true);
    const { storage } = await attachTo(media);
    const ref = media.library.refOf("Music/take 1.mp3") ?? "";
    const before = media.requests.length;
    for (const range of [
      { start: 7, end: 11 },
      { start: 0, end: 4 },
    ]) {
      expect((await readRange(storage, ref, range)).toString()).toBe("hello");
    }
    expect(media.requests.slice(before)).toHaveLength(3);
    expect(media.complaints).toEqual([]);
  });

  test.each<[number, Readonly<Record<string, string>>, string, string, number | undefined]>([
    [401, {}, "storage_reconnect", "no longer accepts the access", undefined],
    [403, {}, "storage_refused", "does not let this account", undefined],
    [404, {}, "not_found", "no such file", undefined],
    [429, { "retry-after": "7" }, "rate_limited", "slow down", 7],
    [429, {}, "rate_limited", "slow down", 60],
    [503, { "retry-after": "315" }, "storage_unavailable", "starting", 315],
    [503, { "content-type": "text/html" }, "storage_unavailable", "starting", 15],
    [500, {}, "storage_unavailable", "problem of its own", undefined],
    [302, { location: "https://login.example/canary" }, "storage_refused", "web page", undefined],
    [200, { "content-type": "text/html" }, "", "web page", undefined],
  ])("say %s %j in a sentence", async (status, headers, code, words, wait) => {
    const media = await annasServer(product);
    media.library.put("Music/take 1.mp3", "x");
    const { storage, credential } = await attachTo(media);
    const ref = media.library.refOf("Music/take 1.mp3") ?? "";
    media.fail(status, { headers, body: "canary" });
    for (const work of [
      () => storage.list(null, null),
      () => storage.stat(ref),
      () => readRange(storage, ref, { start: 0, end: 0 }),
    ]) {
      const refused = await refusalOf(work(), [credential.token, PW]);
      expect(refused.message).toContain(words);
      expect(refused.message).not.toContain("canary");
      if (code !== "") expect([refused.code, refused.retryAfterSeconds]).toEqual([code, wait]);
    }
  });

  test.each([
    ["{}"],
    ['{"Items":[],"TotalRecordCount":9}'],
    ['{"Items":[{"Name":"take"}],"TotalRecordCount":1}'],
    ['{"Items":[{"Id":"../../x"}],"TotalRecordCount":1}'],
  ])("are not believed to hold %s", async (body) => {
    const media = await annasServer(product);
    const { storage } = await attachTo(media);
    const ref = media.library.refOf("Music") ?? "";
    media.fail(200, { headers: { "content-type": "application/json" }, body });
    const { code } = await refusalOf(storage.list(ref, null));
    expect(["storage_unavailable", "not_found"]).toContain(code);
  });
});

test("a library that an account may not see any more is no reason to connect again", async () => {
  const media = await annasServer();
  const { storage } = await attachTo(media);
  const body = "Anna is not permitted to access Library Music.";
  media.fail(401, { headers: { "content-type": "text/plain" }, body });
  const refused = await refusalOf(storage.list(null, null));
  expect([refused.code, refused.message]).toEqual([
    "storage_refused",
    expect.not.stringContaining("Music."),
  ]);
});
