import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import type { ScanId } from "#contract/ids.ts";
import { runScan } from "#server/library/scan.ts";
import { handlersOf } from "#server/worker.ts";
import { mp3 } from "#tests/library/made-audio.ts";
import { findConnection } from "#tests/library/scanning.ts";
import { startWatching } from "#tests/library/watching.ts";
import type { TestDeps } from "#tests/support/deps.ts";
import { spawnServer } from "#tests/support/process.ts";
import { findFreePort } from "#tests/support/server.ts";
import { annasStorage, listTracks, type World } from "#tests/support/world.ts";
import { annasDrive } from "./connected.ts";
import { serveStorages, toStorageServer, withoutKeys } from "./storage-servers.ts";

const SOON = { timeout: 60_000, interval: 100 };
const FOLDERS = 12;
const never = new AbortController().signal;
const take = (title: string) => mp3({ TIT2: title }, 0.2);

/** Until a look has found that all is as the last scan has left it. */
async function untilQuiet({ server: { deps } }: World): Promise<void> {
  const isQuiet = async (): Promise<boolean | undefined> => {
    const [row] = await deps.db.execute<{ isQuiet: boolean }>(sql`
      select w.looked_at > s.finished_at as "isQuiet"
      from watches as w cross join (
        select state, finished_at from scans order by started_at desc, id desc limit 1
      ) as s where s.state = 'done'`);
    return row?.isQuiet;
  };
  await expect.poll(isQuiet, SOON).toBe(true);
}

test("a worker lists of a watched drive the folders that it names, and finds what is new", {
  timeout: 180_000,
}, async () => {
  const world = await annasDrive({ environment: { WATCH_SECONDS: "1" } });
  const { google, server, hands } = world;
  for (let n = 0; n < FOLDERS * 2; n += 1) {
    await hands.put(`Folder ${n % FOLDERS}/take ${n}.mp3`, take(`Take ${n}`));
  }
  const { url } = await serveStorages(server.deps);
  await server.deps.jobs.work(server.deps, handlersOf("web"));
  startWatching(server.deps);
  const worker = await spawnServer({
    database: server.deps.testDatabase,
    environment: { ROLE: "worker", INTERNAL_URL: url.href, EGRESS_ALLOW_LOOPBACK: "0" },
  });
  await worker.baseUrl;
  await expect.poll(async () => (await listTracks(world)).length, SOON).toBe(FOLDERS * 2);
  await untilQuiet(world);

  const since = google.driveRequests.length;
  await hands.put("Folder 7/new.mp3", take("New"));
  const titles = async () => (await listTracks(world)).map(({ title }) => title);
  await expect.poll(titles, SOON).toContain("New");
  const listed = google.driveRequests
    .slice(since)
    .flatMap(
      ({ searchParams }) => /'([^']+)' in parents/.exec(searchParams.get("q") ?? "")?.[1] ?? [],
    );
  expect(listed.toSorted()).toEqual(["root", google.tree.find("Folder 7")?.id].toSorted());
  worker.kill("SIGTERM");
  expect(await worker.ended).toBe(0);
});

describe("a server with the keys that is away when a scan begins", () => {
  async function queued() {
    const world = await annasStorage(({ tree }) => tree.put("one.mp3", take("One")));
    const { anna, connection, server, cloud } = world;
    cloud.tree.put("two.mp3", take("Two"));
    await anna.api.connections.scan.mutate({ connectionId: connection.id });
    const { db } = server.deps;
    const [scan] = await db.execute<{ id: ScanId }>(
      sql`select id from scans where state = 'queued'`,
    );
    const port = await findFreePort();
    const worker = await withoutKeys(world, toStorageServer(port));
    return { world, worker, port, scanId: scan?.id ?? expect.unreachable() };
  }

  /** Each has been shown, or will be in a moment. */
  const tokensOf = async ({ db }: TestDeps): Promise<number> =>
    (await db.execute(sql`select * from storage_tokens`)).length;

  test("is waited for", async () => {
    const { world, worker, port, scanId } = await queued();
    const scanning = runScan(worker, scanId, never, { firstWaitMs: 50, patienceMs: 60_000 });
    await expect.poll(() => tokensOf(worker), SOON).toBeGreaterThan(1);
    await serveStorages(world.server.deps, port);
    await scanning;
    expect((await findConnection(world)).scan).toMatchObject({ state: "done", added: 1 });
  });

  test("is not waited for without end, and the storage is not to blame", async () => {
    const { world, worker, scanId } = await queued();
    await runScan(worker, scanId, never, { firstWaitMs: 20, patienceMs: 200 });
    expect(await findConnection(world)).toMatchObject({
      health: "active",
      scan: { state: "failed", message: expect.stringContaining("What was read is kept") },
    });
  });
});
