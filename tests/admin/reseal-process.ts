import { resealAll } from "#server/admin/resealing.ts";
import { openDatabase } from "#server/base/db.ts";
import { createVault } from "#server/base/vault.ts";
import { silentLog } from "#tests/support/log.ts";

/** A server's process that moves everything to the newest key, to be killed in the middle of it. */
const { database, keys } = JSON.parse(process.argv[2] ?? "{}");

const { pool } = openDatabase(database, { max: 2, applicationName: "reseal process" });
const ring = keys.map(({ kid, key }: Record<"kid" | "key", string>) => ({
  kid,
  key: Buffer.from(key, "base64"),
}));
process.send?.("begun");
await resealAll(
  { db: pool, vault: createVault(ring), log: silentLog },
  new AbortController().signal,
  5,
);
process.send?.("done");
process.exit(0);
