import { type DatabaseTarget, openDatabase } from "#server/base/db.ts";
import { createEgress } from "#server/base/egress/client.ts";
import { startEvents } from "#server/base/events.ts";
import type { Jobs } from "#server/base/jobs.ts";
import { startMaintenance } from "#server/base/maintenance.ts";
import { createVault } from "#server/base/vault.ts";
import { parseConfig } from "#server/config.ts";
import { createProviders } from "#server/storage/registry.ts";
import { silentLog } from "./log.ts";

/** What a test tells a process that it starts, to kill it in the middle of its work. */
export interface WorkerOrder {
  readonly database: DatabaseTarget;
  /** The key that seals credentials, base64. */
  readonly encryption: string;
  /** For work that leaves files in it. */
  readonly dataDir?: string;
}

/** Of a process that does one piece of work, and neither enqueues a job nor writes a mail. */
export async function startWorkerDeps({ database, encryption, dataDir }: WorkerOrder) {
  const config = parseConfig({ EGRESS_ALLOW_LOOPBACK: "1", DATA_DIR: dataDir });
  const { pool, sql } = openDatabase(database, { max: 4, applicationName: "test worker" });
  const events = await startEvents(sql);
  const now = () => new Date();
  return {
    config,
    db: pool,
    events,
    maintenance: startMaintenance({ config, db: pool, events, now }),
    vault: createVault([{ kid: "test", key: Buffer.from(encryption, "base64") }]),
    providers: createProviders(config.providers),
    egress: createEgress(config.egress),
    storageServer: null,
    jobs: undefined as unknown as Jobs,
    now,
    log: silentLog,
  };
}
