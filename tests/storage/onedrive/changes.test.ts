import { expect, test } from "vitest";
import { annasOnedrive } from "#tests/storage/onedrive/signed-in.ts";
import { refusalOf } from "#tests/storage/refusals.ts";
import { listAll } from "#tests/storage/worlds.ts";
import { toGraphError } from "#tests/support/fake-graph.ts";
import { json } from "#tests/support/fake-service.ts";

/** A storage with a cursor from a moment ago, when nothing was new. */
async function watched() {
  const { microsoft, storage, tree } = await annasOnedrive();
  tree.put("Live/take 1.mp3", "one");
  const ask = async (cursor: string | null, root: string | null = null) =>
    (await storage.changes?.(root, cursor)) ?? expect.unreachable();
  const { cursor } = await ask(null);
  microsoft.graphRequests.length = 0;
  return { microsoft, storage, tree, ask, cursor };
}

test("a place that Microsoft has forgotten begins anew, with all of it listed", async () => {
  const { microsoft, tree, ask, cursor } = await watched();
  tree.put("Live/take 2.mp3", "two");
  microsoft.forgetLog();
  const anew = await ask(cursor);
  expect(anew.kind).toBe("any");
  expect(await ask(anew.cursor)).toMatchObject({ kind: "none", requests: 1 });
});

test.each([
  [410, "resyncRequired"],
  [400, "invalidRequest"],
] as const)("so does one that is answered with %d %s", async (status, code) => {
  const { microsoft, ask, cursor } = await watched();
  microsoft.failGraph(toGraphError(status, code));
  expect((await ask(cursor)).kind).toBe("any");
});

test("an outage is no resync, and keeps the place", async () => {
  const { microsoft, storage, tree, ask, cursor } = await watched();
  microsoft.failGraph(toGraphError(503, "serviceNotAvailable"));
  const asked = storage.changes?.(null, cursor) ?? expect.unreachable();
  expect((await refusalOf(asked, [])).code).toBe("storage_unavailable");
  tree.put("take 2.mp3", "two");
  expect(await ask(cursor)).toMatchObject({ kind: "some", isRootTouched: true });
});

test("the log is read over all its pages, in both of its forms", async () => {
  const { microsoft, storage, tree, ask, cursor } = await watched();
  const [live] = await listAll(storage, null);
  microsoft.pageSize = 2;
  for (const driveType of ["personal", "business"] as const) {
    microsoft.driveType = driveType;
    const before = await ask(driveType === "personal" ? cursor : (await ask(null)).cursor);
    for (const take of [2, 3, 4, 5]) tree.put(`Live/${driveType} ${take}.mp3`, "new");
    const changes = await ask(before.cursor);
    expect(changes).toMatchObject({ kind: "some", requests: 2 });
    const id = live?.ref.split(":")[0];
    expect(changes.kind === "some" && changes.parts).toContain(`${id}:`);
  }
});

test("more than 500 changes are not followed one by one", async () => {
  const { tree, ask, cursor } = await watched();
  for (let take = 0; take < 500; take += 1) tree.put(`take ${take}.mp3`, "x");
  expect((await ask(cursor)).kind).toBe("any");
});

test("ids are the same however Microsoft writes them", async () => {
  const { microsoft, ask, cursor } = await watched();
  const { link } = JSON.parse(cursor);
  const deltaLink = `${microsoft.url}/v1.0/${link}`;
  const id = "0D8EBBD13A055121!SABC";
  const value = [{ id: id.toLowerCase().replace(/^0/, ""), parentReference: { id: id } }];
  microsoft.failGraph(json({ value, "@odata.deltaLink": deltaLink }));
  const changes = await ask(cursor);
  const parts = changes.kind === "some" ? changes.parts : [];
  expect(parts).toEqual(expect.arrayContaining([`${id}:`, `${id.toLowerCase()}:`]));
});

test.each([
  "https://graph.evil.example/v1.0/me/drive/root/delta?token=1",
  "/v1.0/me/messages/delta?x",
  "nonsense",
])("a link to elsewhere is not followed, and not kept: %s", async (given) => {
  const { microsoft, storage, cursor } = await watched();
  const link = given.startsWith("/") ? `${microsoft.url}/v1.0/me/messages?x=/delta` : given;
  for (const name of ["@odata.deltaLink", "@odata.nextLink"]) {
    microsoft.failGraph(json({ value: [], [name]: link }));
    const asked = storage.changes?.(null, cursor) ?? expect.unreachable();
    expect((await refusalOf(asked, [link])).code).toBe("storage_unavailable");
  }
  expect(microsoft.graphRequests).toHaveLength(2);
});

test("a log that does not say where it ends is asked for anew, or is an outage", async () => {
  const { microsoft, storage, ask, cursor } = await watched();
  microsoft.failGraph(json({ value: [] }));
  expect((await ask(cursor)).kind).toBe("any");
  // As the root and as a log, it says neither where the log goes on nor where it ends.
  microsoft.failGraph(json({ id: "root!1", folder: {}, value: [] }), 2);
  const asked = storage.changes?.(null, null) ?? expect.unreachable();
  expect((await refusalOf(asked, [])).message).toMatch(/where its log of changes ends/);
});

test("a root that is in the bin is gone", async () => {
  const { microsoft, storage } = await watched();
  microsoft.failGraph(json({ id: "root!1", folder: {}, deleted: {} }));
  const asked = storage.changes?.(null, null) ?? expect.unreachable();
  expect((await refusalOf(asked, [])).code).toBe("not_found");
});

test("a cursor of another account or root is no good", async () => {
  const { storage, ask, cursor } = await watched();
  const [live] = await listAll(storage, null);
  expect((await ask(cursor, live?.ref ?? null)).kind).toBe("any");
  const other = JSON.stringify({ ...JSON.parse(cursor), accountId: "somebody else" });
  expect((await ask(other)).kind).toBe("any");
});

test("of a folder that others share only a listing can tell", async () => {
  const { storage, tree } = await watched();
  const drive = tree.addDrive("Ben's");
  const shared = tree.put("Shared/take 9.mp3", "nine", drive);
  const folder = tree.nodes.get(shared.parentId) ?? expect.unreachable();
  tree.link("Ben's tapes", folder);
  const found = (await storage.list(null, null)).entries.find(({ name }) => name === "Ben's tapes");
  expect(await storage.changes?.(found?.ref ?? "?", null)).toBeNull();
});
