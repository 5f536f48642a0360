import { openDatabase } from "#server/base/db.ts";
import { createEgress } from "#server/base/egress/client.ts";
import { startEvents } from "#server/base/events.ts";
import type { Jobs } from "#server/base/jobs.ts";
import { startMaintenance } from "#server/base/maintenance.ts";
import { createVault } from "#server/base/vault.ts";
import { parseConfig } from "#server/config.ts";
import { createProviders } from "#server/storage/registry.ts";
import { createTools, drawNext } from "#server/waveforms/drawing.ts";
import { findFfmpeg } from "#server/waveforms/ffmpeg.ts";
import { silentLog } from "#tests/support/log.ts";

/** A process that draws one waveform, to be killed in the middle of it. */
const { database, encryption } = JSON.parse(process.argv[2] ?? "{}");

const config = parseConfig({ EGRESS_ALLOW_LOOPBACK: "1" });
const { pool, sql } = openDatabase(database, { max: 4, applicationName: "drawing process" });
const events = await startEvents(sql);
const now = () => new Date();
const tools = createTools(await findFfmpeg());

process.send?.("begun");
await drawNext(
  {
    config,
    db: pool,
    events,
    maintenance: startMaintenance({ config, db: pool, events, now }),
    vault: createVault([{ kid: "test", key: Buffer.from(encryption, "base64") }]),
    providers: createProviders(config.providers),
    egress: createEgress(config.egress),
    storageServer: null,
    // It never tells anybody by mail.
    jobs: undefined as unknown as Jobs,
    now,
    log: silentLog,
  },
  tools,
  new AbortController().signal,
);
process.exit(0);
