import { sql } from "drizzle-orm";
import { expect, onTestFinished, test } from "vitest";
import { createAccessToken } from "#server/auth/access-token.ts";
import { createToken, hashToken } from "#server/auth/crypto.ts";
import { write } from "#server/base/db.ts";
import { openForScan } from "#server/internal/service.ts";
import { insertToken } from "#server/internal/token-store.ts";
import { mp3 } from "#tests/library/made-audio.ts";
import { refusalOf } from "#tests/storage/refusals.ts";
import { listAll, readRange } from "#tests/storage/worlds.ts";
import { startFaultServer } from "#tests/support/fault-server.ts";
import { annasStorage, connect, type StorageWorld } from "#tests/support/world.ts";
import { holdScan, serveStorages, withoutKeys } from "./storage-servers.ts";

const never = new AbortController().signal;
const SONG = mp3({ TIT2: "Take" }, 0.5);

/** A worker in the middle of a scan, and the server that it reads through. */
async function aScanOfAnna() {
  const world = await annasStorage((cloud) => cloud.tree.put("take.mp3", SONG));
  const scan = await holdScan(world);
  const server = await serveStorages(world.server.deps);
  const worker = await withoutKeys(world, server);
  const token = async (seconds = 300, lease = scan.lease): Promise<string> => {
    const text = createToken();
    const row = { tokenHash: hashToken(text), scanId: scan.id, lease };
    await write(worker, (tx) => insertToken(tx, row, seconds));
    return text;
  };
  const ask = (path: string, body: unknown, bearer: string | null) =>
    fetch(new URL(path, server.url), {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
      },
      body: JSON.stringify(body),
    });
  const list = async (bearer: string | null): Promise<number> =>
    (await ask("/storage/list", { folder: null, cursor: null }, bearer)).status;
  return { world, scan, server, worker, token, ask, list };
}

const change = ({ server }: StorageWorld, statement: ReturnType<typeof sql>) =>
  write(server.deps, (tx) => tx.execute(statement));

test("whoever scans reads the storage through a server that has the keys", async () => {
  const { world, scan, worker } = await aScanOfAnna();
  const { storage, ...place } = await openForScan(worker, scan, never);
  expect(place).toMatchObject({ id: world.connection.id, rootRef: null, health: "active" });
  const [file] = await listAll(storage, null);
  expect(file).toMatchObject({ path: "take.mp3", sizeBytes: SONG.length });
  const whole = { start: 0, end: SONG.length - 1 };
  expect((await readRange(storage, file?.ref ?? "", whole)).equals(SONG)).toBe(true);
  const { rows, text } = await dumpTokens(world);
  expect(rows).toBe(1);
  expect(text).not.toContain(world.cloud.password);
});

async function dumpTokens({ server }: StorageWorld) {
  const rows = await server.deps.db.execute(sql`select * from storage_tokens`);
  return { rows: rows.length, text: JSON.stringify(rows) };
}

test("a token opens the storage while its scan runs and for five minutes, by the database's clock", async () => {
  const { world, scan, token, list } = await aScanOfAnna();
  const good = await token();
  expect(await list(good)).toBe(200);
  const [row] = await world.server.deps.db.execute<{ left: number }>(
    sql`select extract(epoch from expires_at - now())::float as left from storage_tokens`,
  );
  expect(row?.left).toBeGreaterThan(290);
  expect(row?.left).toBeLessThanOrEqual(300);

  await change(world, sql`update storage_tokens set expires_at = now() - interval '1 second'`);
  expect(await list(good)).toBe(401);
  const next = await token();
  expect(await list(next)).toBe(200);
  await change(world, sql`update scans set lease_until = now() - interval '1 second'`);
  expect(await list(next)).toBe(401);
  await change(world, sql`update scans set lease_until = now() + interval '1 hour'`);
  expect(await list(next)).toBe(200);
  await change(world, sql`update scans set lease = lease + 1`);
  expect(await list(next)).toBe(401);
  expect(await list(await token(300, scan.lease + 1))).toBe(200);
});

/** Everything that can be asked, and how. */
const questions: Readonly<Record<string, object>> = {
  "/storage/abilities": {},
  "/storage/list": { folder: null, cursor: null },
  "/storage/list-deep": { root: null, cursor: null },
  "/storage/changes": { root: null, cursor: null },
  "/storage/stat": { ref: "take.mp3" },
  "/storage/range": { ref: "take.mp3", range: { start: 0, end: 9 } },
};

test("nothing else opens it, whatever is asked", async () => {
  const { world, token, list, ask, scan } = await aScanOfAnna();
  const good = await token();
  const wrong = [null, "", createToken(), `${good}x`, good.slice(1), hashToken(good), scan.id, "x"];
  const late = await token(-1);
  const another = await token(300, scan.lease + 1);
  const before = world.cloud.count();
  for (const [path, body] of Object.entries(questions)) {
    for (const each of [...wrong, late, another]) {
      expect((await ask(path, body, each)).status, `${path} ${each}`).toBe(401);
    }
  }
  expect(world.cloud.count()).toBe(before);
  const { user, sessionId } = await world.anna.api.auth.me.query();
  const who = { userId: user.id, sessionId, issuedAt: Math.floor(Date.now() / 1000) };
  expect(await list(await createAccessToken(world.server.deps, who))).toBe(401);
  await change(world, sql`delete from scans`);
  expect(await list(good)).toBe(401);
  expect((await dumpTokens(world)).rows).toBe(0);
});

test("whoever is late gets another token by themselves", async () => {
  const { world, scan, worker } = await aScanOfAnna();
  const { storage } = await openForScan(worker, scan, never);
  expect(await listAll(storage, null)).toHaveLength(1);
  await change(world, sql`update storage_tokens set expires_at = now() - interval '1 second'`);
  const lists = await Promise.all(Array.from({ length: 8 }, () => listAll(storage, null)));
  expect(lists.map((entries) => entries.length)).toEqual(Array(8).fill(1));
});

test("whoever has lost the scan is told so, and reads nothing more", async () => {
  const { world, scan, worker } = await aScanOfAnna();
  const { storage } = await openForScan(worker, scan, never);
  expect(await listAll(storage, null)).toHaveLength(1);
  await change(world, sql`update scans set lease = lease + 1`);
  const refusal = await refusalOf(storage.list(null, null));
  expect(refusal.code).toBe("unauthenticated");
});

test("a storage's own failures come through with their names and waits", async () => {
  const { world, scan, worker } = await aScanOfAnna();
  const { storage } = await openForScan(worker, scan, never);
  expect((await refusalOf(storage.stat("gone.mp3"))).code).toBe("not_found");
  const beyond = storage.openRange("take.mp3", { start: SONG.length, end: SONG.length }, never);
  expect((await refusalOf(beyond)).code).toBe("range_not_satisfiable");
  world.cloud.fault({ status: 429, headers: { "retry-after": "7" } });
  const slow = await refusalOf(storage.list(null, null));
  expect(slow).toMatchObject({ code: "rate_limited", retryAfterSeconds: 7 });
});

test("whoever leaves before the first byte frees the storage", async () => {
  const { world, scan, worker } = await aScanOfAnna();
  const { storage } = await openForScan(worker, scan, never);
  world.cloud.fault({ method: "GET", stall: true });
  const leave = new AbortController();
  const opening = storage.openRange("take.mp3", { start: 0, end: 9 }, leave.signal);
  await expect.poll(() => world.cloud.openDownloads()).toBe(1);
  leave.abort(new Error("gone"));
  await expect(opening).rejects.toThrow("gone");
  await expect.poll(() => world.cloud.openDownloads()).toBe(0);
});

test("a token opens the storage of its own scan alone, and all that one can do", async () => {
  const { world, token, ask, scan } = await aScanOfAnna();
  const first = await token();
  const other = await startFaultServer({ persona: "nextcloud" });
  onTestFinished(() => other.stop());
  other.tree.put("theirs.mp3", SONG);
  await connect(world, other);
  const held = await holdScan(world);
  expect(held.connectionId).not.toBe(scan.connectionId);
  const { storage } = await openForScan(
    await withoutKeys(world, await serveStorages(world.server.deps)),
    held,
    never,
  );
  const told = await storage.changes?.(null, null);
  const abilities = await ask("/storage/abilities", {}, first);
  expect(await abilities.json()).toEqual({ abilities: ["quota"] });
  for (const cursor of [null, told?.cursor ?? "", "nonsense"]) {
    for (const path of ["/storage/changes", "/storage/list-deep"]) {
      const answer = await ask(path, { root: null, cursor }, first);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ code: "invalid_input" });
    }
  }
  const listed = await ask("/storage/list", { folder: null, cursor: null }, first);
  expect(await listed.text()).not.toContain("theirs.mp3");
});

test("what is no question is refused like a folder that is none", async () => {
  const { token, ask } = await aScanOfAnna();
  const bearer = await token();
  for (const path of ["/storage/list-deep", "/storage/changes"]) {
    for (const body of [{}, { root: 7, cursor: null }, { root: null, cursor: ["x"] }, [], null]) {
      expect((await ask(path, body, bearer)).status).toBe(400);
    }
    expect((await ask(path, { root: null }, bearer)).status).toBe(400);
  }
  for (const path of ["/storage/watch", "/storage/writing", "/storage/quota", "/storage/direct"]) {
    expect((await ask(path, { root: null, cursor: null }, bearer)).status).toBe(404);
  }
});

test("the listener for workers serves nothing else, and that for people none of it", async () => {
  const { world, server, token, ask } = await aScanOfAnna();
  const bearer = await token();
  for (const path of ["/trpc/system.info", "/health/ready", "/", "/storage", "/stream/x"]) {
    expect((await fetch(new URL(path, server.url))).status).toBe(404);
  }
  expect((await ask("/storage/list", { folder: 7 }, bearer)).status).toBe(400);
  expect((await ask("/storage/range", { ref: "take.mp3" }, bearer)).status).toBe(400);
  const answer = await fetch(`${world.server.baseUrl}/storage/list`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${bearer}` },
    body: JSON.stringify({ folder: null, cursor: null }),
  });
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(await answer.text()).not.toContain("take.mp3");
});
