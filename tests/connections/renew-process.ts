import { openDatabase } from "#server/base/db.ts";
import { createEgress } from "#server/base/egress/client.ts";
import { startEvents } from "#server/base/events.ts";
import { createVault } from "#server/base/vault.ts";
import { attachStorage } from "#server/connections/service.ts";
import { findConnectionById } from "#server/connections/store.ts";
import type { Deps } from "#server/deps.ts";
import { createGoogleDrive } from "#server/storage/google-drive/index.ts";
import { configure } from "#server/storage/registry.ts";

/** A server's process that needs new access to a storage, to be killed in the middle of it. */
const { connectionId, database, google, key, settings } = JSON.parse(process.argv[2] ?? "{}");

const { pool, sql } = openDatabase(database, { max: 2, applicationName: "renew process" });
const spec = createGoogleDrive(google);
const deps = {
  db: pool,
  egress: createEgress({ allow: [], allowLoopback: true }),
  events: await startEvents(sql),
  now: () => new Date(),
  providers: { "google-drive": configure(spec, settings) },
  vault: createVault([{ kid: "test", key: Buffer.from(key, "base64") }]),
} as unknown as Deps;
const row = await findConnectionById(pool, connectionId);
if (!row) throw new Error("There is no such connection.");
process.send?.("begun");
await attachStorage(deps, row, new AbortController().signal).list(null, null);
process.send?.("done");
process.exit(0);
