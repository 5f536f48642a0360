import { openDatabase } from "#server/base/db.ts";
import { createEgress } from "#server/base/egress/client.ts";
import { startEvents } from "#server/base/events.ts";
import type { Jobs } from "#server/base/jobs.ts";
import { startMaintenance } from "#server/base/maintenance.ts";
import { createVault } from "#server/base/vault.ts";
import { parseConfig } from "#server/config.ts";
import { runScan } from "#server/library/scan.ts";
import { createProviders } from "#server/storage/registry.ts";
import { silentLog } from "#tests/support/log.ts";

/** A worker's process that runs one scan, to be killed in the middle of it. */
const { scanId, database, encryption } = JSON.parse(process.argv[2] ?? "{}");

const config = parseConfig({ EGRESS_ALLOW_LOOPBACK: "1" });
const { pool, sql } = openDatabase(database, { max: 4, applicationName: "scan process" });
const events = await startEvents(sql);
const now = () => new Date();

process.send?.("begun");
await runScan(
  {
    config,
    db: pool,
    events,
    maintenance: startMaintenance({ config, db: pool, events, now }),
    vault: createVault([{ kid: "test", key: Buffer.from(encryption, "base64") }]),
    providers: createProviders(config.providers),
    egress: createEgress(config.egress),
    storageServer: null,
    // It never ends a scan that is to be repeated.
    jobs: undefined as unknown as Jobs,
    now,
    log: silentLog,
  },
  scanId,
  new AbortController().signal,
);
process.exit(0);
