import { onTestFinished } from "vitest";
import { type DatabaseTarget, migrateDatabase } from "#server/base/db.ts";
import { startEmbeddedPostgres } from "#server/base/postgres/launcher.ts";
import { createTestFolder } from "./deps.ts";

export interface OwnPostgres {
  readonly database: DatabaseTarget;
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** A Postgres of the test's own, which can be away for a while. */
export async function ownPostgres(): Promise<OwnPostgres> {
  const dataDir = await createTestFolder();
  const start = () => startEmbeddedPostgres({ dataDir, log: () => {}, settings: { fsync: "off" } });
  let running = await start();
  onTestFinished(() => running.stop());
  await migrateDatabase(running.connection);
  return {
    database: running.connection,
    stop: () => running.stop(),
    async start() {
      running = await start();
    },
  };
}
