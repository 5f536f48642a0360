import type { AddressInfo } from "node:net";
import { sql } from "drizzle-orm";
import { onTestFinished } from "vitest";
import type { ScanId } from "#contract/ids.ts";
import { write } from "#server/base/db.ts";
import { createEgress } from "#server/base/egress/client.ts";
import { noSessionKeys } from "#server/base/keys.ts";
import { noVault } from "#server/base/vault.ts";
import { buildInternalApp } from "#server/inner-apps.ts";
import { type HeldScan, openForScan } from "#server/internal/service.ts";
import type { Storage, StorageIo } from "#server/storage/provider.ts";
import type { StorageServer } from "#server/storage/remote.ts";
import { type TestDeps, testDeps } from "#tests/support/deps.ts";
import type { World } from "#tests/support/world.ts";

/** The listener for workers of a server with keys, on a port that it chooses unless told. */
export async function serveStorages(deps: TestDeps, port = 0): Promise<StorageServer> {
  const app = await buildInternalApp(deps);
  await app.listen({ host: "127.0.0.1", port });
  onTestFinished(() => app.drain.begin({ noticeMs: 0, deadlineMs: 0 }));
  return toStorageServer((app.server.address() as AddressInfo).port);
}

/** What is at a port of this machine, be it there or not. */
export function toStorageServer(port: number): StorageServer {
  const egress = createEgress({ allow: [], allowLoopback: true });
  onTestFinished(() => egress.close());
  return { url: new URL(`http://127.0.0.1:${port}`), egress };
}

/** A process over the same database that holds no keys. */
export async function withoutKeys(
  { server }: World,
  storageServer: StorageServer,
): Promise<TestDeps> {
  const deps = await testDeps({ database: server.deps.testDatabase });
  return { ...deps, vault: noVault, sessionKeys: noSessionKeys, storageServer };
}

/** The newest scan of Anna's band, as if somebody ran it just now. */
export async function holdScan({ server: { deps }, bandId }: World): Promise<HeldScan> {
  const rows = await write(deps, (tx) =>
    tx.execute<{ id: ScanId; lease: number; connectionId: HeldScan["connectionId"] }>(sql`
      update scans set state = 'reading', lease = lease + 1, lease_until = now() + interval '1 hour'
      where id = (select id from scans where band_id = ${bandId} order by started_at desc limit 1)
      returning id, lease, connection_id as "connectionId"`),
  );
  const [scan] = rows;
  if (!scan) throw new Error("There was no scan.");
  return scan;
}

export type Attach = (io: Pick<StorageIo, "signal">) => Promise<Storage>;

/** The storage that was scanned last, as both read it: a server with keys, and a worker without. */
export async function bothWays(
  world: World,
): Promise<{ readonly direct: Attach; readonly remote: Attach; readonly asked: string[] }> {
  const scan = await holdScan(world);
  const asked: string[] = [];
  const server = noting(await serveStorages(world.server.deps), asked);
  const worker = await withoutKeys(world, server);
  return {
    direct: async ({ signal }) => (await openForScan(world.server.deps, scan, signal)).storage,
    remote: async ({ signal }) => (await openForScan(worker, scan, signal)).storage,
    asked,
  };
}

/** @param asked - gets the paths of what goes to the server with the keys. */
function noting(server: StorageServer, asked: string[]): StorageServer {
  const request: StorageServer["egress"]["request"] = (each) => {
    asked.push(new URL(each.url).pathname);
    return server.egress.request(each);
  };
  return { ...server, egress: { ...server.egress, request } };
}
