import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { write } from "#server/base/db.ts";
import { abilitiesOf } from "#server/storage/abilities.ts";
import type { Changes } from "#server/storage/changes.ts";
import type { Storage } from "#server/storage/provider.ts";
import type { Page } from "#server/storage/stored.ts";
import { refusalOf } from "#tests/storage/refusals.ts";
import { askForChanges } from "#tests/storage/watching.ts";
import { listAll } from "#tests/storage/worlds.ts";
import { toError } from "#tests/support/fake-drive.ts";
import { toGraphError } from "#tests/support/fake-graph.ts";
import {
  annasBucket,
  annasCloud,
  annasDrive,
  annasFolder,
  annasOnedrive,
  type Connected,
} from "./connected.ts";
import { type Attach, bothWays } from "./storage-servers.ts";

const never = new AbortController().signal;
const ONE = Buffer.from("one");

/** A storage with a recording in a folder, opened by a process with keys and by one without. */
async function opened<World extends Connected>(starting: Promise<World>) {
  const world = await starting;
  await world.hands.put("Live/take 1.mp3", ONE);
  const { direct, remote, asked } = await bothWays(world);
  const io = { signal: never };
  return { world, direct: await direct(io), remote: await remote(io), remotely: remote, asked };
}

/** What is answered, and how many requests it took at the storage. */
async function counted<T>({ asked }: Connected, work: Promise<T>): Promise<[T, number]> {
  const before = asked();
  const answer = await work;
  return [answer, asked() - before];
}

const changesOf = async (
  storage: Storage,
  root: string | null,
  cursor: string | null,
): Promise<Changes> => (await storage.changes?.(root, cursor)) ?? expect.unreachable();

test.each<[string, () => Promise<Connected>, string[]]>([
  ["Google Drive", annasDrive, ["changes", "namesChanges"]],
  ["OneDrive", annasOnedrive, ["changes", "namesChanges"]],
  ["S3", annasBucket, ["listDeep"]],
  ["Nextcloud", () => annasCloud("nextcloud"), ["changes"]],
  ["plain WebDAV", () => annasCloud("plain"), []],
  ["a folder", annasFolder, ["growsInPlace"]],
])(
  "what %s can do goes through, and nothing that only keys are for",
  async (_, start, abilities) => {
    const { direct, remote, remotely, world, asked } = await opened(start());
    expect(abilitiesOf(remote)).toEqual(abilities);
    expect(abilitiesOf(direct).filter((each) => each !== "quota")).toEqual(abilities);
    expect(Object.keys(remote).toSorted()).toEqual(
      ["list", "openRange", "stat", ...abilities].toSorted(),
    );
    // Nothing is asked of the storage for that.
    asked.length = 0;
    expect((await counted(world, remotely({ signal: never })))[1]).toBe(0);
    expect(asked).toEqual(["/storage/abilities"]);
  },
);

test.each<[string, () => Promise<Connected>]>([
  ["Google Drive", annasDrive],
  ["OneDrive", annasOnedrive],
])("a worker hears of the same changes as others, for as many requests: %s", async (_, start) => {
  const { world, direct, remote } = await opened(start());
  const [live] = await listAll(direct, null);
  for (const root of [null, live?.ref ?? expect.unreachable()]) {
    const begun = await counted(world, changesOf(direct, root, null));
    expect(await counted(world, changesOf(remote, root, null))).toEqual(begun);
    const [{ cursor }] = begun;
    const quiet = await counted(world, changesOf(direct, root, cursor));
    expect(quiet[0].kind).toBe("none");
    expect(quiet[1]).toBe(quiet[0].requests);
    expect(await counted(world, changesOf(remote, root, cursor))).toEqual(quiet);

    await world.hands.put(`Live/new below ${root}.mp3`, ONE);
    const some = await counted(world, changesOf(direct, root, cursor));
    expect(some[0]).toMatchObject({ kind: "some" });
    expect(await counted(world, changesOf(remote, root, cursor))).toEqual(some);
  }
});

test("a place in the log that is too old begins anew, and says so", async () => {
  const { world, remote } = await opened(annasOnedrive());
  const { cursor } = await changesOf(remote, null, null);
  expect((await changesOf(remote, null, cursor)).kind).toBe("none");
  await world.hands.put("Live/take 2.mp3", ONE);
  world.microsoft.forgetLog();
  const anew = await changesOf(remote, null, cursor);
  expect(anew.kind).toBe("any");
  expect(await changesOf(remote, null, anew.cursor)).toMatchObject({ kind: "none", requests: 1 });
  for (const [status, code] of [
    [410, "resyncRequired"] as const,
    [400, "invalidRequest"] as const,
  ]) {
    world.microsoft.failGraph(toGraphError(status, code));
    expect((await changesOf(remote, null, anew.cursor)).kind).toBe("any");
  }
});

test("where only a listing can tell, that is what is said", async () => {
  const { world, direct, remote } = await opened(annasOnedrive());
  const { tree } = world.microsoft;
  const shared = tree.put("Shared/take 9.mp3", "nine", tree.addDrive("Ben's"));
  tree.link("Ben's tapes", tree.nodes.get(shared.parentId) ?? expect.unreachable());
  const found = (await direct.list(null, null)).entries.find(({ name }) => name === "Ben's tapes");
  const root = found?.ref ?? expect.unreachable();
  expect(await remote.changes?.(root, null)).toBeNull();
  expect(await askForChanges(remote, root, null)).toMatchObject({ kind: "any", requests: 1 });
});

/** All files below a folder, in pages. */
async function pagesOf(storage: Storage, root: string | null = null): Promise<Page[]> {
  const pages: Page[] = [];
  for (let cursor: string | null = null; pages.length === 0 || cursor !== null; ) {
    const page: Page = (await storage.listDeep?.(root, cursor)) ?? expect.unreachable();
    pages.push(page);
    cursor = page.next;
  }
  return pages;
}

test("a worker lists a bucket as flat as others do, a thousand objects a request", async () => {
  const { world, direct, remote, asked } = await opened(annasBucket());
  const fill = (from: number, to: number): void => {
    for (let n = from; n < to; n += 1) world.bucket.put(`Folder ${n % 40}/take ${n}.mp3`, "x");
  };
  fill(1, 1_000);
  const thousand = await counted(world, pagesOf(direct));
  expect(thousand[1]).toBe(1);
  asked.length = 0;
  expect(await counted(world, pagesOf(remote))).toEqual(thousand);
  expect(asked).toEqual(["/storage/list-deep"]);

  fill(1_000, 2_300);
  const [pages, requests] = await counted(world, pagesOf(remote));
  expect(requests).toBe(3);
  expect(pages).toEqual(await pagesOf(direct));
  expect(new Set(pages.flatMap(({ entries }) => entries.map(({ ref }) => ref))).size).toBe(2_300);
  const below = await pagesOf(remote, "Live");
  expect(below).toMatchObject([{ entries: [{ path: "Live/take 1.mp3" }], next: null }]);
  const look = await counted(world, askForChanges(remote, null, null));
  expect(look).toEqual([await askForChanges(direct, null, null), 3]);
});

test("what it can do is asked once, however many tokens it takes", async () => {
  const { remotely, asked, world } = await opened(annasDrive());
  asked.length = 0;
  const storage = await remotely({ signal: never });
  for (let round = 0; round < 3; round += 1) {
    await write(world.server.deps, (tx) =>
      tx.execute(sql`update storage_tokens set expires_at = now() - interval '1 second'`),
    );
    await changesOf(storage, null, null);
  }
  expect(asked.filter((path) => path === "/storage/abilities")).toHaveLength(1);
});

test("a storage's failures come through with their names, sentences and waits", async () => {
  const { world, direct, remote } = await opened(annasDrive());
  const { cursor } = await changesOf(direct, null, null);
  const slow = toError(429, "rateLimitedExceeded");
  for (const [failure, code] of [
    [{ ...slow, headers: { ...slow.headers, "retry-after": "7" } }, "rate_limited"],
    [toError(503, "backendError"), "storage_unavailable"],
    [toError(403, "accessNotConfigured"), "storage_refused"],
    [toError(404, "notFound"), "not_found"],
  ] as const) {
    world.google.failDrive(failure, 100);
    const { message, retryAfterSeconds } = await refusalOf(changesOf(direct, null, cursor));
    const refusal = await refusalOf(changesOf(remote, null, cursor));
    expect(refusal).toMatchObject({ code, message });
    expect(refusal.retryAfterSeconds).toBe(retryAfterSeconds);
    world.google.failDrive(null);
  }
  expect((await changesOf(remote, null, cursor)).kind).toBe("none");
});

test("a bucket's failures do so too", async () => {
  const { world, direct, remote } = await opened(annasBucket());
  world.bucket.fail({ status: 503, headers: { "retry-after": "30" }, body: "<Error/>" });
  for (const root of [null, "Live"]) {
    const told = await refusalOf(direct.listDeep?.(root, null) ?? expect.unreachable());
    const refusal = await refusalOf(remote.listDeep?.(root, null) ?? expect.unreachable());
    const { code, message, retryAfterSeconds } = told;
    expect(refusal).toMatchObject({ code, message });
    expect(refusal.retryAfterSeconds).toBe(retryAfterSeconds);
  }
});

/** Leaves while the storage does not answer. */
async function leaveWaiting(
  open: Attach,
  ask: (storage: Storage) => Promise<unknown>,
  waiting: { stall(): void; count(): number },
): Promise<void> {
  const leave = new AbortController();
  const storage = await open({ signal: leave.signal });
  waiting.stall();
  const asking = ask(storage);
  await expect.poll(waiting.count).toBe(1);
  const reason = new Error("gone");
  leave.abort(reason);
  await expect(asking).rejects.toBe(reason);
  await expect.poll(waiting.count).toBe(0);
}

test("whoever leaves while the storage is asked for changes frees it", async () => {
  const { remotely, world } = await opened(annasDrive());
  const { stall, unanswered: count } = world.google;
  await leaveWaiting(remotely, (storage) => changesOf(storage, null, null), { stall, count });
});

test("whoever leaves while it is asked for all of its files does so, too", async () => {
  const { remotely, world } = await opened(annasBucket());
  const { stall, openDownloads: count } = world.bucket;
  await leaveWaiting(remotely, (storage) => pagesOf(storage), { stall, count });
});
