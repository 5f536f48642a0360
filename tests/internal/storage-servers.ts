import type { AddressInfo } from "node:net";
import { sql } from "drizzle-orm";
import { onTestFinished } from "vitest";
import type { ScanId } from "#contract/ids.ts";
import { write } from "#server/base/db.ts";
import { createEgress } from "#server/base/egress/client.ts";
import { noSessionKeys } from "#server/base/keys.ts";
import { noVault } from "#server/base/vault.ts";
import { buildInternalApp } from "#server/inner-apps.ts";
import type { HeldScan } from "#server/internal/service.ts";
import type { StorageServer } from "#server/storage/remote.ts";
import { type TestDeps, testDeps } from "#tests/support/deps.ts";
import type { World } from "#tests/support/world.ts";

/** The listener for workers of a server with keys. */
export async function serveStorages(deps: TestDeps): Promise<StorageServer> {
  const app = await buildInternalApp(deps);
  await app.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => app.drain.begin({ noticeMs: 0, deadlineMs: 0 }));
  const egress = createEgress({ allow: [], allowLoopback: true });
  onTestFinished(() => egress.close());
  const { port } = app.server.address() as AddressInfo;
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
