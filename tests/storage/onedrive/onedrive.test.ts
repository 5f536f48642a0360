import { Readable } from "node:stream";
import { expect, test } from "vitest";
import type { EgressRequest } from "#server/base/egress/client.ts";
import { openContent } from "#server/storage/onedrive/content.ts";
import { describeStorage } from "#tests/storage/conformance.ts";
import { startSignedInWorld } from "#tests/storage/oauth-worlds.ts";
import { annasOnedrive } from "#tests/storage/onedrive/signed-in.ts";
import { refusalOf } from "#tests/storage/refusals.ts";
import { createTestIo, listAll, readAll, readRange } from "#tests/storage/worlds.ts";
import { GRAPH_ROOT, toGraphError } from "#tests/support/fake-graph.ts";
import { startFakeMicrosoft } from "#tests/support/fake-microsoft.ts";
import { type Answer, json } from "#tests/support/fake-service.ts";
import type { TreeNode } from "#tests/support/fake-tree.ts";

describeStorage(
  "a stand-in for OneDrive, ours,",
  async () => startSignedInWorld(await startFakeMicrosoft()),
  { crowd: 2300 },
);

const never = new AbortController().signal;

test("a list comes in pages as Microsoft cuts them, each asked for once", async () => {
  const { microsoft, storage, tree } = await annasOnedrive();
  microsoft.pageSize = 3;
  for (const take of [1, 2, 3, 4, 5, 6, 7]) tree.put(`Live/take ${take}.mp3`, "x");
  const [live] = await listAll(storage, null);
  microsoft.graphRequests.length = 0;
  expect(await listAll(storage, live?.ref ?? "?")).toHaveLength(7);
  const asked = microsoft.graphRequests.map(({ searchParams }) => searchParams.has("$skiptoken"));
  expect(asked).toEqual([false, true, true]);
});

test("a page that is empty in the middle is no end, and no file either", async () => {
  const { microsoft, storage, tree } = await annasOnedrive();
  tree.put("Live/take 1.mp3", "x");
  const [live] = await listAll(storage, null);
  const { url } = microsoft;
  const next = `${url}/v1.0/me/drive/items/${tree.find("Live")?.id}/children?$skiptoken=MHw`;
  microsoft.failGraph(json({ value: [], "@odata.nextLink": next }));
  const page = await storage.list(live?.ref ?? "?", null);
  expect(page).toMatchObject({ entries: [], next: expect.stringContaining("$skiptoken") });
});

test.each([
  "https://graph.microsoft.example.evil/v1.0/me/drive/root/children?$skiptoken=x",
  "http://169.254.169.254/v1.0/me/drive/root/children",
  "//evil.example/v1.0/me/drive/root/children",
  "nonsense",
])("an address for the rest of a list that is not Graph's own is not asked: %s", async (link) => {
  const { microsoft, storage } = await annasOnedrive();
  microsoft.failGraph(json({ value: [], "@odata.nextLink": link }));
  const refusal = await refusalOf(storage.list(null, null), [link, ...microsoft.secrets]);
  expect(refusal.code).toBe("storage_unavailable");
  expect(microsoft.graphRequests).toHaveLength(1);
});

test.each([
  "../v1.0/me/messages",
  "me/drive",
  "../../oauth2/children",
  "../beta/me/drive/root/children",
  "@evil.example/children",
  "me/messages#/children",
  "https://evil.example/children",
])("a cursor that is none of ours is not asked: %s", async (cursor) => {
  const { microsoft, storage } = await annasOnedrive();
  const asked = refusalOf(storage.list(null, cursor), []);
  // What is a list under Graph's address could be one; it is none of Graph's.
  expect((await asked).code).toMatch(/^(not_found|storage_unavailable)$/);
  const outside = microsoft.graphRequests.filter(
    ({ pathname }) => !/^\/v1\.0\/.*\/children$/.test(pathname),
  );
  expect(outside).toEqual([]);
});

test("a place in a list that Microsoft has forgotten is asked for from the beginning", async () => {
  const { microsoft, storage } = await annasOnedrive();
  for (const answer of [toGraphError(410, "resyncRequired"), toGraphError(400, "invalidRequest")]) {
    microsoft.failGraph(answer);
    const old = storage.list(null, "me/drive/root/children?$skiptoken=old");
    expect((await refusalOf(old, [])).code).toBe("storage_unavailable");
  }
});

test("the token goes to Graph alone, and the range to the host of the bytes alone", async () => {
  const { microsoft, storage, tree } = await annasOnedrive();
  tree.put("take 1.mp3", "hello, hello");
  expect(new URL(microsoft.downloadsUrl).origin).not.toBe(new URL(microsoft.url).origin);
  expect((await readRange(storage, "take 1.mp3", { start: 7, end: 11 })).toString()).toBe("hello");
  expect(microsoft.downloadRequests).toHaveLength(1);
  expect(microsoft.downloadRequests[0]).toMatchObject({ range: "bytes=7-11" });
  expect(Object.keys(microsoft.downloadRequests[0] ?? {}).sort()).toEqual(
    expect.not.arrayContaining(["authorization", "cookie", "referer"]),
  );
  const paths = microsoft.graphRequests.map(({ pathname }) => pathname.split("/").at(-1));
  expect(paths).toHaveLength(2);
  expect(paths).toContain("content");
});

test("an address that has ended is asked for anew, once", async () => {
  const { microsoft, storage, tree } = await annasOnedrive();
  tree.put("take 1.mp3", "hello");
  for (const status of [401, 403, 404, 410]) {
    microsoft.failDownload({ status, body: "expired" });
    const bytes = await readRange(storage, "take 1.mp3", { start: 0, end: 9 });
    expect(bytes.toString()).toBe("hello");
  }
  const asked = microsoft.graphRequests.filter(({ pathname }) => pathname.endsWith("/content"));
  expect(asked).toHaveLength(8);

  microsoft.failDownload({ status: 401 }, 2);
  const reading = readRange(storage, "take 1.mp3", { start: 0, end: 9 });
  // Not `storage_reconnect`: nothing is wrong with the access to the storage.
  expect((await refusalOf(reading, [...microsoft.secrets])).code).toBe("storage_unavailable");
});

test.each<[string, Answer, string, number | undefined]>([
  ["429", { status: 429, headers: { "retry-after": 17 } }, "rate_limited", 17],
  ["503", { status: 503, headers: { "retry-after": 9 } }, "storage_unavailable", 9],
  ["500", { status: 500 }, "storage_unavailable", undefined],
  ["400", { status: 400 }, "storage_unavailable", undefined],
])("the host of the bytes that says %s is named, and its address is not", async (...given) => {
  const [, answer, code, seconds] = given;
  const { microsoft, storage, tree } = await annasOnedrive();
  tree.put("take 1.mp3", "hello");
  microsoft.failDownload(answer);
  const reading = readRange(storage, "take 1.mp3", { start: 0, end: 9 });
  const refusal = await refusalOf(reading, [...microsoft.secrets, "tempauth"]);
  expect([refusal.code, refusal.retryAfterSeconds]).toEqual([code, seconds]);
});

test("nobody is sent on to where bytes cannot be: inside, in the clear, or nowhere", async () => {
  const { microsoft, storage, tree } = await annasOnedrive();
  tree.put("take 1.mp3", "hello");
  for (const address of ["http://169.254.169.254/latest", "ftp://evil.example/x", "", "//"]) {
    microsoft.sendElsewhere(address);
    const reading = readRange(storage, "take 1.mp3", { start: 0, end: 9 });
    expect((await refusalOf(reading, [])).code).toMatch(/^storage_(refused|unavailable)$/);
  }
  expect(microsoft.downloadRequests).toEqual([]);
});

test("an address in the clear is not asked, where Graph is not", async () => {
  const content = new URL("https://graph.example/v1.0/me/drive/items/x/content");
  const asked: string[] = [];
  const request = async ({ url }: EgressRequest) => {
    asked.push(String(url));
    const headers = { location: "http://files.example/download?tempauth=canary" };
    return { status: 302, headers, setCookies: [], body: Readable.from([]), url: content };
  };
  const io = { ...createTestIo(), egress: { request, close: async () => {} } };
  const opening = openContent(io, content, "Bearer canary", { start: 0, end: 9 }, never);
  expect((await refusalOf(opening, ["canary"])).code).toBe("storage_unavailable");
  expect(asked).toEqual([content.href]);
});

test("a page to sign in at is no recording", async () => {
  const { microsoft, storage, tree } = await annasOnedrive();
  tree.put("take 1.mp3", "hello");
  const headers = { "content-type": "text/html" };
  microsoft.failDownload({ status: 200, headers, body: "<html>Sign in</html>" });
  const reading = readRange(storage, "take 1.mp3", { start: 0, end: 9 });
  expect((await refusalOf(reading, [])).code).toBe("storage_unavailable");
});

test("a range that is ignored is cut out of the whole file", async () => {
  const { microsoft, storage, tree } = await annasOnedrive();
  tree.put("take 1.mp3", "hello, hello");
  microsoft.failDownload({ status: 200, body: "hello, hello" });
  const bytes = await readRange(storage, "take 1.mp3", { start: 7, end: 8 });
  expect(bytes.toString()).toBe("he");
});

test("the validator is of the content: a new name keeps it, new bytes do not", async () => {
  const { storage, tree } = await annasOnedrive();
  const node = tree.put("take 1.mp3", "one");
  const before = await storage.stat("take 1.mp3");
  expect(before.etag).toMatch(/^"c:\{s[\da-f]{32}\},1"$/);
  tree.rename("take 1.mp3", "the one.mp3");
  const renamed = await storage.stat("the one.mp3");
  expect([renamed.etag, renamed.modifiedAt]).toEqual([before.etag, before.modifiedAt]);
  tree.put("the one.mp3", "two");
  const after = await storage.stat("the one.mp3");
  expect(after.etag).toMatch(/,2"$/);
  const opened = await storage.openRange("the one.mp3", { start: 0, end: 2 }, never);
  expect([opened.etag, (await readAll(opened.body)).toString()]).toEqual([after.etag, "two"]);
  expect(node.version).toBe(2);
});

test("what others share lies beside one's own, under the name that it has here", async () => {
  const { microsoft, storage, tree } = await annasOnedrive();
  const bens = tree.addDrive("Ben");
  tree.put("Tour/Berlin/take 9.mp3", "nine", bens);
  const song = tree.put("song.mp3", "song", bens);
  tree.link("On tour", tree.find("Tour", bens) as TreeNode);
  tree.link("Ben's song.mp3", song);
  const top = await listAll(storage, null);
  expect(top).toMatchObject([
    { kind: "folder", name: "On tour", path: "On tour" },
    { kind: "file", name: "Ben's song.mp3", sizeBytes: 4 },
  ]);
  const [tour, file] = top;
  expect(await storage.stat(file?.ref ?? "?")).toEqual(file);
  expect((await readRange(storage, file?.ref ?? "?", { start: 0, end: 9 })).toString()).toBe(
    "song",
  );
  const [berlin] = await listAll(storage, tour?.ref ?? "?");
  const page = await storage.list(berlin?.ref ?? "?", null);
  expect(page.trail?.map(({ name }) => name)).toEqual(["On tour", "Berlin"]);
  const [take] = page.entries;
  expect(take).toMatchObject({ path: "On tour/Berlin/take 9.mp3" });
  expect(await storage.stat(take?.ref ?? "?")).toEqual(take);
  const bytes = await readRange(storage, take?.ref ?? "?", { start: 1, end: 9 });
  expect(bytes.toString()).toBe("ine");
  const drives = new Set(
    microsoft.graphRequests
      .filter(({ pathname }) => pathname.startsWith("/v1.0/drives/"))
      .map(({ pathname }) => pathname.split("/")[3]?.toLowerCase()),
  );
  // Its first zero was not in the listing.
  expect([...drives]).toEqual([bens]);
});

test("an id is the same file's in capitals or not, with its zeros or without", async () => {
  const { microsoft, storage, tree } = await annasOnedrive();
  const node = tree.put("take 1.mp3", "one");
  const [there] = await listAll(storage, null);
  expect(there).toMatchObject({ fileId: node.id.toLowerCase() });
  for (const id of [node.id.toLowerCase(), node.id.slice(1), node.id.slice(1).toLowerCase()]) {
    const item = { id, name: "take 1.mp3", size: 3, file: {} };
    microsoft.failGraph(json({ value: [item] }));
    const [again] = await listAll(storage, null);
    expect(again).toMatchObject({ fileId: node.id.toLowerCase() });
  }
  const business = { id: "01HMD4YYF6Y2GOVW7725BZO354PWSELRRZ", name: "b.mp3", size: 3, file: {} };
  microsoft.failGraph(json({ value: [business] }));
  expect(await listAll(storage, null)).toMatchObject([{ fileId: business.id }]);
});

test("notebooks, deleted things and what leads nowhere are left out", async () => {
  const { microsoft, storage, tree } = await annasOnedrive();
  const notebook = tree.add({ name: "Lyrics", parentId: GRAPH_ROOT, mimeType: "package" });
  const bens = tree.addDrive("Ben");
  const gone = tree.put("gone.mp3", "x", bens);
  const notes = tree.add({ name: "Notes", parentId: bens, mimeType: "package" });
  tree.link("lost.mp3", gone);
  tree.link("notes", notes);
  Object.assign(gone, { isTrashed: true });
  expect(await listAll(storage, null)).toEqual([]);
  for (const ref of [`${notebook.id}:Lyrics`, `${gone.id}:gone.mp3`]) {
    expect((await refusalOf(storage.stat(ref), [])).code).toBe("not_found");
    const reading = readRange(storage, ref, { start: 0, end: 9 });
    expect((await refusalOf(reading, [])).code).toBe("not_found");
  }
  const odd = [
    { id: "0D8EBBD13A055121!s1", name: "deleted.mp3", file: {}, deleted: {} },
    { id: "0D8EBBD13A055121!s2", name: "nowhere", remoteItem: { id: "ABCDEF!1", folder: {} } },
    { id: "x y", name: "odd id.mp3", file: {}, size: 1 },
    { id: "0D8EBBD13A055121!s3", name: "nothing at all" },
  ];
  microsoft.failGraph(json({ value: odd }));
  expect(await listAll(storage, null)).toEqual([]);
});

test("a shortcut that leads back into itself ends", async () => {
  const { storage, tree } = await annasOnedrive();
  const bens = tree.addDrive("Ben");
  const tour = tree.nodes.get(tree.mkdir("Tour", bens)) as TreeNode;
  tree.link("On tour", tour);
  tree.link("round", tour, tour.id);
  const [folder] = await listAll(storage, null);
  expect(await listAll(storage, folder?.ref ?? "?")).toEqual([]);
});

test("a slash in a name makes no folder", async () => {
  const { storage, tree } = await annasOnedrive();
  tree.add({ name: "AC/DC cover.mp3", parentId: tree.mkdir("Live"), bytes: Buffer.from("one") });
  const [live] = await listAll(storage, null);
  const [cover] = await listAll(storage, live?.ref ?? "?");
  expect(cover).toMatchObject({ name: "AC/DC cover.mp3", path: "Live/AC∕DC cover.mp3" });
  const bytes = await readRange(storage, cover?.ref ?? "?", { start: 0, end: 9 });
  expect(bytes.toString()).toBe("one");
});

test.each<[number, string, Record<string, string>, string, number | undefined]>([
  [429, "activityLimitReached", { "retry-after": "42" }, "rate_limited", 42],
  [429, "TooManyRequests", {}, "rate_limited", 60],
  [403, "activityLimitReached", { "retry-after": "7" }, "rate_limited", 7],
  [509, "activityLimitReached", { "retry-after": "30" }, "rate_limited", 30],
  [503, "serviceNotAvailable", { "retry-after": "11" }, "storage_unavailable", 11],
  [504, "UnknownError", {}, "storage_unavailable", undefined],
  [500, "generalException", {}, "storage_unavailable", undefined],
  [423, "resourceLocked", {}, "storage_unavailable", 5],
  [401, "InvalidAuthenticationToken", {}, "storage_reconnect", undefined],
  [403, "accessDenied", {}, "storage_refused", undefined],
  [403, "malwareDetected", {}, "storage_refused", undefined],
  [403, "notAllowed", {}, "storage_refused", undefined],
  [404, "itemNotFound", {}, "not_found", undefined],
  [410, "itemNotFound", {}, "not_found", undefined],
])("%i %s of Graph with %o is %s", async (status, said, headers, code, seconds) => {
  const { microsoft, storage, tree } = await annasOnedrive();
  tree.put("take 1.mp3", "hello");
  const secrets = [...microsoft.secrets, "canary-graph-message"];
  microsoft.failGraph(toGraphError(status, said, headers));
  const refusal = await refusalOf(storage.stat("take 1.mp3"), secrets);
  expect([refusal.code, refusal.retryAfterSeconds]).toEqual([code, seconds]);
  // Nobody has typed one.
  expect(refusal.message).not.toContain("password");
  microsoft.failGraph(toGraphError(status, said, headers), 2);
  const opening = refusalOf(readRange(storage, "take 1.mp3", { start: 0, end: 9 }), secrets);
  expect((await opening).code).toBe(code);
});

test("it says how full it is, where there is an end to it", async () => {
  const { microsoft, storage } = await annasOnedrive();
  expect(await storage.quota?.()).toEqual({ usedBytes: 4711, totalBytes: 5_368_709_120 });
  microsoft.failGraph(json({ id: "x", quota: { used: 5, total: 0 } }));
  expect(await storage.quota?.()).toEqual({ usedBytes: 5, totalBytes: null });
});

test("a ref opens nothing but what it leads to", async () => {
  const { microsoft, storage, tree } = await annasOnedrive();
  tree.mkdir("Live");
  const { id } = tree.find("Live") as TreeNode;
  for (const ref of [id, `${id}:`, `${id}:a/b`, `${id}.ABCDEF:Live`, "root:x", `${id}/x:Live`]) {
    expect((await refusalOf(storage.list(ref, null), [])).code).toBe("not_found");
  }
  expect(microsoft.graphRequests).toEqual([]);
});
