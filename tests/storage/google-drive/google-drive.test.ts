import { expect, test } from "vitest";
import { describeStorage } from "#tests/storage/conformance.ts";
import { startSignedInWorld } from "#tests/storage/oauth-worlds.ts";
import { refusalOf } from "#tests/storage/refusals.ts";
import { listAll, readRange } from "#tests/storage/worlds.ts";
import { FOLDER, ROOT, toError } from "#tests/support/fake-drive.ts";
import { startFakeGoogle } from "#tests/support/fake-google.ts";
import type { TreeNode } from "#tests/support/fake-tree.ts";
import { annasDrive } from "./signed-in.ts";

describeStorage(
  "a stand-in for Google Drive, ours,",
  async () => startSignedInWorld(await startFakeGoogle()),
  { crowd: 2300 },
);

test("a list comes in pages as Google cuts them", async () => {
  const { google, storage, tree } = await annasDrive();
  google.pageSize = 3;
  for (const take of [1, 2, 3, 4, 5, 6, 7]) tree.put(`Live/take ${take}.mp3`, "x");
  const [live] = await listAll(storage, null);
  google.driveRequests.length = 0;
  expect(await listAll(storage, live?.ref ?? "?")).toHaveLength(7);
  const asked = google.driveRequests.map(({ pathname }) => pathname.split("/")[3]);
  expect(asked).toEqual(["files", "files", "files", "files"]);
});

test("shared drives are folders at the top, whole and not only what was opened before", async () => {
  const { google, storage, tree } = await annasDrive();
  const driveId = tree.addDrive("The band");
  tree.put("Tour/take 1.mp3", "one", driveId);
  const [band] = await listAll(storage, null);
  expect(band).toMatchObject({ kind: "folder", name: "The band", path: "The band" });
  const [tour] = await listAll(storage, band?.ref ?? "?");
  const [take] = await listAll(storage, tour?.ref ?? "?");
  expect(take).toMatchObject({ path: "The band/Tour/take 1.mp3", sizeBytes: 3 });
  expect(await storage.stat(take?.ref ?? "?")).toEqual(take);
  expect((await readRange(storage, take?.ref ?? "?", { start: 0, end: 9 })).toString()).toBe("one");
  const lists = google.driveRequests.filter(({ searchParams }) => searchParams.has("q"));
  expect(lists.at(-1)?.searchParams.get("driveId")).toBe(driveId);
});

test("a shortcut is what it points to, under its own name", async () => {
  const { storage, tree } = await annasDrive();
  const take = tree.put("Live/take 1.mp3", "one");
  const folder = tree.find("Live") as TreeNode;
  const driveId = tree.addDrive("The band");
  tree.put("Tour/take 9.mp3", "nine", driveId);
  tree.link("the one.mp3", take);
  tree.link("Best of", folder);
  tree.link("On tour", tree.find("Tour", driveId) as TreeNode);
  const top = await listAll(storage, null);
  const named = (name: string) => top.find((each) => each.name === name)?.ref ?? "?";
  const shortcut = await storage.stat(named("the one.mp3"));
  expect(top).toContainEqual(shortcut);
  expect(shortcut).toMatchObject({ path: "the one.mp3", sizeBytes: 3 });
  expect((await readRange(storage, shortcut.ref, { start: 1, end: 9 })).toString()).toBe("ne");
  const [again] = await listAll(storage, named("Best of"));
  expect(again).toMatchObject({ path: "Best of/take 1.mp3" });
  const [itself] = await listAll(storage, named("Live"));
  const ids = [shortcut, again, itself].map((each) => each?.kind === "file" && each.fileId);
  expect(new Set(ids).size).toBe(3);
  // Into another drive, whose name the shortcut does not say.
  expect(await listAll(storage, named("On tour"))).toMatchObject([{ name: "take 9.mp3" }]);
});

test("shortcuts that lead in a circle or to nothing are left out", async () => {
  const { storage, tree } = await annasDrive();
  const gone = tree.put("gone.mp3", "x");
  tree.mkdir("Live");
  const live = tree.find("Live") as TreeNode;
  tree.link("round", live, live.id);
  tree.link("lost.mp3", gone, live.id);
  Object.assign(gone, { isTrashed: true });
  const [folder] = await listAll(storage, null);
  expect(await listAll(storage, folder?.ref ?? "?")).toEqual([]);
});

test("documents without bytes are no files, and the bin is empty", async () => {
  const { storage, tree } = await annasDrive();
  const document = tree.add({
    ...{ name: "Lyrics", parentId: ROOT, mimeType: "application/vnd.google-apps.document" },
  });
  const trashed = tree.put("old.mp3", "x");
  const ref = (await listAll(storage, null))[0]?.ref ?? "?";
  Object.assign(trashed, { isTrashed: true });
  expect(await listAll(storage, null)).toEqual([]);
  for (const each of [ref, `${document.id}:Lyrics`]) {
    expect((await refusalOf(storage.stat(each), [])).code).toBe("not_found");
    const reading = readRange(storage, each, { start: 0, end: 9 });
    expect((await refusalOf(reading, [])).code).toBe("not_found");
  }
});

test("a slash in a name makes no folder, and equal names are two files", async () => {
  const { storage, tree } = await annasDrive();
  const name = "AC/DC cover.mp3";
  for (const bytes of ["one", "two"]) {
    tree.add({ name, parentId: tree.mkdir("Live"), bytes: Buffer.from(bytes) });
  }
  const [live] = await listAll(storage, null);
  const both = await listAll(storage, live?.ref ?? "?");
  expect(both.map((each) => each.name)).toEqual([name, name]);
  expect(both.map(({ path }) => path.split("/"))).toEqual([
    ["Live", "AC∕DC cover.mp3"],
    ["Live", "AC∕DC cover.mp3"],
  ]);
  const bytes = await Promise.all(
    both.map(({ ref }) => readRange(storage, ref, { start: 0, end: 9 })),
  );
  expect(bytes.map(String)).toEqual(["one", "two"]);
});

test("the validator is the md5 that Google has of the bytes", async () => {
  const { storage, tree } = await annasDrive();
  tree.put("take 1.mp3", "hello");
  const { etag } = await storage.stat("take 1.mp3");
  expect(etag).toBe('"5d41402abc4b2a76b9719d911017c592"');
});

test.each([
  [403, "userRateLimitExceeded", "rate_limited"],
  [403, "rateLimitExceeded", "rate_limited"],
  [429, "rateLimitExceeded", "rate_limited"],
  [403, "downloadQuotaExceeded", "rate_limited"],
  [403, "insufficientFilePermissions", "storage_refused"],
  [403, "accessNotConfigured", "storage_refused"],
  [403, "domainPolicy", "storage_refused"],
  [401, "authError", "storage_reconnect"],
  [404, "notFound", "not_found"],
  [500, "internalError", "storage_unavailable"],
  [503, "backendError", "storage_unavailable"],
])("%i %s is %s", async (status, reason, code) => {
  const { google, storage, tree } = await annasDrive();
  tree.put("take 1.mp3", "hello");
  google.failDrive(toError(status, reason), 2);
  const refusal = await refusalOf(storage.stat("take 1.mp3"), [...google.secrets]);
  expect(refusal.code).toBe(code);
  expect(refusal.retryAfterSeconds === undefined).toBe(code !== "rate_limited");
});

test("what Google has forgotten of a list is tried again later", async () => {
  const { storage } = await annasDrive();
  expect((await refusalOf(storage.list(null, "files::old"), [])).code).toBe("storage_unavailable");
  expect((await refusalOf(storage.list(null, "nonsense"), [])).code).toBe("not_found");
});

test("it says how full it is", async () => {
  const { storage } = await annasDrive();
  expect(await storage.quota?.()).toEqual({ usedBytes: 4711, totalBytes: 16_106_127_360 });
});

test("a folder's ref opens nothing but what is under it", async () => {
  const { storage, tree } = await annasDrive();
  tree.add({ name: "Live", parentId: ROOT, mimeType: FOLDER });
  const { id } = tree.find("Live") as TreeNode;
  for (const ref of [id, `${id}:`, `${id}:a/b`, `${id}.x.y:Live`, `'${id}' or:Live`, "root:x/"]) {
    expect((await refusalOf(storage.list(ref, null), [])).code).toBe("not_found");
  }
});
