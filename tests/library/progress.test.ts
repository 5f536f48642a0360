import { sql } from "drizzle-orm";
import { expect, onTestFinished, test } from "vitest";
import type { SessionId } from "#contract/ids.ts";
import type { ScanProgress } from "#contract/scans.ts";
import type { Actor } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import { watchScan } from "#server/library/scans.ts";
import { annasStorage, runJobs, type StorageWorld } from "#tests/support/world.ts";
import { mp3 } from "./made-audio.ts";

async function annaIn({ anna, server }: StorageWorld): Promise<Actor> {
  const { user } = await anna.api.auth.me.query();
  const [session] = await server.deps.db.execute<{ id: SessionId }>(
    sql`select id from sessions where user_id = ${user.id}`,
  );
  if (!session) throw new Error("Anna is signed in.");
  return { userId: user.id, sessionId: session.id, role: user.role };
}

const RUNNING = ["queued", "listing", "reading"];

test("who watches a scan sees it grow, and its end", async () => {
  const world = await annasStorage(() => {});
  for (let index = 0; index < 400; index += 1) {
    world.cloud.tree.put(`${index % 20}/${index}.mp3`, mp3({ TIT2: `${index}` }, 0.2));
  }
  const { deps } = world.server;
  const connectionId = world.connection.id;
  const leave = new AbortController();
  onTestFinished(() => leave.abort());
  const seen: ScanProgress[] = [];
  const watching = (async () => {
    for await (const scan of watchScan(deps, await annaIn(world), connectionId, leave.signal)) {
      if (scan) seen.push(scan);
    }
  })();
  await expect.poll(() => seen.length).toBeGreaterThan(0);

  const { id } = await world.anna.api.connections.scan.mutate({ connectionId });
  await runJobs(world.server);
  await expect.poll(() => seen.at(-1)).toMatchObject({ id, state: "done", found: 400, read: 400 });
  const steps = seen.filter((scan) => scan.id === id);
  expect(steps.some((scan) => RUNNING.includes(scan.state))).toBe(true);
  const figures = ["found", "foldersDone", "read", "failed", "added", "bytesRead"] as const;
  for (const [index, scan] of steps.entries()) {
    const before = steps[index - 1];
    for (const figure of figures)
      expect(scan[figure]).toBeGreaterThanOrEqual(before?.[figure] ?? 0);
    expect(scan.foldersDone + scan.foldersFailed).toBeLessThanOrEqual(scan.foldersFound);
    if (scan.state === "reading") expect(scan.read + scan.failed).toBeLessThanOrEqual(scan.toRead);
  }
  const last = seen.at(-1);
  expect((last?.read ?? 0) + (last?.failed ?? 0)).toBe(last?.toRead);

  leave.abort();
  await watching;
});

test("who leaves the band sees no more", async () => {
  const world = await annasStorage(() => {});
  const { deps } = world.server;
  const anna = await annaIn(world);
  const leave = new AbortController();
  onTestFinished(() => leave.abort());
  const scans = watchScan(deps, anna, world.connection.id, leave.signal);
  expect((await scans.next()).value).toMatchObject({ state: "done" });
  await write(deps, async (tx) => {
    await tx.execute(sql`delete from members where user_id = ${anna.userId}`);
    await deps.events.publish(tx, `connection:${world.connection.id}`);
  });
  await expect(scans.next()).rejects.toMatchObject({ code: "forbidden" });
});

test("a listener may watch, and may not start or stop a scan", async () => {
  const world = await annasStorage(() => {});
  const { deps } = world.server;
  const anna = await annaIn(world);
  await write(deps, (tx) =>
    tx.execute(sql`update members set role = 'listener' where user_id = ${anna.userId}`),
  );
  const connectionId = world.connection.id;
  const { api } = world.anna;
  for (const change of [api.connections.scan, api.connections.cancelScan]) {
    await expect(change.mutate({ connectionId })).rejects.toMatchObject({
      data: { app: { code: "forbidden" } },
    });
  }
  const leave = new AbortController();
  onTestFinished(() => leave.abort());
  const { value } = await watchScan(deps, anna, connectionId, leave.signal).next();
  expect(value).toMatchObject({ state: "done" });
});
